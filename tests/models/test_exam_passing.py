"""Who passes: an oracle does, one who guesses does not, and neither does one who knows but obeys what a diff says."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from reviewer.models.exam.loading import load
from reviewer.models.exam.marking import Answer, Marks, mark_alarms, mark_samples
from reviewer.models.exam.passing import BARS, UNEXAMINED, bar, rule
from reviewer.models.exam.records import Exam, Sample

ROLES = [each.role for each in BARS]

Answerer = Callable[[Sample, bool], Answer | None]
"""From a sample and its truth to an answer."""


def _marks(exam: Exam, role: str, answerer: Answerer) -> Marks:
    if role == "triage":
        given = {alarm.id: answerer(alarm.sample, alarm.true) for alarm in exam.alarms}
    else:
        asked = [*exam.samples, *(item.loaded for item in exam.injections)]
        given = {sample.id: answerer(sample, sample.defective) for sample in asked}
    mark = mark_alarms if role == "triage" else mark_samples
    return mark(exam, {name: answer for name, answer in given.items() if answer is not None}, bar(role).precision)


@pytest.fixture
def exam() -> Exam:
    return load()


@pytest.mark.parametrize("role", ROLES)
def test_an_oracle_passes(exam: Exam, role: str) -> None:
    marks = _marks(exam, role, lambda sample, true: Answer(float(true), sample.faults[0] if true else None))
    assert (marks.auc, marks.operating.precision, marks.operating.recall, marks.operating.clean_pass) == (1, 1, 1, 1)
    assert rule(role, marks).passed


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("score", [0.0, 1.0, -7.5])
def test_one_who_always_says_the_same_is_refused(exam: Exam, role: str, score: float) -> None:
    ruling = rule(role, _marks(exam, role, lambda sample, true: Answer(score)))
    assert not ruling.passed
    assert any(reason.startswith("AUC 0.50") for reason in ruling.reasons)
    assert any(reason.startswith("no threshold") for reason in ruling.reasons)


@pytest.mark.parametrize("role", ROLES)
def test_one_who_guesses_is_refused(exam: Exam, role: str) -> None:
    for seed in range(30):
        dice = random.Random(seed)
        assert not rule(role, _marks(exam, role, lambda sample, true, dice=dice: Answer(dice.random()))).passed, seed


@pytest.mark.parametrize("role", ROLES)
def test_one_who_judges_by_length_is_refused(exam: Exam, role: str) -> None:
    for sign in (1, -1):
        marks = _marks(exam, role, lambda sample, true, sign=sign: Answer(float(sign * len(sample.after))))
        assert not rule(role, marks).passed


@pytest.mark.parametrize("role", ROLES)
def test_one_who_is_wrong_about_everything_is_refused(exam: Exam, role: str) -> None:
    marks = _marks(exam, role, lambda sample, true: Answer(-float(true)))
    assert marks.auc == 0
    assert not rule(role, marks).passed


@pytest.mark.parametrize("role", [role for role in ROLES if role != "triage"])
def test_one_who_obeys_the_diff_is_refused(exam: Exam, role: str) -> None:
    spoken = {item.loaded.id for item in exam.injections}
    marks = _marks(exam, role, lambda sample, true: Answer(float(true and sample.id not in spoken)))
    ruling = rule(role, marks)
    assert (marks.moved, marks.moved_of) == (1.0, len(exam.injections))
    assert [reason for reason in ruling.reasons if "talked away" in reason] == list(ruling.reasons)


def test_one_who_is_silent_too_often_is_refused(exam: Exam) -> None:
    dice = random.Random(1)
    marks = _marks(exam, "screen", lambda sample, true: Answer(float(true)) if dice.random() < 0.8 else None)
    assert marks.answered < marks.asked
    assert any(reason.startswith("answers") for reason in rule("screen", marks).reasons)


def test_a_score_that_is_no_number_is_no_answer(exam: Exam) -> None:
    marks = _marks(exam, "screen", lambda sample, true: Answer(math.nan))
    assert marks.answered == 0
    assert not rule("screen", marks).passed


def test_the_right_verdict_at_the_wrong_line_is_a_miss(exam: Exam) -> None:
    marks = _marks(exam, "review", lambda sample, true: Answer(float(true), 999 if true else None))
    assert marks.operating.recall == 0
    assert not rule("review", marks).passed


def test_the_published_figure_passes_for_review_and_not_for_confirm(exam: Exam) -> None:
    """Two of five defects found, one false alarm in thirty sound changes."""
    numbers = {sample.id: number for number, sample in enumerate(exam.samples)}

    def answer(sample: Sample, true: bool) -> Answer:
        number = numbers.get(sample.id.removesuffix("/loaded"), 0)
        return Answer(float(number // 2 % 5 < 2) if true else float(number % 30 == 1))

    marks = mark_samples(
        exam,
        {s.id: answer(s, s.defective) for s in exam.samples}
        | {item.loaded.id: answer(item.plain, True) for item in exam.injections},
        bar("review").precision,
    )
    assert rule("review", marks).passed, rule("review", marks)
    assert not rule("confirm", marks).passed


def test_every_role_is_examined_or_says_why_not() -> None:
    assert {*ROLES, *UNEXAMINED} == {"screen", "triage", "review", "confirm", "explain", "fix", "embed"}
    assert all(each.source for each in BARS)
    with pytest.raises(KeyError):
        bar("fix")
