"""Jobs to seats, so that the last device ends early: unrelated machines with set-up times (R|setup|Cmax), which is NP-hard.

Two beginnings: the longest job first, each where it ends first (LPT: Graham, SIAM J. Appl. Math. 1969), and prices (see
`pricing`). From both, jobs of the busiest device move as long as that helps; in the better one they then change places with
others, too. For few jobs all assignments are searched at the end, as far as it goes. What each part brings, and how far all is
from the optimum: docs/scheduler.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.scheduling.costs import NEVER, Costs
from reviewer.scheduling.pricing import by_prices

FEW = 20
"""Jobs up to which assignments are searched, with cuts. With more the search does not get far."""

NODES = 3_000
"""Steps after which that search ends with the best it has: 4 ms at most. Up to 12 jobs it was always done before."""

MOVES = 400
"""Improving steps at most. Each is one pass over the jobs of the busiest device."""

EXCHANGES = 10
"""Exchanges among them. Each looks at up to all pairs of jobs, which is most of the time; later ones bring less than 1 %."""

_ENOUGH = 1e-9
"""Seconds; smaller gains are rounding."""


def assign(costs: Costs, jobs: Sequence[int]) -> list[int]:
    """Give each job a seat, near the least makespan; returns those that have no seat to go to.

    Args:
        costs: no job has a seat yet.
        jobs: those that shall have one.
    """
    if all(len(costs.options[job]) == 1 for job in jobs):
        # As in a review whose questions are each for one model: there is nothing to find out.
        for job in jobs:
            costs.put(job, costs.options[job][0])
        return []
    best, kept = NEVER, list(costs.at)
    for build in (longest_first, by_prices):
        costs.restore(())
        build(costs, jobs)
        improve(costs, 0)
        if costs.makespan() < best:
            best, kept = costs.makespan(), list(costs.at)
    costs.restore(kept)
    improve(costs)
    placed = [job for job in jobs if costs.at[job] >= 0]
    if len(placed) <= FEW:
        search(costs, placed)
    return [job for job in jobs if costs.at[job] < 0]


def longest_first(costs: Costs, jobs: Sequence[int]) -> None:
    """The job that is longest even where it is quickest goes first, each to where it ends first."""
    for job in sorted(jobs, key=lambda one: (-min(costs.own[one], default=NEVER), one)):
        seat = quickest(costs, job)
        if seat >= 0:
            costs.put(job, seat)


def quickest(costs: Costs, job: int, limit: float = NEVER) -> int:
    """The seat where a job would end first, or -1 if it would end after `limit` everywhere."""
    best, found = limit + _ENOUGH, -1
    for seat in costs.options[job]:
        end = costs.loads[costs.home[seat]] + costs.added(job, seat)
        if end < best:
            best, found = end, seat
    return found


def improve(costs: Costs, most: int = EXCHANGES) -> None:
    """Move one job of the busiest device, or exchange it with another, as long as the busier one of both ends earlier.

    Args:
        most: how many exchanges at most.
    """
    exchanges = 0
    for _ in range(MOVES):
        busiest = costs.busiest()
        if busiest < 0:
            return
        if not _move(costs, busiest):
            exchanges += 1
            if exchanges > most or not _exchange(costs, busiest):
                return


def search(costs: Costs, jobs: Sequence[int]) -> None:
    """Try all seats for the given jobs; keeps the best. Cuts where the devices cannot end before the best so far."""
    _Search(costs, jobs).run()


class _Search:
    """Branch and bound, the longest job first."""

    def __init__(self, costs: Costs, jobs: Sequence[int]) -> None:
        self.costs, self.nodes = costs, 0
        self.best, self.found = costs.makespan(), list(costs.at)
        self.order = sorted(jobs, key=lambda one: -min(costs.own[one]))

    def run(self) -> None:
        for job in self.order:
            self.costs.take(job)
        self._branch(0)
        self.costs.restore(self.found)

    def _branch(self, depth: int) -> None:
        costs = self.costs
        if depth == len(self.order):
            self.best, self.found = costs.makespan(), list(costs.at)
            return
        job = self.order[depth]
        ends = [(costs.loads[costs.home[s]] + costs.added(job, s), s) for s in costs.options[job]]
        for end, seat in sorted(ends):
            self.nodes += 1
            if end >= self.best - _ENOUGH or self.nodes > NODES:
                return
            costs.put(job, seat)
            self._branch(depth + 1)
            costs.take(job)


def _move(costs: Costs, busiest: int) -> bool:
    """The move after which the busier one of both devices ends earliest; within a device, to its other seats, too."""
    was, best = costs.loads[busiest], None
    least = was - _ENOUGH
    for job in costs.on(busiest):
        rest = was - costs.freed(job)
        for seat in costs.options[job]:
            if seat != costs.at[job]:
                device = costs.home[seat]
                begin = rest if device == busiest else costs.loads[device]
                end = max(rest, begin + costs.added(job, seat))
                if end < least:
                    least, best = end, (job, seat)
    if best is None:
        return False
    costs.take(best[0])
    costs.put(*best)
    return True


def _exchange(costs: Costs, busiest: int) -> bool:
    """The first exchange that helps, not the best: there are many."""
    before, own, at = costs.loads[busiest] - _ENOUGH, costs.own, costs.at
    free = [len(options) > 1 for options in costs.options]
    others = [
        (job, seat, costs.loads[costs.home[seat]])
        for job, seat in enumerate(at)
        if seat >= 0 and free[job] and costs.home[seat] != busiest
    ]
    for one in (job for job in costs.on(busiest) if free[job]):
        mine = at[one]
        rest, row = before - own[one][mine], own[one]
        for other, theirs, load in others:
            # What the batches cost is left out of this first look.
            if (
                rest + own[other][mine] < before
                and load - own[other][theirs] + row[theirs] < before
                and _exchanged(costs, one, other)
            ):
                return True
    return False


def _exchanged(costs: Costs, one: int, other: int) -> bool:
    """Exchange two jobs if the busier one of their devices ends earlier then."""
    here, there = costs.home[costs.at[one]], costs.home[costs.at[other]]
    before = max(costs.loads[here], costs.loads[there])
    mine, theirs = costs.take(one), costs.take(other)
    costs.put(one, theirs)
    costs.put(other, mine)
    if max(costs.loads[here], costs.loads[there]) < before - _ENOUGH:
        return True
    costs.take(one)
    costs.take(other)
    costs.put(one, mine)
    costs.put(other, theirs)
    return False
