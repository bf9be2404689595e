"""Devices of a script, in virtual time: for tests, and to try a plan without the devices.

A script may let a device die at a moment, be slower from a moment on, hang, or refuse some jobs. The floor keeps books: what
ran when, and the most memory that each device ever had in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reviewer.scheduling.floor import Event, Finished, Order, Refused, Vanished
from reviewer.scheduling.work import Device, Job, Seat

_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Script:
    """How a device differs from what was measured. Moments are seconds from the start."""

    dies_at: float = _NEVER
    slow_from: float = _NEVER
    slow_by: float = 10.0
    """From then on everything takes so many times longer, also what is running."""
    hangs_from: float = _NEVER
    """Batches begun from then on never end."""
    refuses: frozenset[str] = frozenset()
    """Names of jobs; a batch with one of them is refused after a tenth of its time."""
    cancels: bool = True
    """Whether a batch can be cancelled."""


@dataclass(slots=True)
class _Work:
    order: Order
    began: float
    ends: float
    event: Event


@dataclass(slots=True)
class _Machine:
    device: Device
    script: Script
    loaded: dict[str, Seat]
    work: _Work | None = None
    peak: int = 0
    log: list[tuple[float, float, str]] = field(default_factory=list)
    """Begin, end, seat."""


class ScriptedFloor:
    """See `Floor`.

    Args:
        more: jobs that follow when a job is done, by its name.
        withdrawn: names of jobs that are not wanted any more when a job is done, by its name.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        scripts: Mapping[str, Script] | None = None,
        more: Mapping[str, tuple[Job, ...]] | None = None,
        withdrawn: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.clock = 0.0
        self.finished: list[str] = []
        """Names of jobs in the order in which they were done, as often as they were."""
        self._more = dict(more or {})
        self._withdrawn = dict(withdrawn or {})
        self._machines = {}
        for one in devices:
            seats = {seat.name: seat for seat in one.seats if seat.name in one.loaded}
            self._machines[one.name] = _Machine(one, (scripts or {}).get(one.name, Script()), seats)

    def now(self) -> float:
        return self.clock

    def start(self, order: Order) -> None:
        machine = self._machines[order.device]
        assert machine.work is None, f"{order.device} is busy"
        for name in order.unload:
            del machine.loaded[name]
        loading = 0.0 if order.seat.name in machine.loaded else order.seat.loading
        machine.loaded[order.seat.name] = order.seat
        machine.peak = max(machine.peak, sum(seat.memory for seat in machine.loaded.values()))
        machine.work = self._work(machine, order, loading)

    def wait(self, until: float) -> Sequence[Event]:
        busy = [machine for machine in self._machines.values() if machine.work]
        ends = min((machine.work.ends for machine in busy if machine.work), default=_NEVER)
        assert min(ends, until) < _NEVER, "nothing will ever happen"
        self.clock = max(self.clock, min(ends, until))
        return [self._ended(machine, machine.work) for machine in busy if machine.work and machine.work.ends <= self.clock]

    def cancel(self, ticket: int) -> bool:
        for machine in self._machines.values():
            if machine.work and machine.work.order.ticket == ticket and machine.script.cancels:
                machine.loaded.pop(machine.work.order.seat.name)
                machine.work = None
                return True
        return False

    def peak(self, device: str) -> int:
        """The most bytes that a device had in use."""
        return self._machines[device].peak

    def log(self, device: str) -> list[tuple[float, float, str]]:
        """What a device did: begin, end, seat."""
        return self._machines[device].log

    def _work(self, machine: _Machine, order: Order, loading: float) -> _Work:
        seconds = loading + order.seat.call + sum(order.seat.seconds(job) for job in order.jobs)
        seconds *= machine.device.slowness
        script = machine.script
        event: Event = self._event(order)
        if any(job.name in script.refuses for job in order.jobs):
            seconds, event = seconds / 10, Refused(order.ticket, "the script says so")
        ends = _NEVER if self.clock >= script.hangs_from else _slowed(self.clock, seconds, script)
        if script.dies_at < ends:
            ends, event = max(script.dies_at, self.clock), Vanished(order.ticket, "the script says so")
        return _Work(order, self.clock, ends, event)

    def _event(self, order: Order) -> Finished:
        more = tuple(new for job in order.jobs for new in self._more.get(job.name, ()))
        gone = tuple(name for job in order.jobs for name in self._withdrawn.get(job.name, ()))
        return Finished(order.ticket, {job.name: f"{job.name} on {order.seat.name}" for job in order.jobs}, more, gone)

    def _ended(self, machine: _Machine, work: _Work) -> Event:
        machine.work = None
        machine.log.append((work.began, work.ends, work.order.seat.name))
        if isinstance(work.event, Finished):
            self.finished += work.event.values
        return work.event


def _slowed(begin: float, seconds: float, script: Script) -> float:
    """When work ends that would take so many seconds at full speed."""
    fast = max(min(script.slow_from - begin, seconds), 0.0)
    return begin + fast + (seconds - fast) * (script.slow_by if fast < seconds else 1.0)
