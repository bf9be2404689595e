"""What a rank is worth as evidence."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.classify.rank_odds import EDGE, log_odds

RANKS = st.floats(0.0, 1.0)


@given(RANKS, RANKS)
def test_a_higher_rank_is_never_less_evidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert log_odds(low) <= log_odds(high)


def test_no_rank_is_no_evidence() -> None:
    assert log_odds(None) == 0.0


def test_the_ends_say_no_more_than_was_seen() -> None:
    assert log_odds(0.0) == log_odds(EDGE) == pytest.approx(math.log(0.0717), abs=0.01)
    assert log_odds(1.0) == log_odds(1 - EDGE) == pytest.approx(math.log(8.68), abs=0.01)


def test_evidence_is_balanced_over_all_hunks() -> None:
    """With the odds of the training data the mean over all ranks is their share of risky hunks again."""
    base = math.log(0.1102 / (1 - 0.1102))
    ranks = [(number + 0.5) / 1000 for number in range(1000)]
    mean = sum(1 / (1 + math.exp(-base - log_odds(rank))) for rank in ranks) / len(ranks)
    assert mean == pytest.approx(0.1102, abs=0.003)
