"""Random commits over random devices, and the optimum of small ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import ceil

from reviewer.scheduling.costs import able
from reviewer.scheduling.work import Device, Job, Seat

ROLES = ("classify", "screen", "review")


def random_case(rng: random.Random, devices: int, jobs: int) -> tuple[list[Job], list[Device]]:
    """Some jobs may fit nowhere."""
    return [_job(rng, number) for number in range(jobs)], [_device(rng, number) for number in range(devices)]


def least_makespan(jobs: Sequence[Job], devices: Sequence[Device]) -> float:
    """The optimum over the jobs that fit somewhere: every assignment is tried, but for those that are worse already.

    The costs are written down here once more, on purpose.
    """
    seats = [(device, seat) for device in devices for seat in device.seats]
    options = [[k for k, (device, seat) in enumerate(seats) if able(device, seat, job)] for job in jobs]
    doable = [(job, some) for job, some in zip(jobs, options, strict=True) if some]
    best = [float("inf") if doable else 0.0]

    def loads(chosen: Sequence[int]) -> float:
        total = {device.name: device.free_at for device in devices}
        for k in set(chosen):
            device, seat = seats[k]
            mine = [job for (job, _), at in zip(doable, chosen, strict=False) if at == k]
            total[device.name] += device.slowness * (seat.call * ceil(len(mine) / seat.batch) + sum(map(seat.seconds, mine)))
            total[device.name] += 0.0 if seat.name in device.loaded else seat.loading
        return max(total[seats[k][0].name] for k in chosen)

    def descend(chosen: list[int]) -> None:
        if chosen and loads(chosen) >= best[0]:
            return
        if len(chosen) == len(doable):
            best[0] = loads(chosen) if chosen else 0.0
            return
        for k in doable[len(chosen)][1]:
            descend([*chosen, k])

    descend([])
    return best[0]


def _device(rng: random.Random, number: int) -> Device:
    seats = tuple(_seat(rng, f"model {count} on device {number}") for count in range(rng.choice((1, 1, 2))))
    memory = rng.choice((2, 4, 8))
    warm = [seat for seat in seats if rng.random() < 0.5]
    loaded = frozenset(seat.name for seat in warm) if sum(seat.memory for seat in warm) <= memory else frozenset()
    return Device(f"device {number}", memory, seats, loaded)


def _seat(rng: random.Random, name: str) -> Seat:
    return Seat(
        name,
        frozenset(role for role in ROLES if rng.random() < 0.75) or frozenset(("screen",)),
        reads=rng.choice((30, 100, 330, 1000, 3000)) * rng.uniform(0.7, 1.3),
        writes=rng.choice((6, 14, 40)) * rng.uniform(0.7, 1.3),
        memory=rng.choice((1, 2, 4)),
        loading=rng.choice((0, 0, 1, 3, 14)),
        call=rng.choice((0, 0.005, 0.1, 0.5)),
        batch=rng.choice((1, 1, 2, 4, 8)),
        context=rng.choice((1024, 4096, 8192)),
    )


def _job(rng: random.Random, number: int) -> Job:
    role = rng.choice(ROLES)
    return Job(f"hunk {number}", role, rng.randint(20, 2000), rng.randint(20, 120) if role == "review" else 0, rng.random())
