"""One retry elsewhere when a device vanishes in use, and a note of it for the coverage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from reviewer.devices.interface import GoneError
from reviewer.errors import BackendError, OutOfTimeError, OverdueError

T = TypeVar("T")

LOSSES: tuple[type[BackendError], ...] = (GoneError, OverdueError)
"""What means that a device cannot be counted on any more. `OutOfTimeError` does not: its model stopped by itself."""


@dataclass(frozen=True, slots=True)
class Used(Generic[T]):
    """What came of it."""

    value: T
    device: str
    """Where it was done."""
    note: str = ""
    """What happened before, in words; empty if nothing did."""


def with_fallback(devices: Sequence[str], use: Callable[[str], T], losses: tuple[type[BackendError], ...] = LOSSES) -> Used[T]:
    """Use the first device; if it vanishes, the second one, once.

    Args:
        devices: names, the best one first; at least one.
        use: does the work on a device; may be called twice.
        losses: errors that mean that the device is gone.

    Raises:
        BackendError: of the retry, with what happened before; or another one of the first device.
    """
    try:
        return Used(use(devices[0]), devices[0])
    except OutOfTimeError:
        raise
    except losses as error:
        note = f"{devices[0]} vanished ({error})"
        if len(devices) == 1:
            raise
    try:
        return Used(use(devices[1]), devices[1], f"{note}; done on {devices[1]}")
    except losses as error:
        raise GoneError(f"{note}, then {devices[1]} ({error})") from error
