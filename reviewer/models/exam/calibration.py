"""Turns the score of a model into a probability that a defect is there: Platt's two numbers, small enough to store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 100

RIDGE = 1e-9
"""Keeps the Hessian invertible when all scores are alike."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """p = 1 / (1 + exp(-(slope * score + offset))). Never falls with the score."""

    slope: float
    """At least 0: scores that point the wrong way are worth nothing, and the base rate is all that is known."""
    offset: float

    def probability(self, score: float) -> float:
        """Between 0 and 1."""
        return _logistic(self.slope * score + self.offset)


def fit(scores: Sequence[float], truth: Sequence[bool]) -> Calibration:
    """The likeliest curve, by damped Newton steps on smoothed targets.

    Targets (n+ + 1) / (n+ + 2) and 1 / (n- + 2), and the steps: Platt 1999; Lin, Lin, Weng, "A note on Platt's
    probabilistic outputs for support vector machines", Machine Learning 68 (2007), algorithm 1. Two numbers, not an isotonic
    staircase: some 200 answers are too few for one, and its flat steps tie the hunks that the route must order.
    """
    positives = sum(truth)
    high, low = (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2)
    targets = [high if true else low for true in truth]
    center = sum(scores) / len(scores) if scores else 0.0
    spread = max((abs(score - center) for score in scores), default=0.0) or 1.0
    slope, offset = _newton([(score - center) / spread for score in scores], targets)
    if slope <= 0:
        mean = sum(targets) / len(targets) if targets else 0.5
        return Calibration(0.0, math.log(mean / (1 - mean)))
    return Calibration(slope / spread, offset - slope * center / spread)


def _newton(scores: Sequence[float], targets: Sequence[float]) -> tuple[float, float]:
    slope = offset = 0.0
    loss = _loss(slope, offset, scores, targets)
    for _ in range(ROUNDS):
        step = _step(slope, offset, scores, targets)
        size = 1.0
        while size > 1e-10 and _loss(slope - size * step[0], offset - size * step[1], scores, targets) > loss:
            size /= 2
        slope, offset = slope - size * step[0], offset - size * step[1]
        fresh = _loss(slope, offset, scores, targets)
        if loss - fresh < 1e-12:
            break
        loss = fresh
    return slope, offset


def _step(slope: float, offset: float, scores: Sequence[float], targets: Sequence[float]) -> tuple[float, float]:
    """Inverse Hessian times gradient."""
    a = c = RIDGE
    b = g = h = 0.0
    for score, target in zip(scores, targets, strict=True):
        guess = _logistic(slope * score + offset)
        weight, error = guess * (1 - guess), guess - target
        a, b, c = a + weight * score * score, b + weight * score, c + weight
        g, h = g + error * score, h + error
    det = a * c - b * b
    return (c * g - b * h) / det, (a * h - b * g) / det


def _loss(slope: float, offset: float, scores: Sequence[float], targets: Sequence[float]) -> float:
    """Cross entropy in nats: log(1 + exp(z)) - target * z, without overflow."""
    logits = [slope * score + offset for score in scores]
    return sum(max(z, 0) + math.log1p(math.exp(-abs(z))) - t * z for z, t in zip(logits, targets, strict=True))


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))
