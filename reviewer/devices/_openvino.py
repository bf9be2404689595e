"""Asks OpenVINO what it sees, in another process: a driver may crash whoever looks at it."""

from __future__ import annotations

import json
from pathlib import Path

from reviewer import proc
from reviewer.devices.interface import Around, Device, Kind, Runtime
from reviewer.errors import BackendError, ToolError

ASKING = 30.0
"""Seconds to look at all devices. Measured: under a second for a CPU; an accelerator's driver may compile something first."""

_ASK = """\
import json, sys
import openvino
core = openvino.Core()
found = {}
for name in core.available_devices:
    found[name] = {}
    for key in core.get_property(name, "SUPPORTED_PROPERTIES"):
        if key == "FULL_DEVICE_NAME" or "DRIVER_VERSION" in key or "TOTAL_MEM_SIZE" in key:
            try:
                found[name][key] = str(core.get_property(name, key))
            except (RuntimeError, TypeError):
                pass
sys.stdout.write("\\n" + json.dumps({"version": openvino.get_version(), "devices": found}) + "\\n")
"""
"""Prints one line of JSON, last; libraries may print before it."""


def ask(python: Path | None, why_not: str = "") -> Runtime:
    """What OpenVINO sees.

    Args:
        python: an interpreter that has it; None if there is none.
        why_not: why there is none.
    """
    if python is None:
        return Runtime(reason=why_not or "OpenVINO is not installed")
    try:
        done = proc.run([python, "-I", "-c", _ASK], timeout=ASKING)
        answer = json.loads(done.out.strip().rpartition(b"\n")[2])
        devices = {str(name): {str(key): str(value) for key, value in one.items()} for name, one in answer["devices"].items()}
        return Runtime("OpenVINO " + str(answer["version"]).partition("-")[0], devices)
    except ToolError as error:
        return Runtime(reason=f"OpenVINO could not be asked: {error.what.strip().rpartition(chr(10))[2]}")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Runtime(reason="OpenVINO could not be asked: what it said is no answer")


def seen(around: Around, kind: Kind) -> tuple[Device, ...]:
    """The devices of a kind that OpenVINO has; "GPU.0" and "GPU.1" are two."""
    named = [name for name in around.openvino.properties if name.partition(".")[0].lower() == kind.value]
    return tuple(_device(name, kind, around.openvino) for name in named)


def _device(name: str, kind: Kind, runtime: Runtime) -> Device:
    said = runtime.properties[name]
    memory = next((value for key, value in said.items() if "TOTAL_MEM_SIZE" in key and value.isdigit()), "0")
    driver = next((value for key, value in said.items() if "DRIVER_VERSION" in key), "")
    return Device(name, kind, said.get("FULL_DEVICE_NAME", name), True, runtime.version, int(memory), driver)


def unseen(around: Around, kind: Kind, nodes: str, driver: str) -> Device:
    """The reason why there is none.

    Args:
        nodes: where Linux shows one, a pattern below the root.
        driver: what is missing if Linux shows one and OpenVINO does not.
    """
    name = kind.value.upper()
    shown = sorted(around.root.glob(nodes))
    if not shown:
        return Device(name, kind, reason=f"this machine shows no {name} (/{nodes})")
    if around.openvino.reason:
        return Device(name, kind, reason=around.openvino.reason, todo="Run 'hunkgate models pull': it installs the runtime.")
    node = "/" + shown[0].relative_to(around.root).as_posix()
    return Device(
        name, kind, runtime=around.openvino.version, reason=f"{node} is there, but OpenVINO does not see it", todo=driver
    )


_SPEED = """\
import json, sys, time
import numpy
import openvino
network, device, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
options = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"} if device == "CPU" else {}
compiled = openvino.Core().compile_model(network, device, options)
request = compiled.create_infer_request()
inputs = {one.any_name: numpy.zeros(one.shape, one.element_type.to_dtype()) for one in compiled.inputs}
rows = min(one.shape[0] for one in inputs.values())
request.infer(inputs)
began, done = time.perf_counter(), 0
while time.perf_counter() - began < seconds or not done:
    request.infer(inputs)
    done += rows
sys.stdout.write("\\n" + json.dumps(done / (time.perf_counter() - began)) + "\\n")
"""


def speed(python: Path, network: Path, device: str, seconds: float) -> float:
    """Rows a second of a network with static shapes, as the classifier runs it: one core, if it is the CPU.

    Raises:
        BackendError: the device, or the network on it, does not work.
    """
    try:
        done = proc.run([python, "-I", "-c", _SPEED, network, device, str(seconds)], timeout=ASKING + seconds)
        return float(done.out.strip().rpartition(b"\n")[2])
    except ToolError as error:
        raise BackendError(error.what.strip().rpartition("\n")[2]) from error
    except ValueError:
        raise BackendError("what the runtime said is no number") from None
