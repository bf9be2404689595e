"""One device as the driver sees it: what it is doing, what it does next, and how fast it turned out to be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reviewer.scheduling.costs import NEVER, able
from reviewer.scheduling.floor import Order
from reviewer.scheduling.work import Batch, Device, Job, Seat

LATE = 2.0
"""Times the expected seconds after which a batch is late. Own choice: twice is more than noise."""

LEAST_LATE = 0.2
"""Seconds beyond the expected ones before which nothing is late."""

SURPRISE = 1.3
"""How far, as a factor, a batch's time is from the expected one before a device counts as slower or faster: noise is 30 %."""


@dataclass(slots=True)
class Running:
    """A batch on a device."""

    order: Order
    batch: Batch
    began: float
    late_at: float
    """When to ask what is wrong; NEVER if that was asked."""
    slowness: float = 0.0
    """What the device was believed to be before the batch was late; 0 if it was not."""
    given_up: bool = False
    """It was to be cancelled at the end of the budget, and could not be."""


@dataclass(slots=True)
class Station:
    """A device at work."""

    device: Device
    queue: list[Batch] = field(default_factory=list)
    running: Running | None = None
    loaded: frozenset[str] = frozenset()
    slowness: float = 1.0

    def __post_init__(self) -> None:
        self.loaded, self.slowness = self.device.loaded, self.device.slowness

    def device_at(self, now: float) -> Device:
        """The device for a plan that is made now."""
        return replace(self.device, loaded=self.loaded, free_at=self.left(now), slowness=self.slowness)

    def left(self, now: float) -> float:
        """Seconds until its batch should end. One that is late is expected to take as long again as it took."""
        if self.running is None:
            return 0.0
        took = now - self.running.began
        return took if self.running.late_at == NEVER else max(self.running.batch.seconds - took, 0.0)

    def ahead(self, now: float) -> float:
        """Seconds until its part of the plan should end."""
        return self.left(now) + sum(batch.seconds for batch in self.queue)

    def could_do(self, job: Job, now: float) -> float:
        """Seconds until it could have done a further job."""
        own = (seat.call + seat.seconds(job) for seat in self.device.seats if able(self.device, seat, job))
        return self.ahead(now) + self.slowness * min(own, default=NEVER)

    def begin(self, ticket: int, now: float) -> Order:
        """Take up the next batch."""
        batch = self.queue.pop(0)
        seat = next(one for one in self.device.seats if one.name == batch.seat)
        unload = self._unload(seat)
        loading = 0.0 if seat.name in self.loaded else seat.loading
        batch = replace(batch, seconds=batch.seconds - batch.loading + loading, loading=loading)
        self.loaded = (self.loaded - set(unload)) | {seat.name}
        order = Order(ticket, self.device.name, seat, batch.jobs, unload)
        self.running = Running(order, batch, now, now + max(LATE * batch.seconds, batch.seconds + LEAST_LATE))
        return order

    def end(self, *, cancelled: bool = False) -> Running:
        """The batch has ended. What was cancelled may have taken its model with it."""
        running = self.running
        assert running is not None
        self.running = None
        if cancelled:
            self.loaded -= {running.order.seat.name}
        return running

    def learn(self, running: Running, took: float, seen: float | None = None) -> bool:
        """Whether a batch showed that the device is slower or faster than believed. One that was loaded for shows nothing.

        Args:
            seen: see `Finished.slowness`.
        """
        believed = self.slowness
        if running.slowness:
            self.slowness = running.slowness
        if seen is None:
            seen = _seen(running, took)
        if seen > 0 and not 1 / SURPRISE <= seen / self.slowness <= SURPRISE and not _as_expected(running, took):
            self.slowness = seen
        return self.slowness != believed

    def slower(self, running: Running, now: float) -> None:
        """A batch is late: the device is believed to need twice the time that went by."""
        running.slowness = self.slowness
        self.slowness *= 2 * (now - running.began) / max(running.batch.seconds, 1e-9)
        running.late_at = NEVER

    def _unload(self, seat: Seat) -> tuple[str, ...]:
        """What has to go so that a seat fits: first what has no work any more, then what is needed last."""
        if seat.name in self.loaded:
            return ()
        needed = [batch.seat for batch in self.queue]
        others = [one for one in self.device.seats if one.name in self.loaded]
        others.sort(key=lambda one: needed.index(one.name) if one.name in needed else len(needed))
        taken, out = sum(one.memory for one in others), []
        while others and taken + seat.memory > self.device.memory:
            last = others.pop()
            taken -= last.memory
            out.append(last.name)
        return tuple(out)


def _seen(running: Running, took: float) -> float:
    """How many times longer than measured a batch took; 0 if that is not known."""
    usual = base(running.order.seat, running.order.jobs)
    return 0.0 if running.batch.loading or usual <= 0 else max(took, 0.0) / usual


def _as_expected(running: Running, took: float) -> bool:
    """Whether the difference is too small to matter, whatever the factor."""
    return abs(took - running.batch.seconds) < LEAST_LATE / 10


def base(seat: Seat, jobs: tuple[Job, ...]) -> float:
    """Seconds of a batch at the measured speed."""
    return seat.call + sum(seat.seconds(job) for job in jobs)
