"""How a score is judged: AUC with its interval, a threshold set elsewhere, and a ridge head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

ROUNDS = 1000
"""Of the bootstrap, over pairs."""


def auc(labels: Any, scores: Any) -> float:
    """Chance that a positive has the higher score than a negative; a tie counts half (Mann-Whitney)."""
    labels, scores = np.asarray(labels, bool), np.asarray(scores, float)
    good, bad = scores[labels], scores[~labels]
    if not len(good) or not len(bad):
        return float("nan")
    order = np.sort(bad)
    below, upto = np.searchsorted(order, good, "left"), np.searchsorted(order, good, "right")
    return float((below + upto).sum() / 2 / (len(good) * len(bad)))


def interval(labels: Any, scores: Any, groups: Any, measure: Callable[[Any, Any], float] = auc) -> tuple[float, float]:
    """95 % interval of a measure, by drawing whole groups (pairs) with replacement."""
    labels, scores, groups = np.asarray(labels), np.asarray(scores), np.asarray(groups)
    names = np.unique(groups)
    members = [np.flatnonzero(groups == name) for name in names]
    random, found = np.random.default_rng(0), []
    for _ in range(ROUNDS):
        drawn = np.concatenate([members[at] for at in random.integers(0, len(names), len(names))])
        found.append(measure(labels[drawn], scores[drawn]))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)


def told(labels: Any, scores: Any, groups: Any) -> str:
    """The AUC and its interval as a table shows them."""
    low, high = interval(labels, scores, groups)
    return f"{auc(labels, scores):.2f} [{low:.2f}, {high:.2f}]".replace("0.", ".").replace("1..", "1.")


def threshold(labels: Any, scores: Any, alarm: float) -> float:
    """The least score at which at most the share `alarm` of the negatives lies."""
    bad = np.sort(np.asarray(scores, float)[~np.asarray(labels, bool)])[::-1]
    return float(np.nextafter(bad[int(alarm * len(bad))], np.inf))


@dataclass(frozen=True, slots=True)
class Head:
    """A linear score on standardized features."""

    mean: Any
    scale: Any
    weights: Any

    def score(self, features: Any) -> Any:
        """One number per row."""
        return ((np.asarray(features, np.float32) - self.mean) / self.scale) @ self.weights


def ridge(features: Any, labels: Any, strength: float) -> Head:
    """Ridge regression on labels of plus and minus one, in the dual form: few rows, many features.

    Args:
        strength: penalty, as a share of the mean squared length of a row.
    """
    features = np.asarray(features, np.float32)
    mean, scale = features.mean(0), features.std(0) + 1e-3
    standard = (features - mean) / scale
    kernel = standard @ standard.T
    wanted = np.where(np.asarray(labels, bool), 1.0, -1.0)
    penalty = strength * float(np.trace(kernel)) / len(kernel)
    dual = np.linalg.solve(kernel + penalty * np.eye(len(kernel)), wanted - wanted.mean())
    return Head(mean, scale, standard.T @ dual)


def within_pairs(values: Any, pairs: Any) -> Any:
    """Each row's values minus those of the other row of its pair: what is left when a change is compared with its reverse."""
    values, pairs = np.asarray(values, np.float32), np.asarray(pairs)
    other = np.empty(len(pairs), int)
    for name in np.unique(pairs):
        one, two = np.flatnonzero(pairs == name)
        other[one], other[two] = two, one
    return values - values[other]


def mean_of(names: Sequence[str], table: dict[str, Any]) -> Any:
    """The mean of some columns, each divided by its standard deviation."""
    return np.mean([table[name] / (np.std(table[name]) + 1e-9) for name in names], axis=0)
