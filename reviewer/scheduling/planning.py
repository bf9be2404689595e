"""What is done where and in which order, inside the budget. What has most expected value per second is kept.

That is the order of `reviewer/review/_model_schedule.py`, over many devices; here, too, a guess defers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewer.scheduling.assigning import assign, improve, quickest
from reviewer.scheduling.costs import NEVER, Costs, able
from reviewer.scheduling.work import Batch, Device, Job, Left, Plan, Seat

_ENOUGH = 1e-9
"""Seconds; less is rounding."""


def plan(jobs: Sequence[Job], devices: Sequence[Device], budget: float = NEVER) -> Plan:
    """Every job once: in a batch of a device, or left with the reason.

    Args:
        jobs: with different names.
        devices: with different names, and so are all their seats.
        budget: seconds from now on in which everything has to end; what does not fit is left.
    """
    doable: list[Job] = []
    left: list[Left] = []
    for job in jobs:
        if any(able(device, seat, job) for device in devices for seat in device.seats):
            doable.append(job)
        else:
            left.append(Left(job, _unable(job, devices), False))
    if not doable:
        return Plan((), tuple(left))
    costs = Costs(doable, devices)
    assign(costs, range(len(doable)))
    if costs.makespan() > budget + _ENOUGH:
        _select(costs, budget)
    left += [Left(job, _over(costs, number, budget), True) for number, job in enumerate(doable) if costs.at[number] < 0]
    return Plan(tuple(_batches(costs)), tuple(left))


def density(value: float, seconds: float) -> float:
    """What a second of work is worth."""
    return value / max(seconds, 1e-9)


def _select(costs: Costs, budget: float) -> None:
    """Most value per second first, each to where it ends first; then closer together, and what fits now is added."""
    costs.restore(())
    order = sorted(range(len(costs.jobs)), key=lambda job: (-_worth(costs, job), job))
    _add(costs, order, budget)
    for _ in range(2):
        improve(costs, 0)
        if not _add(costs, [job for job in order if costs.at[job] < 0], budget):
            return


def _add(costs: Costs, order: Iterable[int], budget: float) -> int:
    added = 0
    for job in order:
        seat = quickest(costs, job, budget)
        if seat < 0:
            seat = _guessed(costs, job)
        if seat >= 0:
            costs.put(job, seat)
            added += 1
    return added


def _guessed(costs: Costs, job: int) -> int:
    """A seat whose speed is not known, if the job can go nowhere else: whether there is time shows when it runs."""
    if any(costs.seats[seat].measured for seat in costs.options[job]):
        return -1
    return quickest(costs, job)


def _worth(costs: Costs, job: int) -> float:
    return density(costs.jobs[job].value, min(costs.own[job], default=NEVER))


def _unable(job: Job, devices: Sequence[Device]) -> str:
    seats = [(device, seat) for device in devices for seat in device.seats if job.role in seat.roles]
    if not seats:
        return f"no device has a model for {job.role}"
    seats = [(device, seat) for device, seat in seats if device.name not in job.avoid]
    if not seats:
        return f"no other device has a model for {job.role}"
    if all(job.tokens > seat.context for _, seat in seats):
        return f"it has {job.tokens} tokens, more than any model here can read"
    if any(seat.fits(job) for _, seat in seats):
        return "no device has the memory for the model"
    return f"no model for {job.role} can write here"


def _over(costs: Costs, job: int, budget: float) -> str:
    needed = min(costs.own[job], default=NEVER)
    if needed > budget:
        return f"it would take {needed:.1f} s, and the budget is {budget:g} s"
    return f"the budget of {budget:g} s went to what is worth more a second"


def _batches(costs: Costs) -> list[Batch]:
    """The batches of all devices, in each device the most valuable second first."""
    made = []
    for number, device in enumerate(costs.devices):
        clock = device.free_at
        warm = set(device.loaded)
        for seat, jobs in _grouped(costs, number):
            loading = 0.0 if seat.name in warm else seat.loading
            seconds = loading + (seat.call + sum(seat.seconds(job) for job in jobs)) * device.slowness
            made.append(Batch(device.name, seat.name, jobs, clock, seconds, loading))
            clock += seconds
            warm.add(seat.name)
    return made


def _grouped(costs: Costs, device: int) -> list[tuple[Seat, tuple[Job, ...]]]:
    """The batches of a device in their order. Seats that do not fit together take turns, those first that are loaded."""
    by_seat: dict[int, list[Job]] = {}
    for number in costs.on(device):
        by_seat.setdefault(costs.at[number], []).append(costs.jobs[number])
    seats = {place: costs.seats[place] for place in by_seat}
    cut = {place: _cut(seats[place], jobs) for place, jobs in by_seat.items()}
    home = costs.devices[device]
    if sum(seat.memory for seat in seats.values()) <= home.memory:
        every = [one for group in cut.values() for one in group]
        return sorted(every, key=lambda one: -_worth_of(one))
    turns = sorted(cut, key=lambda place: (seats[place].name not in home.loaded, -max(map(_worth_of, cut[place]))))
    return [one for place in turns for one in cut[place]]


def _cut(seat: Seat, jobs: list[Job]) -> list[tuple[Seat, tuple[Job, ...]]]:
    """Batches of a seat, the most valuable second first."""
    order = sorted(jobs, key=lambda job: (-density(job.value, seat.seconds(job)), job.name))
    together = [job for job in order if not job.alone]
    size = max(seat.batch, 1)
    cut = [(seat, tuple(together[start : start + size])) for start in range(0, len(together), size)]
    return cut + [(seat, (job,)) for job in order if job.alone]


def _worth_of(batch: tuple[Seat, tuple[Job, ...]]) -> float:
    seat, jobs = batch
    return density(sum(job.value for job in jobs), seat.call + sum(seat.seconds(job) for job in jobs))
