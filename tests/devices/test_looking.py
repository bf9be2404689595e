"""Every device says whether it is there, and if not, why."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from reviewer import registry
from reviewer.devices import _openvino, cpu, gpu, ncs2, npu, scripted
from reviewer.devices._endpoints import served
from reviewer.devices.interface import Around, Device, GoneError, Kind, Runtime
from reviewer.records import Dialect, Endpoint

ROOM = "reviewer.devices"


def around(root: Path, runtime: Runtime | None = None, **fields: object) -> Around:
    return Around(runtime or Runtime(reason="OpenVINO is not installed"), root / "ncs2", root, **fields)


def put(root: Path, name: str, text: str = "") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def test_members_are_the_accelerators() -> None:
    assert registry.members(ROOM) == ("cpu", "gpu", "ncs2", "npu", "scripted")


@pytest.mark.parametrize("name", registry.members(ROOM))
def test_a_device_that_is_not_there_says_why(name: str, tmp_path: Path) -> None:
    for one in registry.load(ROOM, name).look(around(tmp_path)):
        assert isinstance(one, Device)
        assert one.present != bool(one.reason)
        assert one.name


def test_the_cpu_is_there_without_any_runtime(tmp_path: Path) -> None:
    put(tmp_path, "proc/meminfo", "MemTotal:       16000 kB\nMemFree:   1 kB\n")
    put(tmp_path, "proc/cpuinfo", "processor : 0\nmodel name\t: A Processor\n")
    assert cpu.look(around(tmp_path)) == (Device("CPU", Kind.CPU, "A Processor", True, "", 16_384_000),)
    put(tmp_path, "sys/fs/cgroup/memory.max", "1000000\n")
    assert cpu.look(around(tmp_path))[0].memory == 1_000_000
    put(tmp_path, "sys/fs/cgroup/memory.max", "max\n")
    assert cpu.look(around(tmp_path))[0].memory == 16_384_000


def test_what_openvino_sees_is_present(tmp_path: Path) -> None:
    runtime = Runtime(
        "OpenVINO 2026.4.1",
        {
            "CPU": {"FULL_DEVICE_NAME": "A Processor"},
            "GPU.0": {"FULL_DEVICE_NAME": "Iris", "GPU_DEVICE_TOTAL_MEM_SIZE": "8000"},
            "GPU.1": {"FULL_DEVICE_NAME": "Arc"},
            "NPU": {"FULL_DEVICE_NAME": "AI Boost", "NPU_DEVICE_TOTAL_MEM_SIZE": "4000", "NPU_DRIVER_VERSION": "1717"},
        },
    )
    seen = around(tmp_path, runtime)
    assert [(one.name, one.title, one.memory) for one in gpu.look(seen)] == [("GPU.0", "Iris", 8000), ("GPU.1", "Arc", 0)]
    assert npu.look(seen) == (Device("NPU", Kind.NPU, "AI Boost", True, "OpenVINO 2026.4.1", 4000, "1717"),)
    assert cpu.look(seen)[0].runtime == "OpenVINO 2026.4.1"


def test_an_accelerator_that_linux_shows_and_openvino_does_not_needs_its_driver(tmp_path: Path) -> None:
    put(tmp_path, "dev/accel/accel0")
    (one,) = npu.look(around(tmp_path, Runtime("OpenVINO 2026.4.1")))
    assert one.reason == "/dev/accel/accel0 is there, but OpenVINO does not see it"
    assert "driver" in one.todo
    (one,) = npu.look(around(tmp_path))
    assert one.reason == "OpenVINO is not installed"


def test_an_nvidia_card_is_for_a_server(tmp_path: Path) -> None:
    put(tmp_path, "dev/nvidia0")
    (one,) = gpu.look(around(tmp_path))
    assert (one.present, one.title) == (False, "NVIDIA")
    assert "[[endpoints]]" in one.todo


def test_a_stick_without_its_environment_says_how_to_get_it(tmp_path: Path) -> None:
    assert ncs2.look(around(tmp_path))[0].reason == "no stick is plugged in (USB vendor 03e7)"
    put(tmp_path, "sys/bus/usb/devices/1-2/idVendor", "03e7\n")
    (one,) = ncs2.look(around(tmp_path))
    assert (one.reason, one.todo) == ("its environment is not set up", "Run 'hunkgate devices setup ncs2'.")


def environment(root: Path, script: dict[str, object]) -> None:
    """An environment whose interpreter answers from a script."""
    argument = json.dumps(script)
    put(root, "ncs2/bin/python", f"#!/bin/sh\nexec '{sys.executable}' \"$@\" '{argument}'\n")
    (root / "ncs2/bin/python").chmod(0o700)
    put(root, "ncs2/ready", "openvino==2021.4.2\n")


def test_a_stick_that_can_be_opened_is_present(tmp_path: Path) -> None:
    environment(tmp_path, {"devices": ["CPU", "MYRIAD"]})
    put(tmp_path, "sys/bus/usb/devices/1-2/idVendor", "03e7\n")
    (one,) = ncs2.look(around(tmp_path))
    assert one.present, one.reason
    assert one.memory == 512 * 2**20


def test_a_stick_that_cannot_be_opened_names_the_udev_rule(tmp_path: Path) -> None:
    environment(tmp_path, {"devices": ["CPU"]})
    put(tmp_path, "sys/bus/usb/devices/1-2/idVendor", "03e7\n")
    (one,) = ncs2.look(around(tmp_path))
    assert (one.present, "udev" in one.todo) == (False, True)


def test_a_worker_that_crashes_is_a_reason(tmp_path: Path) -> None:
    environment(tmp_path, {"misbehave": {"hello": "crash"}})
    put(tmp_path, "sys/bus/usb/devices/1-2/idVendor", "03e7\n")
    (one,) = ncs2.look(around(tmp_path))
    assert "SIGSEGV" in one.reason


def interpreter(folder: Path, body: str) -> Path:
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o700)
    return program


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("kill -SEGV $$", "was ended by signal 11"),
        ("echo 'no such module' >&2; exit 1", "no such module"),
        ("echo nonsense", "is no answer"),
        ("echo '[1]'", "is no answer"),
        ('echo \'{"version": 1, "devices": 7}\'', "is no answer"),
    ],
)
def test_a_runtime_that_misbehaves_is_a_reason(body: str, reason: str, tmp_path: Path) -> None:
    said = _openvino.ask(interpreter(tmp_path, body))
    assert said.version == ""
    assert reason in said.reason


def test_what_a_runtime_prints_before_its_answer_is_passed_over(tmp_path: Path) -> None:
    said = _openvino.ask(interpreter(tmp_path, 'echo loading; echo \'{"version": "2026.1-7", "devices": {"CPU": {"A": 1}}}\''))
    assert said == Runtime("OpenVINO 2026.1", {"CPU": {"A": "1"}})


def test_without_an_interpreter_the_reason_is_passed_on() -> None:
    assert _openvino.ask(None, "it is not installed").reason == "it is not installed"


def test_servers_of_the_user_are_devices() -> None:
    (one,) = served([Endpoint("big", "http://127.0.0.1:1", "qwen", Dialect.OLLAMA)])
    assert (one.name, one.kind, one.title, one.runtime) == ("big", Kind.SERVER, "qwen at http://127.0.0.1:1", "ollama")


def test_a_scripted_device_is_what_its_script_says(tmp_path: Path) -> None:
    assert scripted.look(around(tmp_path)) == ()
    put(tmp_path, "script.json", '{"name": "NPU", "kind": "npu", "memory": 7, "fails": [2]}')
    there = around(tmp_path, script=tmp_path / "script.json")
    assert scripted.look(there) == (Device("NPU", Kind.NPU, present=True, memory=7),)
    device = scripted.Scripted(scripted.read(there))
    assert device.use(lambda: 5) == 5
    with pytest.raises(GoneError, match="NPU is gone"):
        device.use(lambda: 5)
    put(tmp_path, "script.json", "nonsense")
    assert scripted.look(there) == ()
