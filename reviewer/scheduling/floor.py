"""What the driver needs of the devices and of the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reviewer.scheduling.work import Job, Seat


@dataclass(frozen=True, slots=True)
class Order:
    """One batch for one device."""

    ticket: int
    """Unlike that of any other order. What comes back for a ticket that is settled already is nothing to the driver."""
    device: str
    seat: Seat
    jobs: tuple[Job, ...]
    unload: tuple[str, ...] = ()
    """Seats of the device whose memory is needed: they are put out before anything is loaded."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A batch is done."""

    ticket: int
    values: Mapping[str, object]
    """By the job's name; a job without one is not done."""
    more: tuple[Job, ...] = field(default=())
    """Work that follows from it, such as the review of what a screening found."""
    withdrawn: tuple[str, ...] = ()
    """Names of jobs that need not be done any more if they still wait, such as those of a model that broke down; what is to be
    done instead is in `more`."""
    slowness: float | None = None
    """How many times longer than measured it took, if the floor knows that better than the clock does: without loading, and for
    what was really read and written. 0 tells nothing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A batch cannot be done as it is; the device goes on."""

    ticket: int
    reason: str


@dataclass(frozen=True, slots=True)
class Vanished:
    """The device is gone, and the batch with it."""

    ticket: int
    reason: str


Event = Finished | Refused | Vanished


class Floor(Protocol):
    """The devices, and the time. A floor is used by one driver, from one thread."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""

    def start(self, order: Order) -> None:
        """Begin a batch on a device that has none; returns at once. Loads the seat if it is not loaded."""

    def wait(self, until: float) -> Sequence[Event]:
        """What happened since the last call; nothing if nothing does until that moment, which may be infinite."""

    def cancel(self, ticket: int) -> bool:
        """Give up a batch. True if the device is free for another one; False if the driver has to wait for it."""
