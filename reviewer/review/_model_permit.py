"""Whether a model may speak in a role, and from which score on; for a screen, together with the risk of the hunk."""

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

    def counts(self, score: float, evidence: float = 0.0) -> bool:
        """Whether it is high enough.

        Args:
            evidence: see `joint`.
        """
        return self.joint(score, evidence) >= self.threshold

    def probability(self, score: float, evidence: float = 0.0) -> float:
        """That something is there, as the exam found; what the model itself says, if there was no exam."""
        joint = self.joint(score, evidence)
        if self.calibration is not None:
            return self.calibration.probability(joint)
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, joint))))

    def joint(self, score: float, evidence: float) -> float:
        """The score that, with no evidence beside it, would mean the same as this one with it.

        Both are log-odds, which add up for what is independent given the truth (Bayes). The exam found how much a score is
        worth: `Calibration.slope` to one. A score that is worth nothing is left as it is, or the evidence alone would decide.

        Args:
            evidence: log-odds of a defect from elsewhere; see `reviewer.classify.rank_odds`.
        """
        slope = 1.0 if self.calibration is None else self.calibration.slope
        return score + evidence / slope if slope > 0 else score


def permit(standing: Standing, *, forced: bool) -> Permit | None:
    """The permit that a standing gives; None if there is none."""
    passed = standing.state is Grade.PASSED
    if not passed and not forced:
        return None
    threshold = EVEN if standing.threshold is None else standing.threshold
    return Permit(threshold, standing.calibration, not passed)
