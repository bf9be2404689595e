"""Where hunks are classified in a review: by what the machine shows and what was measured, without a look at any device.

A hook has no second to ask runtimes. What can be read off the file system counts: whether the kernel shows an accelerator,
whether a stick is plugged in and its environment is made, and the figures of `hunkgate devices --measure`. Whether a driver is
still the same is checked by `hunkgate devices` only; a device that does not work costs a review one retry on the processor.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MODEL = "hunkgate-classifier"
"""The network's name among the models."""

FIGURES = "devices.json"
"""In the model store: what was measured."""

ENVIRONMENT = "runtime/ncs2"
"""In the model store: the environment of the stick's worker."""

CPU, STICK = "CPU", "MYRIAD"
"""As OpenVINO calls them."""

_NODES = {"NPU": "dev/accel/accel*", "GPU": "dev/dri/renderD*"}
"""Where Linux shows an accelerator."""

_READY = f"{ENVIRONMENT}/ready"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A device, and why it."""

    device: str
    why: str


def named(wanted: str) -> str:
    """The runtime's name for a device that a person names; empty if none is named."""
    return {"NCS2": STICK}.get(wanted.upper(), wanted.upper())


def chosen(store: Callable[[], Path], digest: str, wanted: str = "", root: Path = Path("/")) -> Chosen:
    """Where to classify. No process is started, and next to nothing imported if there is nothing but the processor.

    Args:
        store: finds the model store's folder, which takes imports; called only if something might be there.
        digest: of the network's file; figures of another one do not count.
        wanted: the device that the user's configuration names; empty: that is left to the figures.
        root: where /dev and /sys are; another folder in tests.
    """
    if wanted:
        return Chosen(named(wanted), "your configuration names it")
    shown = set(_shown(root))
    if not shown:
        return Chosen(CPU, "no accelerator is shown")
    folder = store()
    if STICK in shown and not (folder / _READY).is_file():
        shown.discard(STICK)
    measured = folder / FIGURES
    if shown.isdisjoint({STICK, "NPU"}) and not measured.is_file():
        return Chosen(CPU, "no accelerator is made for it, and none was measured")
    return _weighed(measured, digest, shown)


def _shown(root: Path) -> Iterator[str]:
    """Kinds of accelerators that the kernel shows; elsewhere than on Linux that says nothing, so all of them."""
    if not sys.platform.startswith("linux"):
        yield from ("GPU", "NPU")
    else:
        yield from (kind for kind, nodes in _NODES.items() if any(root.glob(nodes)))
    from reviewer.devices._usb import plugged

    if plugged(root):
        yield STICK


def _weighed(measured: Path, digest: str, shown: set[str]) -> Chosen:
    from reviewer.devices._measured import read
    from reviewer.devices._placement import Place, place
    from reviewer.devices.interface import Kind

    kinds = {CPU: Kind.CPU, "GPU": Kind.GPU, "NPU": Kind.NPU, STICK: Kind.NCS2}
    figures = {one.device: one for one in read(measured) if (one.role, one.model, one.digest) == ("classify", MODEL, digest)}
    # What was not measured, elsewhere than on Linux, may not be there at all.
    usual = {CPU, *(shown if sys.platform.startswith("linux") else shown & {STICK})}
    places = []
    for name in dict.fromkeys([*figures, *sorted(usual)]):
        kind = name.partition(".")[0]
        if kind not in shown and kind != CPU:
            continue
        figure = figures.get(name)
        rate, failed = (figure.rate, figure.failed) if figure else (0.0, "")
        places.append(Place("classify", name, kinds[kind], "myriad" if name == STICK else "openvino", MODEL, rate, failed))
    placed = place(places).get("classify")
    return Chosen(placed.place.device, placed.why) if placed else Chosen(CPU, "nothing else works")
