"""The Intel Neural Compute Stick 2, spoken to by a worker in an environment of its own. See docs/ncs2.md."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.devices import _ncs2_environment
from reviewer.devices._peer import Peer
from reviewer.devices._usb import plugged
from reviewer.devices.interface import Around, Device, GoneError, Kind
from reviewer.errors import BackendError

WORKER = Path(__file__).with_name("_ncs2_worker.py")

MEMORY = 512 * 2**20
"""Bytes of LPDDR4 on the stick (Intel's product brief of the Movidius Myriad X)."""

ASKING = 20.0
"""Seconds for the worker to start and say who it is."""

LOADING = 15.0
"""Seconds to send the firmware and the network. Without a stick the plugin gives up after 5 s (measured)."""

INFERRING = 5.0
"""Seconds for one batch."""


@dataclass(frozen=True, slots=True)
class Support:
    """What the plugin says of a network, without a stick."""

    placed: tuple[str, ...]
    """Layers that run on the stick."""
    left: tuple[str, ...]
    """Layers that do not."""
    removed: tuple[str, ...] = ()
    """Layers that the plugin leaves out because they multiply by 1 or add 0."""


def look(around: Around) -> tuple[Device, ...]:
    """The stick: is it plugged in, and is there an environment for it?"""
    name, python = "MYRIAD", _ncs2_environment.python(around.ncs2)
    there = plugged(around.root)
    if python is None:
        reason = "its environment is not set up" if there else "no stick is plugged in (USB vendor 03e7)"
        return (Device(name, Kind.NCS2, reason=reason, todo="Run 'hunkgate devices setup ncs2'." if there else ""),)
    runtime = "OpenVINO " + _ncs2_environment.REQUIREMENT.partition("==")[2]
    if not there:
        return (Device(name, Kind.NCS2, runtime=runtime, reason="no stick is plugged in (USB vendor 03e7)"),)
    try:
        said = hello([python, "-I", "-B", WORKER])
    except BackendError as error:
        return (Device(name, Kind.NCS2, runtime=runtime, reason=str(error), todo=error.todo),)
    if not said.get("libusb"):
        todo = "Install libusb, such as with: apt-get install libusb-1.0-0"
        return (Device(name, Kind.NCS2, runtime=runtime, reason="libusb is missing", todo=todo),)
    if not any(str(one).startswith("MYRIAD") for one in said.get("devices", ())):
        todo = "Let this user write to the stick: see the udev rule in docs/ncs2.md."
        return (Device(name, Kind.NCS2, runtime=runtime, reason="it is plugged in, but cannot be opened", todo=todo),)
    return (Device(name, Kind.NCS2, "Intel Neural Compute Stick 2", True, runtime, MEMORY, str(said.get("openvino", ""))),)


def hello(argv: Sequence[str | Path]) -> Mapping[str, Any]:
    """What a worker says of itself.

    Raises:
        BackendError: it cannot be started, or says that it cannot work.
    """
    with Peer(argv) as peer:
        return _mapping(peer.ask({"op": "hello"}, ASKING))


def support(argv: Sequence[str | Path], network: Path) -> Support:
    """Which layers of an ONNX file the plugin places on a stick. No stick is needed.

    Raises:
        BackendError: the plugin cannot be asked, or refuses the file.
    """
    with Peer(argv) as peer:
        said = _mapping(peer.ask({"op": "query", "model": str(network)}, ASKING))
    placed, left, removed = (tuple(map(str, said.get(name, ()))) for name in ("placed", "left", "removed"))
    return Support(placed, left, removed)


class Stick:
    """A network on the stick. Used as a context manager; not for more than one thread.

    Args:
        argv: how the worker is started; see `command`.
        network: an ONNX file with static shapes.
        folder: where temporary files go; the system's folder for them if it is None.
        seconds: in which it has to be loaded.

    Raises:
        OverdueError: loading took longer; the worker was ended.
        BackendError: the reason in the plugin's words, such as that there is no stick.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        network: Path,
        folder: Path | None = None,
        *,
        device: str = "MYRIAD",
        seconds: float = LOADING,
    ) -> None:
        self._peer = Peer(argv, folder)
        try:
            said = self._peer.ask({"op": "load", "model": str(network), "device": device}, seconds)
            self.inputs: dict[str, tuple[int, ...]] = {name: tuple(shape) for name, shape in _mapping(said)["inputs"].items()}
        except BackendError:
            self._peer.close()
            raise
        except (KeyError, AttributeError, TypeError):
            self._peer.close()
            raise GoneError("the device's process sent garbage") from None

    def __enter__(self) -> Stick:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        self._peer.close()

    def infer(self, inputs: Mapping[str, Any], seconds: float = INFERRING) -> dict[str, memoryview[float]]:
        """One batch.

        Args:
            inputs: for every input its floats of 32 bits in the order of its shape, as bytes or as an array in one piece.

        Returns:
            For every output its floats, in its shape.

        Raises:
            OverdueError, GoneError: the stick, or its worker, is gone.
            BackendError: the plugin refused.
        """
        packed = {name: base64.b64encode(memoryview(content).cast("B")).decode("ascii") for name, content in inputs.items()}
        said = _mapping(self._peer.ask({"op": "infer", "inputs": packed}, seconds))
        try:
            return {name: _floats(one["data"], one["shape"]) for name, one in said.items()}
        except (KeyError, TypeError, ValueError):
            self._peer.close()
            raise GoneError("the device's process sent garbage") from None

    def speed(self, seconds: float) -> float:
        """Rows a second, measured for about that long.

        Raises:
            BackendError: see `infer`.
        """
        rows = min(shape[0] for shape in self.inputs.values())
        empty = {name: bytes(4 * _product(shape)) for name, shape in self.inputs.items()}
        self.infer(empty)
        began, done = time.perf_counter(), 0
        while (took := time.perf_counter() - began) < seconds or not done:
            self.infer(empty)
            done += rows
        return done / took


def command(folder: Path) -> list[str | Path]:
    """How the worker of an environment is started.

    Raises:
        BackendError: there is no environment.
    """
    python = _ncs2_environment.python(folder)
    if python is None:
        raise BackendError("the stick's environment is not set up", todo="Run 'hunkgate devices setup ncs2'.")
    return [python, "-I", "-B", WORKER]


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise GoneError("the device's process sent garbage")
    return value


def _floats(data: str, shape: Sequence[int]) -> memoryview[float]:
    content = memoryview(base64.b64decode(data, validate=True))
    return content.cast("f", shape=list(shape)) if len(shape) else content.cast("f")


def _product(shape: Sequence[int]) -> int:
    size = 1
    for one in shape:
        size *= one
    return size
