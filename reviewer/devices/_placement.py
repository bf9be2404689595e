"""Which role runs where: by what a device is good for until it was measured, then by what was measured.

An NPU can be slower than the processor, and even one device splits by role: on a CPU with AMX OpenVINO reads 3.3 times faster
and llama.cpp writes 2.4 times faster (docs/backends.md). So a place is a device and a runtime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewer.devices.interface import Kind

PREFERRED: Mapping[str, tuple[Kind, ...]] = {
    "classify": (Kind.NCS2, Kind.NPU, Kind.CPU),
    "embed": (Kind.NPU, Kind.CPU),
    "screen": (Kind.GPU, Kind.CPU),
    "review": (Kind.GPU, Kind.CPU),
}
"""Where a role belongs before anything was measured, the best first. A kind that is not named is only taken if it was measured.

A small static network is what a stick and an NPU are made for; a language model needs a GPU's memory.
"""

NOISE = 1.1
"""How much faster another place has to be, as a factor. Measurements of a second vary by about as much on an idle machine."""


@dataclass(frozen=True, slots=True)
class Place:
    """A device with a runtime and a model that can do a role."""

    role: str
    device: str
    kind: Kind
    backend: str
    model: str
    rate: float = 0.0
    """As measured, a second; 0 if it was not measured, or what was does not count any more."""
    failed: str = ""
    """Why it does not work there, as measured."""
    chosen: bool = False
    """The user's configuration says so: nothing is weighed then."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a role runs, and why."""

    place: Place
    why: str
    others: tuple[Place, ...] = ()
    """In the order in which they would take over."""


def place(places: Sequence[Place]) -> dict[str, Placed]:
    """One place for every role that has any."""
    roles = sorted({one.role for one in places}, key=list(PREFERRED).index)
    found = {role: _placed([one for one in places if one.role == role]) for role in roles}
    return {role: placed for role, placed in found.items() if placed}


def _placed(places: Sequence[Place]) -> Placed | None:
    working = sorted((one for one in places if not one.failed and _possible(one)), key=_preference)
    if not working:
        return None
    first = working[0]
    best = max(working, key=lambda one: one.rate)
    if not first.chosen and first.rate and best.rate > NOISE * first.rate:
        return _with(
            best, working, f"measured {best.rate / first.rate:.1f} times faster than {first.device} with {first.backend}"
        )
    return _with(first, working, _reason(first, best))


def _with(taken: Place, working: Sequence[Place], why: str) -> Placed:
    others = sorted((one for one in working if one is not taken), key=lambda one: (-one.rate, _preference(one)))
    return Placed(taken, why, tuple(sorted(others, key=lambda one: one.device == taken.device)))


def _reason(first: Place, best: Place) -> str:
    if first.chosen:
        return "your configuration names it"
    if first.rate:
        return "measured, and no other is faster" if best is first else f"measured; {best.device} is not faster beyond noise"
    return "usual for this role, not measured"


def _possible(one: Place) -> bool:
    return one.chosen or one.rate > 0 or one.kind in PREFERRED[one.role]


def _preference(one: Place) -> tuple[int, int, float]:
    """The user's choice, then the kind that is made for it, then speed within it."""
    order = PREFERRED[one.role]
    return (0 if one.chosen else 1, order.index(one.kind) if one.kind in order else len(order), -one.rate)
