"""Carries a plan out, and plans again when a device is slow, fast or gone, or when work comes in.

A job is in exactly one place: waiting, running under one ticket, or settled; only this module moves it. What arrives
for a ticket that is no longer running is dropped, so a late answer can neither double a job nor lose one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewer.scheduling.costs import NEVER, able
from reviewer.scheduling.floor import Event, Finished, Floor, Refused, Vanished
from reviewer.scheduling.planning import plan
from reviewer.scheduling.stations import Running, Station
from reviewer.scheduling.work import Device, Job, Outcome, State

TRIES = 2
"""Devices that a job may be lost on: the first, and one retry elsewhere."""

DRIFT = 0.05
"""Share of the time that is left by which all batches together may be off before a device without work makes a new plan."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of it."""

    outcomes: tuple[Outcome, ...]
    """One for each job, those that came in on the way included."""
    seconds: float
    """From the start to the end of the last batch."""
    plans: int
    """How often was planned."""
    gone: Mapping[str, str]
    """Devices that vanished, and why."""


def drive(jobs: Sequence[Job], devices: Sequence[Device], floor: Floor, budget: float = NEVER) -> Driven:
    """Do all jobs that the budget has time for. Ends at the budget, unless the floor cannot cancel what runs then.

    Args:
        jobs, devices: as for `plan`; the floor has what is in `loaded` loaded.
        budget: seconds from now on. No batch is begun after it.
    """
    run = _Drive(jobs, devices, floor, budget)
    run.to_the_end()
    return Driven(tuple(run.outcomes.values()), run.last - run.start, run.plans, dict(run.gone))


class _Drive:
    """One run."""

    def __init__(self, jobs: Sequence[Job], devices: Sequence[Device], floor: Floor, budget: float) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.gone: dict[str, str] = {}
        self.plans = 0
        self.start = self.last = floor.now()
        self._floor, self._budget = floor, budget
        self._asked = {job.name: job for job in jobs}
        self._waiting = dict(self._asked)
        self._notes: dict[str, list[str]] = {}
        self._why: dict[str, str] = {}
        self._stations = {device.name: Station(device) for device in devices}
        self._tickets = 0
        self._drift = 0.0

    def to_the_end(self) -> None:
        """Until every job is settled."""
        self._plan()
        while self._waiting or self._running():
            self._begin()
            if not self._running() and not self._once_more():
                break
            for event in self._floor.wait(self._until()) if self._running() else ():
                self._take(event)
            self._watch()
        for name in list(self._waiting):
            self._settle(name, State.DEFERRED, self._why.get(name) or f"the budget of {self._budget:g} s was over")

    def _plan(self) -> None:
        """Give all waiting jobs to devices anew. What no device can do is settled; what does not fit in goes on waiting."""
        self.plans += 1
        self._drift = 0.0
        now = self._floor.now()
        for station in self._stations.values():
            station.queue.clear()
        devices = [station.device_at(now) for station in self._stations.values()]
        made = plan(list(self._waiting.values()), devices, self._time_left())
        for batch in made.batches:
            self._stations[batch.device].queue.append(batch)
        for left in made.left:
            self._why[left.job.name] = left.reason
            if not left.can:
                self._settle(left.job.name, State.FAILED, left.reason)

    def _begin(self) -> None:
        """Let every device without work begin its next batch."""
        idle = [station for station in self._stations.values() if station.running is None]
        if self._drift > DRIFT * self._ahead() and any(not one.queue and self._could_help(one.device) for one in idle):
            self._plan()
        for station in idle:
            if station.queue and self._time_left() > 0:
                self._tickets += 1
                order = station.begin(self._tickets, self._floor.now())
                for job in order.jobs:
                    del self._waiting[job.name]
                self._floor.start(order)

    def _once_more(self) -> bool:
        """Nothing runs: plan what still waits, if anything can be begun then."""
        if not self._waiting or self._time_left() <= 0:
            return False
        self._plan()
        return any(station.queue for station in self._stations.values())

    def _could_help(self, device: Device) -> bool:
        return any(able(device, seat, job) for seat in device.seats for job in self._waiting.values())

    def _ahead(self) -> float:
        """Seconds until the plan's end."""
        return max((station.ahead(self._floor.now()) for station in self._stations.values()), default=0.0)

    def _time_left(self) -> float:
        return max(self.start + self._budget - self._floor.now(), 0.0)

    def _running(self) -> list[Running]:
        return [station.running for station in self._stations.values() if station.running]

    def _until(self) -> float:
        """When somebody has to look at the clock next."""
        late = min((running.late_at for running in self._running()), default=NEVER)
        end = self.start + self._budget
        return min(late, end) if end > self._floor.now() else late

    # What comes back

    def _take(self, event: Event) -> None:
        station = next((one for one in self._stations.values() if one.running and one.running.order.ticket == event.ticket), None)
        if station is None:
            return
        self.last = self._floor.now()
        running = station.end()
        if isinstance(event, Finished):
            self._finished(station, running, event)
        elif isinstance(event, Refused):
            self._refused(station, running, event)
        else:
            self._vanished(station, running, event)

    def _finished(self, station: Station, running: Running, event: Finished) -> None:
        for job in running.order.jobs:
            if job.name in event.values:
                self._done(job, station.device.name, running.order.seat.name, event.values[job.name])
            else:
                self._lost(job, station.device.name, f"{station.device.name} left it out")
        new = [job for job in event.more if job.name not in self._asked]
        for job in new:
            self._asked[job.name] = self._waiting[job.name] = job
        withdrawn = [name for name in event.withdrawn if name in self._waiting]
        for name in withdrawn:
            self._settle(name, State.WITHDRAWN, "it was withdrawn")
        took = self._floor.now() - running.began
        self._drift += abs(took - running.batch.seconds)
        if station.learn(running, took, event.slowness) or new or withdrawn:
            self._plan()

    def _refused(self, station: Station, running: Running, event: Refused) -> None:
        jobs = running.order.jobs
        for job in jobs:
            if len(jobs) == 1:
                self._lost(job, station.device.name, f"{station.device.name} refused it: {event.reason}")
            else:
                self._waiting[job.name] = replace(job, alone=True)
        self._plan()

    def _vanished(self, station: Station, running: Running, event: Vanished) -> None:
        name = station.device.name
        self.gone[name] = event.reason
        del self._stations[name]
        for job in running.order.jobs:
            self._lost(job, name, f"{name} vanished: {event.reason}")
        self._plan()

    # The clock

    def _watch(self) -> None:
        now = self._floor.now()
        over = now >= self.start + self._budget
        for station in self._stations.values():
            running = station.running
            if running and over:
                self._stop(station, running)
            elif running and now >= running.late_at:
                self._is_late(station, running, now)

    def _stop(self, station: Station, running: Running) -> None:
        """The budget is over."""
        if not running.given_up and self._floor.cancel(running.order.ticket):
            self.last = self._floor.now()
            for job in station.end(cancelled=True).order.jobs:
                self._settle(
                    job.name, State.DEFERRED, f"the budget of {self._budget:g} s was over while {station.device.name} had it"
                )
        running.given_up = True
        running.late_at = NEVER

    def _is_late(self, station: Station, running: Running, now: float) -> None:
        """A batch is late: if others would do its jobs before it is likely to end, they get them; else it is waited for."""
        station.slower(running, now)
        if self._sooner_elsewhere(running.order.jobs, station, now) and self._floor.cancel(running.order.ticket):
            station.end(cancelled=True)
            for job in running.order.jobs:
                self._lost(job, station.device.name, f"{station.device.name} was too slow")
        self._plan()

    def _sooner_elsewhere(self, jobs: Iterable[Job], station: Station, now: float) -> bool:
        others = [one for one in self._stations.values() if one is not station]
        limit = station.left(now)
        return all(any(one.could_do(job, now) < limit for one in others) for job in jobs)

    # Where jobs end

    def _lost(self, job: Job, device: str, note: str) -> None:
        notes = self._notes.setdefault(job.name, [])
        notes.append(note)
        if len(notes) < TRIES:
            self._waiting[job.name] = replace(job, avoid=job.avoid | {device})
        else:
            self._settle(job.name, State.FAILED, "")

    def _done(self, job: Job, device: str, seat: str, value: object) -> None:
        reason = "; ".join(self._notes.get(job.name, ()))
        self.outcomes[job.name] = Outcome(self._asked[job.name], State.DONE, device, seat, reason, value)

    def _settle(self, name: str, state: State, reason: str) -> None:
        self._waiting.pop(name, None)
        words = [*self._notes.get(name, ()), reason]
        self.outcomes[name] = Outcome(self._asked[name], state, reason="; ".join(word for word in words if word))
