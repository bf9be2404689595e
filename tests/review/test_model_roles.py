"""The questions of the exam are those of the gate, and an answer of the exam is worth what it would be worth in a review."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reviewer.backends._schema import admits
from reviewer.backends.interface import Written
from reviewer.models.exam.loading import load
from reviewer.models.exam.passing import BARS
from reviewer.models.exam.records import Alarm, Sample
from reviewer.review import _model_roles as roles
from reviewer.review._model_canary import canary
from reviewer.review._model_context import Context, contexts
from reviewer.review._model_exam import claim, hunk_and_source
from reviewer.review._model_statements import LEAST_QUOTE, stated
from reviewer.review._model_taxonomy import TAXONOMY

EXAM = load()
PAIR = next(pair for pair in EXAM.pairs if pair.id == "python-thumbnail-command")


class Fake:
    """Chooses by a text, writes what it is told, and remembers what it was asked."""

    def __init__(self, suspects: str, answer: str = "") -> None:
        self.suspects = suspects
        self.answer = answer
        self.asked: list[tuple[str, ...]] = []

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        self.asked.append((system, material, question, *options))
        sure = math.log(0.9) if self.suspects in material else math.log(0.1)
        return [sure, math.log(1 - math.exp(sure))]

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, deadline: float
    ) -> Written:
        self.asked.append((system, material, question))
        return Written(self.answer, 9, True)


def test_every_role_with_an_exam_has_a_question_and_a_digest_of_its_own() -> None:
    assert {bar.role for bar in BARS} == set(roles.ASKED)
    assert len({roles.prompt_digest(role) for role in roles.ASKED}) == len(roles.ASKED)
    with pytest.raises(KeyError):
        roles.prompt_digest("embed")


@pytest.mark.parametrize("changed", ["CEILING", "LAYOUT", "FLOOR"])
def test_digest_changes_with_what_is_told(monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    before = [roles.prompt_digest(role) for role in roles.ASKED]
    monkeypatch.setattr(roles, changed, getattr(roles, changed) + 1)
    assert not set(before) & {roles.prompt_digest(role) for role in roles.ASKED}


def test_digest_changes_with_the_taxonomy_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {role: roles.prompt_digest(role) for role in roles.ASKED}
    monkeypatch.setattr(roles, "TAXONOMY", TAXONOMY[1:])
    assert {role for role in roles.ASKED if roles.prompt_digest(role) != before[role]} == {"review"}


@pytest.mark.parametrize("sample", EXAM.samples, ids=lambda sample: sample.id)
def test_a_sample_is_shown_as_the_hunk_that_it_would_be(sample: Sample) -> None:
    hunk, source = hunk_and_source(sample)
    assert [line.new_number for line in hunk.added] == list(sample.added)
    after = sample.after.split("\n")
    assert all(line.text.decode() == after[line.new_number - 1] for line in hunk.lines if line.new_number)
    (context,) = contexts(hunk, source)
    assert {row.line for row in context.labels.values()} == {n for n in sample.added if after[n - 1].strip()}


def test_screen_asks_what_the_gate_asks() -> None:
    fake = Fake("shell=True")
    assert roles.ask("screen", PAIR.first, fake, 0.0).score == pytest.approx(math.log(9))
    assert roles.ask("screen", PAIR.second, fake, 0.0).score == pytest.approx(-math.log(9))
    question = roles.screen(contexts(*hunk_and_source(PAIR.first))[0])
    assert fake.asked[0] == (question.system, question.material, question.question, *question.options)


def test_review_scores_what_would_be_heard() -> None:
    (context,) = contexts(*hunk_and_source(PAIR.first))
    label = next(label for label, row in context.labels.items() if "shell=True" in row.text)

    def said(code: str) -> str:
        return f'{{"verdict": "defect", "defects": [{{"line": {label}, "kind": "injection", "code": "{code}", "why": "w"}}]}}'

    heard = roles.ask("review", PAIR.first, Fake("shell", said("shell=True, check")), 0.0)
    assert (heard.score, heard.line) == (pytest.approx(math.log(9)), PAIR.first.faults[0] + 1)
    unheard = roles.ask("review", PAIR.first, Fake("shell", said("os.system")), 0.0)
    assert (unheard.score, unheard.line) == (roles.SILENT, None)
    calm = Fake("nothing")
    assert roles.ask("review", PAIR.first, calm, 0.0).score == pytest.approx(-math.log(9))
    assert all(len(asked) == 5 for asked in calm.asked), "nothing is written where the verdict is that all is well"


def test_triage_asks_what_the_rule_says_where_it_says_it() -> None:
    alarm = EXAM.alarms[0]
    fake = Fake("")
    roles.ask("triage", alarm, fake, 0.0)
    ((_, material, question, *_),) = fake.asked
    line, words = claim(alarm)
    assert line == alarm.line
    assert words in question
    label = question.split("new line ")[1].split(":")[0]
    wanted = alarm.sample.after.split("\n")[line - 1]
    assert f"\n{label}+ {wanted}\n" in material


@pytest.mark.parametrize("alarm", EXAM.alarms, ids=lambda alarm: alarm.id)
def test_every_alarm_can_be_asked(alarm: Alarm) -> None:
    assert math.isfinite(roles.ask("triage", alarm, Fake(""), 0.0).score)


def test_claims_do_not_tell_which_are_true() -> None:
    for pair in EXAM.pairs:
        (line, words), (other_line, other_words) = claim(pair.first), claim(pair.second)
        assert {line} <= set(pair.first.added)
        assert {other_line} <= set(pair.second.added)
        if pair.defect:
            assert words == other_words == next(f"{one.name}: {one.hint}." for one in TAXONOMY if one.name == pair.defect)
    assert all(math.isfinite(roles.ask("confirm", sample, Fake(""), 0.0).score) for sample in EXAM.samples)
    assert all(math.isfinite(roles.ask("confirm", item.loaded, Fake(""), 0.0).score) for item in EXAM.injections)


def test_schema_admits_new_lines_and_the_taxonomy_only() -> None:
    schema = roles.schema(canary())

    def answer(line: object, kind: str = "injection", many: int = 1) -> str:
        one = f'{{"line": {line}, "kind": "{kind}", "code": "name", "why": "w"}}'
        return f'{{"verdict": "defect", "defects": [{", ".join([one] * many)}]}}'

    assert [admits(schema, answer(line)) for line in (0, 1, 2, 3, 41, 42)] == [False, True, True, False, False, False]
    assert [admits(schema, answer(1, one.name)) for one in TAXONOMY] == [True] * len(TAXONOMY)
    assert not admits(schema, answer(1, "python-sql-string"))
    assert [admits(schema, answer(1, many=many)) for many in (0, 1, 3, 4)] == [False, True, True, False]


def _stated(context: Context, line: int, code: str) -> list[int]:
    text = f'{{"verdict": "defect", "defects": [{{"line": {line}, "kind": "other", "code": "{code}", "why": "a\\nb"}}]}}'
    return [one.row.label for one in stated(context, Written(text, 9, True)).kept]


def test_statements_hold_on_by_their_quote() -> None:
    context = canary()
    assert _stated(context, 1, "request.args['name']") == [1]
    assert _stated(context, 2, "request.args['name']") == [1], "the quote stands in one other new line"
    assert _stated(context, 2, "name") == [2], "it stands in both, and one was named"
    assert _stated(context, 1, "def find_account") == [], "a kept line is not new"
    assert _stated(context, 1, "WHERE name = ?") == [], "a removed line is not there"
    assert _stated(context, 1, "x" * (LEAST_QUOTE - 1)) == []
    assert stated(context, Written('{"verdict": "defect", "defe', 288, False)).kept == ()


def test_the_planted_defect_looks_like_any_hunk() -> None:
    material = canary().material.lower()
    assert not any(word in material for word in ("canary", "planted", "test", "hunkgate"))
    assert len(canary().labels) == 2
