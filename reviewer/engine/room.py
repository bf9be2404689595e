"""Whether there is room for a model, and who has to go for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reviewer.engine import memory
from reviewer.engine.slot import Slot, State
from reviewer.errors import BackendError

GIGABYTE = 1e9

Resident = Callable[[int], int | None]
"""Bytes of a process in memory; 0 if it has ended, None if that cannot be known."""


def expected(slot: Slot) -> int:
    """Bytes that a model will take: what it took the last time, else at least the size of its files."""
    return slot.size or memory.on_disk(slot.spec.files)


def taken(slots: Iterable[Slot], resident: Resident) -> int:
    """Bytes that the models with a worker take, or will take when they are loaded."""
    return sum(_weight(slot, resident) for slot in slots if slot.hand is not None)


def to_put_out(slots: Iterable[Slot], needed: int, ceiling: int, resident: Resident) -> list[Slot]:
    """The idle models without which `needed` more bytes stay under the ceiling: modest ones first, then least recently used ones.

    If even all of them are not enough, all of them.
    """
    slots = list(slots)
    over = taken(slots, resident) + needed - ceiling
    chosen = []
    for slot in sorted((one for one in slots if one.state is State.IDLE), key=lambda one: (not one.spec.modest, one.used)):
        if over <= 0:
            break
        over -= _weight(slot, resident)
        chosen.append(slot)
    return chosen


def no_room(slot: Slot, needed: int, ceiling: int, others: int) -> BackendError:
    """Why a model is refused."""
    use = f", of which busy models use {others / GIGABYTE:.1f} GB" if others else ""
    what = f"model {slot.spec.model} needs {needed / GIGABYTE:.1f} GB and the engine may use {ceiling / GIGABYTE:.1f} GB{use}"
    return BackendError(what, todo="Raise engine_memory in the user's configuration, or choose a smaller model.")


def _weight(slot: Slot, resident: Resident) -> int:
    seen = resident(slot.hand.process) if slot.hand and slot.hand.process else 0
    if seen is None or slot.state is State.LOADING:
        return max(seen or 0, expected(slot))
    return seen
