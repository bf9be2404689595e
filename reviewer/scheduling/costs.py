"""How long each device takes for what it was given, kept up to date while jobs move.

A device's time is its `free_at`, plus for each seat that it uses: loading (if it is not loaded), `call` for each batch,
and the seconds of its jobs, which `slowness` multiplies. Seats that do not fit into its memory together take turns, what is
loaded first; so each is loaded once at most, and memory changes nothing in that sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewer.scheduling.work import Device, Job, Seat

NEVER = float("inf")


class Costs:
    """An assignment of jobs to seats under construction. Seats and jobs are numbers: their places in the given order."""

    def __init__(self, jobs: Sequence[Job], devices: Sequence[Device]) -> None:
        self.jobs = tuple(jobs)
        self.devices = tuple(devices)
        self.seats: tuple[Seat, ...] = tuple(seat for device in devices for seat in device.seats)
        self.home = tuple(number for number, device in enumerate(devices) for _ in device.seats)
        """The device of each seat."""
        self.own = tuple(self._times(job) for job in jobs)
        """Seconds of each job on each seat."""
        self.options = tuple(tuple(s for s, seconds in enumerate(row) if seconds < NEVER) for row in self.own)
        """The seats that a job can be put on."""
        self.at: list[int] = [-1] * len(self.jobs)
        """The seat of each job; -1 if it has none."""
        self.loads = [device.free_at for device in devices]
        """Seconds at which each device is done."""
        self._count = [0] * len(self.seats)
        self._fixed = tuple(0.0 if seat.name in self._of(s).loaded else seat.loading for s, seat in enumerate(self.seats))
        self._call = tuple(seat.call * self._of(s).slowness for s, seat in enumerate(self.seats))
        self._batch = tuple(max(seat.batch, 1) for seat in self.seats)

    def added(self, job: int, seat: int) -> float:
        """Seconds by which a job would lengthen the device of a seat."""
        count = self._count[seat]
        extra = self.own[job][seat]
        if count == 0:
            return extra + self._fixed[seat] + self._call[seat]
        return extra + self._call[seat] if count % self._batch[seat] == 0 else extra

    def share(self, job: int, seat: int) -> float:
        """Seconds of a job on a seat with its part of what a full batch costs."""
        return self.own[job][seat] + self._call[seat] / self._batch[seat]

    def freed(self, job: int) -> float:
        """Seconds by which its device would end earlier without a job that it has."""
        seat = self.at[job]
        count = self._count[seat]
        extra = self.own[job][seat]
        if count == 1:
            return extra + self._fixed[seat] + self._call[seat]
        return extra + self._call[seat] if (count - 1) % self._batch[seat] == 0 else extra

    def put(self, job: int, seat: int) -> None:
        """Give a job that has no seat to one of its options."""
        home = self.home[seat]
        self.loads[home] += self.added(job, seat)
        self._count[seat] += 1
        self.at[job] = seat

    def take(self, job: int) -> int:
        """Take a job from its seat; returns the seat."""
        seat = self.at[job]
        home = self.home[seat]
        self._count[seat] -= 1
        self.at[job] = -1
        self.loads[home] -= self.added(job, seat)
        return seat

    def busiest(self) -> int:
        """The device that ends last of those that have work; -1 if none has."""
        found, latest = -1, -1.0
        for seat, count in enumerate(self._count):
            if count and self.loads[self.home[seat]] > latest:
                found, latest = self.home[seat], self.loads[self.home[seat]]
        return found

    def makespan(self) -> float:
        """Seconds until the last device that has work is done."""
        found = self.busiest()
        return self.loads[found] if found >= 0 else 0.0

    def on(self, device: int) -> list[int]:
        """The jobs of a device."""
        return [job for job, seat in enumerate(self.at) if seat >= 0 and self.home[seat] == device]

    def restore(self, at: Iterable[int]) -> None:
        """Put every job where it once was."""
        for job in range(len(self.jobs)):
            if self.at[job] >= 0:
                self.take(job)
        for job, seat in enumerate(at):
            if seat >= 0:
                self.put(job, seat)

    def _of(self, seat: int) -> Device:
        return self.devices[self.home[seat]]

    def _times(self, job: Job) -> tuple[float, ...]:
        return tuple(
            seat.seconds(job) * device.slowness if able(device, seat, job) else NEVER
            for device in self.devices
            for seat in device.seats
        )


def able(device: Device, seat: Seat, job: Job) -> bool:
    """Whether a job can be done on a seat of a device, if there is time."""
    return seat.memory <= device.memory and device.name not in job.avoid and seat.fits(job)
