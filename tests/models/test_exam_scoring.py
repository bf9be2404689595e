"""The arithmetic of the exam against slow and obvious versions of itself."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.models.exam.calibration import Calibration, fit
from reviewer.models.exam.scoring import FOLDS, Point, area, auc, counts, fold, held_out, least_area, luck, threshold

scores = st.lists(st.floats(-5, 5).map(lambda value: round(value, 1)), max_size=25)
points = st.lists(
    st.builds(Point, st.integers(0, 9).map(str), st.floats(-9, 9).map(lambda value: round(value, 1)), st.booleans()), max_size=40
)
labelled = st.lists(st.tuples(st.floats(-1000, 1000), st.booleans()), min_size=1, max_size=40)


@given(scores, scores)
def test_auc_is_the_share_of_pairs_in_order(positive: list[float], negative: list[float]) -> None:
    won = [(p > n) + (p == n) / 2 for p in positive for n in negative]
    assert auc(positive, negative) == pytest.approx(sum(won) / len(won) if won else 0.5)


@given(points)
def test_area_turns_round_with_the_scores(some: list[Point]) -> None:
    assert area(some) + area([Point(p.group, -p.score, p.true) for p in some]) == pytest.approx(1.0)


@given(points, st.floats(0.05, 1))
def test_threshold_is_the_lowest_that_is_precise_enough(some: list[Point], precision: float) -> None:
    good = [p.score for p in some if counts(some, p.score).precision >= precision]
    assert threshold(some, precision) == min(good, default=math.inf)


@given(points, st.floats(-9, 9))
def test_counts_counts_everybody_once(some: list[Point], limit: float) -> None:
    made = counts(some, limit)
    assert made.hits + made.misses == sum(p.true for p in some)
    assert made.false_alarms + made.passes == sum(not p.true for p in some)
    assert made.hits == sum(p.true and p.score >= limit for p in some)
    assert all(0 <= share <= 1 for share in (made.precision, made.recall, made.clean_pass))


def test_threshold_never_takes_an_answer_that_is_none() -> None:
    assert threshold([Point("a", -math.inf, True)], 0.5) == math.inf


def test_held_out_judges_no_answer_by_a_threshold_it_chose() -> None:
    one = Point("one", 1.0, True)
    assert counts([one], threshold([one], 0.5)).hits == 1
    assert held_out([one], 0.5).hits == 0


def test_held_out_finds_what_is_there_in_every_fold() -> None:
    some = [Point(str(number), float(number % 2), number % 2 == 1) for number in range(100)]
    made = held_out(some, 0.9)
    assert (made.hits, made.false_alarms, made.misses, made.passes) == (50, 0, 0, 50)


def test_folds_are_all_used() -> None:
    assert {fold(str(number)) for number in range(100)} == set(range(FOLDS))


def test_least_area_shrinks_with_fewer_answers() -> None:
    assert least_area(0.7, 10, 10) < least_area(0.7, 100, 100) < 0.7
    assert least_area(1.0, 50, 50) == pytest.approx(1.0)
    assert least_area(0.9, 0, 5) == 0.0


def test_luck_is_the_share_of_guessers_that_do_as_well() -> None:
    dice = random.Random(2)
    guesses = [auc([dice.random() for _ in range(12)], [dice.random() for _ in range(20)]) for _ in range(2000)]
    for value in (0.5, 0.6, 0.7):
        assert sum(guess >= value for guess in guesses) / 2000 == pytest.approx(luck(value, 12, 20), abs=0.03)
    assert luck(1.0, 0, 5) == 1.0


def test_least_area_holds_the_interval_that_was_published() -> None:
    # Hanley and McNeil 1982: area .893 with 51 abnormal and 58 normal cases has standard error .0320.
    assert (0.893 - least_area(0.893, 51, 58)) / 1.96 == pytest.approx(0.032, abs=1e-3)


@given(labelled)
def test_calibration_never_falls_with_the_score(answers: list[tuple[float, bool]]) -> None:
    made = fit([score for score, _ in answers], [true for _, true in answers])
    curve = [made.probability(score) for score in range(-1000, 1001, 50)]
    assert made.slope >= 0
    assert all(0 <= low <= high <= 1 for low, high in pairwise(curve))


@given(labelled)
def test_calibration_keeps_the_smoothed_base_rate(answers: list[tuple[float, bool]]) -> None:
    truth = [true for _, true in answers]
    made = fit([score for score, _ in answers], truth)
    high, low = (sum(truth) + 1) / (sum(truth) + 2), 1 / (truth.count(False) + 2)
    mean = sum(made.probability(score) for score, _ in answers) / len(answers)
    assert mean == pytest.approx(sum(high if true else low for true in truth) / len(truth), abs=1e-3)


def test_calibration_finds_the_curve_that_made_the_answers() -> None:
    dice = random.Random(4)
    real = Calibration(1.7, -0.6)
    drawn = [dice.uniform(-4, 4) for _ in range(4000)]
    made = fit(drawn, [dice.random() < real.probability(score) for score in drawn])
    assert made.slope == pytest.approx(1.7, abs=0.2)
    assert made.offset == pytest.approx(-0.6, abs=0.2)


def test_calibration_of_scores_that_point_the_wrong_way_is_the_base_rate() -> None:
    made = fit([3.0, 2.0, 1.0, 0.0], [False, False, True, True])
    assert made.slope == 0
    assert made.probability(-100) == made.probability(100) == pytest.approx(0.5)


def test_calibration_of_nothing_is_even() -> None:
    assert fit([], []).probability(3.0) == pytest.approx(0.5)
