"""A score's place among the scores of a reference distribution."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def rank(score: float, reference: Sequence[float]) -> float:
    """The share of the reference that lies below the score, between 0 and 1; equals count half.

    Args:
        reference: ascending, not empty; such as the quantiles of many scores.
    """
    below, to = bisect_left(reference, score), bisect_right(reference, score)
    return (below + to) / 2 / len(reference)
