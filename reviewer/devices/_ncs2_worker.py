"""The process that speaks to an Intel NCS2 stick. It runs on Python 3.6 to 3.9, alone: this package cannot be imported there.

Only OpenVINO 2021.4.2 has the plugin (MYRIAD) and the stick's firmware, and it exists for those versions of Python only. Frames
as in reviewer/frames.py: four bytes of length (big-endian), then that many bytes of JSON. Requests and values:

    hello                              {"python", "openvino", "devices", "libusb"}
    query   "model"                    {"placed", "left", "removed"}: [layer]      asked of the plugin, no stick needed
    load    "model", "device"          {"inputs": {name: shape}, "outputs": [name], "firmware"}
    infer   "inputs": {name: base64}   {name: {"shape", "data"}}                   floats of 32 bits, little-endian
    close                              null

A reply is {"ok": VALUE} or {"error": {"what", "todo"}}. With an argument, a JSON object, a script answers instead of OpenVINO:
{"placed": [..], "left": [..], "misbehave": {"load": "crash"}} with crash, exit, hang, garbage, chatter or error; it behaves for
the first uses if "after": {"load": 2} says how many. Its network doubles x, or gives "answers": {"task": {"shape": [32, 3],
"value": [0.5, 0.3, 0.2]}}, the values over and over, whatever goes in.
"""

import base64
import contextlib
import ctypes
import importlib
import json
import os
import pathlib
import queue
import signal
import struct
import sys
import threading
import time
from typing import Any

_HEADER = struct.Struct(">I")
_LIMIT = 16 * 1024 * 1024
_DIE = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

_NO_LAYERS = ("Parameter", "Constant", "Result")
"""What computes nothing."""

_NEUTRAL = {"Multiply": 1.0, "Add": 0.0}

_NO_STICK = "Plug the stick in, and see docs/ncs2.md for the udev rule."
_NO_USB = "Install libusb, such as with: apt-get install libusb-1.0-0"


class WorkError(Exception):
    """What the gate is told."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo


class OpenVino:
    """The runtime of 2021."""

    def __init__(self) -> None:
        try:
            self._api = importlib.import_module("openvino.inference_engine")
        except ImportError as error:
            raise WorkError("OpenVINO cannot be imported: " + str(error)) from error
        self._core = self._api.IECore()
        self._loaded: Any = None

    def hello(self, request: Any) -> Any:
        return {
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "openvino": self._api.get_version(),
            "devices": list(self._core.available_devices),
            "libusb": _has_libusb(),
        }

    def query(self, request: Any) -> Any:
        ngraph = importlib.import_module("ngraph")
        network = self._network(request)
        placed = self._core.query_network(network=network, device_name="MYRIAD")
        layers = [one for one in ngraph.function_from_cnn(network).get_ordered_ops() if one.get_type_name() not in _NO_LAYERS]
        left = [one for one in layers if placed.get(one.get_friendly_name()) != "MYRIAD"]
        removed = [one.get_friendly_name() for one in left if _does_nothing(one)]
        names = {one.get_friendly_name() for one in left}
        return {"placed": sorted(placed), "left": sorted(names.difference(removed)), "removed": sorted(removed)}

    def load(self, request: Any) -> Any:
        network = self._network(request)
        self._loaded = self._core.load_network(network=network, device_name=request["device"])
        shapes = {name: list(one.input_data.shape) for name, one in network.input_info.items()}
        return {"inputs": shapes, "outputs": list(network.outputs), "firmware": self._firmware(request["device"])}

    def infer(self, request: Any) -> Any:
        numpy = importlib.import_module("numpy")
        if self._loaded is None:
            raise WorkError("no model is loaded")
        inputs = {}
        for name, one in self._loaded.input_info.items():
            values = numpy.frombuffer(base64.b64decode(request["inputs"][name]), "<f4")
            inputs[name] = values.reshape(one.input_data.shape)
        found = self._loaded.infer(inputs)
        return {name: {"shape": list(one.shape), "data": _packed(one.astype("<f4").tobytes())} for name, one in found.items()}

    def _network(self, request: Any) -> Any:
        if not pathlib.Path(request["model"]).is_file():
            # The plugin would raise a bare Exception.
            raise WorkError("there is no network " + request["model"])
        return self._core.read_network(model=request["model"])

    def _firmware(self, device: str) -> str:
        try:
            return str(self._core.get_metric(device, "FULL_DEVICE_NAME"))
        except RuntimeError:
            return ""


class Script:
    """Answers from a script, for tests."""

    def __init__(self, script: Any) -> None:
        self._script = script
        self._uses: Any = {}

    def hello(self, request: Any) -> Any:
        self._act("hello")
        version = ".".join(str(part) for part in sys.version_info[:3])
        return {"python": version, "openvino": "scripted", "devices": self._script.get("devices", []), "libusb": True}

    def query(self, request: Any) -> Any:
        self._act("query")
        return {name: self._script.get(name, []) for name in ("placed", "left", "removed")}

    def load(self, request: Any) -> Any:
        self._act("load")
        if request["device"] not in self._script.get("devices", []):
            raise RuntimeError("Can not init Myriad device: NC_ERROR")
        return {"inputs": {"x": [2]}, "outputs": ["y"], "firmware": "scripted"}

    def infer(self, request: Any) -> Any:
        self._act("infer")
        answers = self._script.get("answers")
        if answers is not None:
            return {name: _repeated(one["shape"], one["value"]) for name, one in answers.items()}
        given = struct.unpack("<2f", base64.b64decode(request["inputs"]["x"]))
        return {"y": {"shape": [2], "data": _packed(struct.pack("<2f", *(2 * value for value in given)))}}

    def _act(self, operation: str) -> None:
        self._uses[operation] = self._uses.get(operation, 0) + 1
        if self._uses[operation] <= self._script.get("after", {}).get(operation, 0):
            return
        manner = self._script.get("misbehave", {}).get(operation)
        if manner == "crash":
            sys.stderr.write("about to touch memory that is not ours\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGSEGV)
        elif manner == "exit":
            os._exit(3)
        elif manner == "hang":
            time.sleep(3600)
        elif manner == "garbage":
            for descriptor in range(3, 64):
                with contextlib.suppress(OSError):
                    os.write(descriptor, b"\xff" * 64)
        elif manner == "chatter":
            os.write(1, b"E: [xLink] [    80] [python] some words\n")
        elif manner == "error":
            raise RuntimeError("the script says so")


def _repeated(shape: Any, values: Any) -> Any:
    size = 1
    for one in shape:
        size *= one
    given = [values[place % len(values)] for place in range(size)]
    return {"shape": shape, "data": _packed(struct.pack("<" + str(size) + "f", *given))}


def main() -> int:
    """Serve until the input ends."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_DIE, signal.SIGKILL)
    inbox: Any = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    runtime: Any = None
    while True:
        request = inbox.get()
        try:
            if runtime is None:
                runtime = Script(json.loads(sys.argv[1])) if len(sys.argv) > 1 else OpenVino()
            reply = {"ok": None if request["op"] == "close" else _answer(runtime, request)}
        except WorkError as error:
            reply = _refusal(error.what, error.todo)
        except (RuntimeError, ValueError, TypeError, KeyError, OSError, MemoryError) as error:
            reply = _refusal(*_explained(error))
        body = json.dumps(reply).encode("ascii")
        replies.write(_HEADER.pack(len(body)) + body)
        replies.flush()
        if request["op"] == "close":
            return 0


def _answer(runtime: Any, request: Any) -> Any:
    if request["op"] not in ("hello", "query", "load", "infer"):
        raise WorkError("there is no operation " + repr(request["op"]))
    return getattr(runtime, request["op"])(request)


def _refusal(what: str, todo: str) -> Any:
    return {"error": {"what": what, "todo": todo}}


def _explained(error: Exception) -> Any:
    """In the plugin's own words, with what can be done about the usual ones."""
    words = str(error).strip().split("\n")[-1] or type(error).__name__
    if "libusb" in words or ("MYRIAD" in words and not _has_libusb()):
        return words, _NO_USB
    return words, _NO_STICK if "Myriad" in words or "NC_ERROR" in words else ""


def _does_nothing(layer: Any) -> bool:
    """Whether it multiplies by 1 or adds 0: the plugin removes such layers and does not name them."""
    neutral = _NEUTRAL.get(layer.get_type_name())
    sources = [one.get_source_output().get_node() for one in layer.inputs()]
    constants = [one for one in sources if one.get_type_name() == "Constant"]
    return neutral is not None and any(bool((one.get_data() == neutral).all()) for one in constants)


def _has_libusb() -> bool:
    try:
        ctypes.CDLL("libusb-1.0.so.0")
    except OSError:
        return not sys.platform.startswith("linux")
    return True


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _listen(stream: Any, inbox: Any) -> None:
    """Pass requests on; at the end of the input, or at garbage, end the process at once, whatever it is doing."""
    header = stream.read(_HEADER.size)
    while len(header) == _HEADER.size:
        (size,) = _HEADER.unpack(header)
        if size > _LIMIT:
            os._exit(4)
        inbox.put(json.loads(stream.read(size).decode("utf-8")))
        header = stream.read(_HEADER.size)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
