"""The seconds of a busy device are dear: prices at which each job, choosing for itself, fills all devices evenly.

That is the dual of the linear relaxation, found by multiplicative steps (Plotkin, Shmoys, Tardos: Fast approximation
algorithms for fractional packing and covering problems, 1995). It finds what lists do not: which jobs lose least on the
second-best device.
"""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.scheduling.costs import Costs

STEPS = 12
"""Rounds of prices."""

_FIRST, _SHRINK = 0.5, 0.85
"""Exponent of the first step, and by how much each further one is smaller."""

_LEAP = 3.0
"""A price changes at most by this factor (before the exponent)."""


def by_prices(costs: Costs, jobs: Sequence[int]) -> None:
    """Give each job a seat; the best of all rounds."""
    able = [job for job in jobs if costs.options[job]]
    shares = {job: [(costs.share(job, seat), seat, costs.home[seat]) for seat in costs.options[job]] for job in able}
    prices = [1.0] * len(costs.devices)
    best, kept, step = float("inf"), list(costs.at), _FIRST
    for _ in range(STEPS):
        at, loads = _chosen(costs, shares, prices)
        if max(loads) < best:
            best, kept = max(loads), at
        prices = _dearer(prices, loads, step)
        step *= _SHRINK
    costs.restore(kept)


def _chosen(
    costs: Costs, shares: dict[int, list[tuple[float, int, int]]], prices: Sequence[float]
) -> tuple[list[int], list[float]]:
    """Where each job goes at these prices, and the load of each device then."""
    at = [-1] * len(costs.jobs)
    loads = [device.free_at for device in costs.devices]
    for job, options in shares.items():
        seconds, seat, home = min(options, key=lambda one: one[0] * prices[one[2]])
        at[job] = seat
        loads[home] += seconds
    return at, loads


def _dearer(prices: Sequence[float], loads: Sequence[float], step: float) -> list[float]:
    average = max(sum(loads) / len(loads), 1e-9)
    return [price * min(max(load / average, 1 / _LEAP), _LEAP) ** step for price, load in zip(prices, loads, strict=True)]
