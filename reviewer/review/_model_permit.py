"""Whether a model may speak in a role, and from which score on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reviewer.models.exam.calibration import Calibration
from reviewer.models.roles import Grade, Standing

EVEN = 0.0
"""Log-odds from which on a forced model is heard whose exam chose no threshold: where it itself leans to a defect."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A role that a model has."""

    threshold: float
    """Log-odds from which on it counts."""
    calibration: Calibration | None
    forced: bool
    """The user lets it speak although it did not pass."""

    def counts(self, score: float) -> bool:
        return score >= self.threshold

    def probability(self, score: float) -> float:
        """That something is there, as the exam found; what the model itself says, if there was no exam."""
        if self.calibration is not None:
            return self.calibration.probability(score)
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, score))))


def permit(standing: Standing, *, forced: bool) -> Permit | None:
    """The permit that a standing gives; None if there is none."""
    passed = standing.state is Grade.PASSED
    if not passed and not forced:
        return None
    threshold = EVEN if standing.threshold is None else standing.threshold
    return Permit(threshold, standing.calibration, not passed)
