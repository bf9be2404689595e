"""From which score on a model counts, with and without evidence beside it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.models.exam.calibration import Calibration
from reviewer.review._model_permit import Permit

NUMBERS = st.floats(-50.0, 50.0)


@given(NUMBERS, NUMBERS, st.floats(0.01, 5.0), NUMBERS)
def test_evidence_adds_to_the_odds_that_the_exam_found(score: float, evidence: float, slope: float, offset: float) -> None:
    permit = Permit(0.0, Calibration(slope, offset), forced=False)
    assert permit.calibration is not None
    expected = 1 / (1 + math.exp(-max(-700.0, min(700.0, slope * score + offset + evidence))))
    assert permit.probability(score, evidence) == pytest.approx(expected)


@given(NUMBERS, NUMBERS)
def test_a_score_that_is_worth_nothing_is_not_replaced_by_the_evidence(score: float, evidence: float) -> None:
    permit = Permit(1.0, Calibration(0.0, 0.3), forced=True)
    assert permit.counts(score, evidence) == permit.counts(score) == (score >= 1.0)


def test_a_model_without_an_exam_speaks_in_log_odds_itself() -> None:
    permit = Permit(0.0, None, forced=True)
    assert permit.counts(-1.0, 1.0)
    assert not permit.counts(-1.0, 0.5)
    assert permit.probability(-1.0, 1.0) == pytest.approx(0.5)
