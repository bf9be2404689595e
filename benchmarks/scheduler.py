"""How far is the scheduler from the optimum, and what does a plan cost?

    python benchmarks/scheduler.py [--cases 1000] [--seeds 1 2 3]

Random commits over random devices: 1 to 3 devices with one or two models each, speeds from 20 to 4,000 tokens a second, times
to load, batches, memory, three roles. The optimum of small cases is found by trying every assignment. For large cases it is not
known; there every design is compared with the best of all. Times are of the processor.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from math import ceil

from reviewer.scheduling import assigning
from reviewer.scheduling.costs import Costs, able
from reviewer.scheduling.driving import drive
from reviewer.scheduling.planning import plan
from reviewer.scheduling.pricing import by_prices
from reviewer.scheduling.scripted import Script, ScriptedFloor
from reviewer.scheduling.work import Device, Job, Seat

ROLES = ("classify", "screen", "review")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000, help="per seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    args = parser.parse_args()
    small = [random_case(random.Random(f"{seed}-{number}")) for seed in args.seeds for number in range(args.cases)]
    print(f"{len(small)} small cases (at most 3 devices, 7 jobs): makespan over the optimum")
    best = [optimum(*case) for case in small]
    for name, design in DESIGNS.items():
        print(row(name, [run(design, *case) for case in small], best))
    for jobs in (12, 16, 20):
        middle(args.seeds, args.cases // 20, jobs)
    for devices, jobs in ((3, 30), (4, 300)):
        large = [random_case(random.Random(f"{seed}-{n}"), devices, jobs) for seed in args.seeds for n in range(args.cases // 50)]
        print(f"\n{len(large)} cases of {devices} devices, {jobs} jobs: makespan over the best that any design found")
        found = {name: [run(design, *case) for case in large] for name, design in DESIGNS.items()}
        least = [
            min(column, default=0.0) for column in zip(*([span for span, _ in runs] for runs in found.values()), strict=True)
        ]
        for name, runs in found.items():
            print(row(name, runs, least))
    trouble(args.seeds, args.cases)


def random_case(rng: random.Random, devices: int = 0, jobs: int = 0) -> tuple[list[Job], list[Device]]:
    """Devices and jobs; every job can be done somewhere."""
    while True:
        machines = [_device(rng, number) for number in range(devices or rng.randint(1, 3))]
        work = [_job(rng, number) for number in range(jobs or rng.randint(1, 7))]
        kept = [job for job in work if any(able(one, seat, job) for one in machines for seat in one.seats)]
        if len(kept) == len(work):
            return work, machines
        if jobs and kept:
            return kept, machines


def optimum(jobs: Sequence[Job], devices: Sequence[Device]) -> float:
    """The least makespan, by trying everything. The costs are written down here once more, on purpose."""
    seats = [(device, seat) for device in devices for seat in device.seats]
    options = [[k for k, (device, seat) in enumerate(seats) if able(device, seat, job)] for job in jobs]
    return min(_makespan(jobs, devices, seats, chosen) for chosen in product(*options))


def _makespan(
    jobs: Sequence[Job], devices: Sequence[Device], seats: Sequence[tuple[Device, Seat]], chosen: Sequence[int]
) -> float:
    loads = {device.name: device.free_at for device in devices}
    for k in set(chosen):
        device, seat = seats[k]
        mine = [job for job, at in zip(jobs, chosen, strict=True) if at == k]
        work = seat.call * ceil(len(mine) / seat.batch) + sum(seat.seconds(job) for job in mine)
        loads[device.name] += device.slowness * work + (0.0 if seat.name in device.loaded else seat.loading)
    return max(loads[seats[k][0].name] for k in chosen)


def _device(rng: random.Random, number: int) -> Device:
    seats = tuple(_seat(rng, f"model {count} on device {number}") for count in range(rng.choice((1, 1, 2))))
    memory = rng.choice((2, 4, 8))
    warm = frozenset(seat.name for seat in seats if rng.random() < 0.5)
    fits = sum(seat.memory for seat in seats if seat.name in warm) <= memory
    return Device(f"device {number}", memory, seats, warm if fits else frozenset())


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


Design = Callable[[Costs], None]


def _lpt(costs: Costs) -> None:
    assigning.longest_first(costs, range(len(costs.jobs)))


def _lpt_search(costs: Costs) -> None:
    _lpt(costs)
    assigning.improve(costs)


def _prices_search(costs: Costs) -> None:
    by_prices(costs, range(len(costs.jobs)))
    assigning.improve(costs)


def _both(costs: Costs) -> None:
    few, assigning.FEW = assigning.FEW, 0
    assigning.assign(costs, range(len(costs.jobs)))
    assigning.FEW = few


def _chosen(costs: Costs) -> None:
    assigning.assign(costs, range(len(costs.jobs)))


DESIGNS: dict[str, Design] = {
    "longest first (LPT)": _lpt,
    "LPT, moves and exchanges": _lpt_search,
    "prices, moves and exchanges": _prices_search,
    "the better of both": _both,
    "that, and all tried if few (chosen)": _chosen,
}


def run(design: Design, jobs: Sequence[Job], devices: Sequence[Device]) -> tuple[float, float]:
    """Makespan, and seconds of processor time."""
    began = time.process_time()
    costs = Costs(jobs, devices)
    design(costs)
    return costs.makespan(), time.process_time() - began


def row(name: str, runs: Sequence[tuple[float, float]], best: Sequence[float]) -> str:
    """Ratios and times in one line."""
    ratios = sorted(span / least for (span, _), least in zip(runs, best, strict=True))
    times = sorted(seconds * 1000 for _, seconds in runs)
    late = sum(ratio > 1.15 for ratio in ratios)
    return (
        f"{name:36} max {ratios[-1]:.3f}  99 % {ratios[int(0.99 * len(ratios))]:.3f}  mean {statistics.mean(ratios):.4f}  "
        f"over 1.15: {late:4}  time: median {statistics.median(times):.2f} ms, max {times[-1]:.1f} ms"
    )


def middle(seeds: Sequence[int], cases: int, jobs: int) -> None:
    """Too many jobs to try everything: compared with a search of 400,000 steps."""
    some = [random_case(random.Random(f"{seed}-{number}-{jobs}"), 3, jobs) for seed in seeds for number in range(cases)]
    best = [_patient(*case) for case in some]
    print(f"\n{len(some)} cases of 3 devices, {jobs} jobs: makespan over that of a search of 400,000 steps")
    for name in ("the better of both", "that, and all tried if few (chosen)"):
        print(row(name, [run(DESIGNS[name], *case) for case in some], best))


def _patient(jobs: Sequence[Job], devices: Sequence[Device]) -> float:
    costs = Costs(jobs, devices)
    _both(costs)
    steps, assigning.NODES = assigning.NODES, 400_000
    assigning.search(costs, range(len(jobs)))
    assigning.NODES = steps
    return costs.makespan()


def trouble(seeds: Sequence[int], cases: int) -> None:
    """A device that dies, or slows tenfold, at a random moment of 20 jobs over 2 or 3 devices."""
    print("\n20 jobs, one device in trouble in the middle: time over that of a plan that knew it from the start")
    for name, what in (
        ("dies", Script()),
        ("ten times slower", Script()),
        ("slower, cannot be cancelled", Script(cancels=False)),
    ):
        ratios, lost, jobs_done = [], 0, 0
        for seed in seeds:
            for number in range(cases // 5):
                rng = random.Random(f"{seed}-{number}-{name}")
                jobs, devices = random_case(rng, rng.randint(2, 3), 20)
                at = rng.random() * plan(jobs, devices).makespan
                script = replace(what, dies_at=at) if name == "dies" else replace(what, slow_from=at)
                bad = rng.choice(devices)
                floor = ScriptedFloor(devices, {bad.name: script})
                driven = drive(jobs, devices, floor)
                lost += len({one.job.name for one in driven.outcomes} ^ {job.name for job in jobs}) + len(floor.finished)
                lost -= len(set(floor.finished))
                jobs_done += len(floor.finished)
                known = [one for one in devices if one is not bad] if name == "dies" else _slow(devices, bad)
                ideal = plan(jobs, known)
                if not ideal.left:
                    ratios.append(driven.seconds / ideal.makespan)
        ratios.sort()
        print(
            f"{name:30} median {statistics.median(ratios):.2f}  90 % {ratios[int(0.9 * len(ratios))]:.2f}  "
            f"jobs done {jobs_done}, lost or done twice {lost}"
        )


def _slow(devices: Sequence[Device], bad: Device) -> list[Device]:
    return [replace(one, slowness=10.0) if one is bad else one for one in devices]


if __name__ == "__main__":
    main()
