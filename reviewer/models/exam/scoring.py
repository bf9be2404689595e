"""Figures of a list of scores whose truth is known. Pure arithmetic, no model."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """One answered question."""

    group: str
    """Questions on the same code: they are never split between choosing a threshold and judging by it."""
    score: float
    """Larger means more suspicious."""
    true: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """What some decisions came to."""

    hits: int
    false_alarms: int
    misses: int
    passes: int
    """Sound changes that were let through."""

    @property
    def precision(self) -> float:
        """Of what was flagged, the share that is true; 0 if nothing was flagged."""
        return _share(self.hits, self.false_alarms)

    @property
    def recall(self) -> float:
        return _share(self.hits, self.misses)

    @property
    def clean_pass(self) -> float:
        return _share(self.passes, self.false_alarms)


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else 0.0


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that a true one scores above a false one, ties counting half (Mann-Whitney). 0.5 if a side is empty."""
    if not positive or not negative:
        return 0.5
    ranked = sorted([(score, 1) for score in positive] + [(score, 0) for score in negative])
    total, below, start = 0.0, 0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        high = sum(side for _, side in ranked[start:end])
        low = end - start - high
        total, below, start = total + high * (below + low / 2), below + low, end
    return total / (len(positive) * len(negative))


def area(points: Iterable[Point]) -> float:
    """AUC of points."""
    split: tuple[list[float], list[float]] = ([], [])
    for point in points:
        split[point.true].append(point.score)
    return auc(split[1], split[0])


def least_area(value: float, positives: int, negatives: int) -> float:
    """Lower end of the two-sided 95 % interval of an AUC (Hanley and McNeil, Radiology 143, 1982). 0 if a side is empty."""
    if not positives or not negatives:
        return 0.0
    q1, q2 = value / (2 - value), 2 * value * value / (1 + value)
    variance = value * (1 - value) + (positives - 1) * (q1 - value**2) + (negatives - 1) * (q2 - value**2)
    return value - 1.96 * math.sqrt(max(variance, 0.0) / (positives * negatives))


def luck(value: float, positives: int, negatives: int) -> float:
    """Probability that a guess has at least this AUC (normal approximation of Mann and Whitney, 1947). 1 if a side is empty."""
    if not positives or not negatives:
        return 1.0
    deviation = math.sqrt((positives + negatives + 1) / (12 * positives * negatives))
    return math.erfc((value - 0.5) / deviation / math.sqrt(2)) / 2


def counts(points: Iterable[Point], threshold: float) -> Counts:
    """Decisions at a threshold: a score at or above it is flagged."""
    return tally((point.score >= threshold, point.true) for point in points)


def tally(decisions: Iterable[tuple[bool, bool]]) -> Counts:
    """Count (flagged, true)."""
    cells = [0, 0, 0, 0]
    for flagged, true in decisions:
        cells[2 * (not flagged) + (flagged != true)] += 1
    return Counts(hits=cells[0], false_alarms=cells[1], passes=cells[2], misses=cells[3])


def threshold(points: Sequence[Point], precision: float) -> float:
    """The lowest score at which at least this share of the flagged is true; infinite if there is none."""
    best, hits, flagged = math.inf, 0, 0
    ordered = sorted(points, key=lambda point: -point.score)
    for number, point in enumerate(ordered):
        hits, flagged = hits + point.true, flagged + 1
        last = number + 1 == len(ordered) or ordered[number + 1].score < point.score
        if last and math.isfinite(point.score) and hits >= precision * flagged:
            best = point.score
    return best


def held_out(points: Sequence[Point], precision: float) -> Counts:
    """Decisions on each fold at the threshold that the other folds chose, so that no answer judges itself."""
    decisions: list[tuple[bool, bool]] = []
    for number in range(FOLDS):
        chosen = threshold([point for point in points if fold(point.group) != number], precision)
        decisions += [(point.score >= chosen, point.true) for point in points if fold(point.group) == number]
    return tally(decisions)


def fold(group: str) -> int:
    """A group's fold, the same on every machine."""
    return hashlib.sha256(group.encode()).digest()[0] % FOLDS
