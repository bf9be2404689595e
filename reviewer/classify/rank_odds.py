"""What a rank of risk is worth as evidence: how much it raises or lowers the odds that a hunk has a defect."""

from __future__ import annotations

import math

SLOPE = 0.453
OFFSET = -0.237
"""Log-odds of "had to be fixed within 548 days" against those of all hunks = SLOPE * log(rank / (1 - rank)) + OFFSET: the
likeliest curve over 142,498 hunks, each ranked by a model that had not seen its repository (training/MODEL_CARD.md, "Rank and
odds")."""

EDGE = 0.005
"""Nearest that a rank counts to 0 or 1; beyond that the curve was never seen. So the odds change by a factor of .07 to 8.7."""


def log_odds(rank: float | None) -> float:
    """The natural logarithm of the factor by which a rank changes the odds of a defect; 0 where no rank is known."""
    if rank is None:
        return 0.0
    inside = min(max(rank, EDGE), 1 - EDGE)
    return SLOPE * math.log(inside / (1 - inside)) + OFFSET
