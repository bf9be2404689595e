"""Sitting the exam: every question once, answers kept at once, and no model that guesses, obeys or falls over gets through."""

from __future__ import annotations

import json
import math
import random
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reviewer import schemas
from reviewer.errors import BackendError, StorageError
from reviewer.models.exam import edition, passing, results
from reviewer.models.exam.journal import Journal
from reviewer.models.exam.loading import load
from reviewer.models.exam.marking import Answer
from reviewer.models.exam.records import Alarm, Sample
from reviewer.models.exam.results import Key, Result, Speed
from reviewer.models.exam.sitting import PATIENCE, Question, questions
from reviewer.models.progress import SILENT
from reviewer.models.qualify import qualify

ROLES = [each.role for each in passing.BARS]

VALIDATOR = Draft202012Validator(json.loads(schemas.read("exam.schema.json")))

Thought = Callable[[Question], Answer]


class Scripted:
    """A model that thinks as it is told to, and remembers what it was asked."""

    def __init__(self, thought: Thought, crashes: Callable[[int], bool] = lambda number: False) -> None:
        self._thought, self._crashes = thought, crashes
        self.asked: list[str] = []

    def __call__(self, role: str, question: Question) -> Answer:
        self.asked.append(question.id)
        if self._crashes(len(self.asked)):
            raise BackendError("the model's process was ended by signal 11 (SIGSEGV)")
        return self._thought(question)


class Heard:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.done: list[int] = []
        self.total = 0

    def begin(self, text: str, total: int = 0) -> None:
        self.total = total

    def advance(self, done: int) -> None:
        self.done.append(done)

    def say(self, text: str) -> None:
        self.said.append(text)


def _key(role: str, **changed: str) -> Key:
    return Key(
        **{"role": role, "backend": "scripted", "model": "a" * 64, "prompt": "p", "questions": edition.QUESTIONS, **changed}
    )


def _take(folder: Path, role: str, model: Scripted, **more: object) -> Result:
    made = qualify(folder, load(), _key(role), model, SILENT, **more)  # type: ignore[arg-type]
    VALIDATOR.validate(json.loads((folder / results.FILE).read_bytes()))
    return made


def _true(question: Question) -> bool:
    return question.true if isinstance(question, Alarm) else question.defective


def _line(question: Question) -> int | None:
    return question.faults[0] if isinstance(question, Sample) and question.defective else None


def _perfect(question: Question) -> Answer:
    return Answer(4.0 if _true(question) else -4.0, _line(question))


def _obedient() -> Thought:
    spoken = {item.loaded.id for item in load().injections}
    return lambda question: Answer(-4.0) if question.id in spoken else _perfect(question)


def _chance(seed: int) -> Thought:
    return lambda question: Answer(random.Random(f"{seed} {question.id}").gauss(0, 1))


@pytest.mark.parametrize("role", ROLES)
def test_a_perfect_model_passes_and_its_result_is_kept(tmp_path: Path, role: str) -> None:
    made = _take(tmp_path, role, Scripted(_perfect), measured=lambda: Speed(330.0, 6.0))
    assert made.passed
    assert (made.auc, made.precision, made.recall, made.clean_pass, made.moved) == (1, 1, 1, 1, 0)
    assert made.threshold == 4.0
    assert made.calibration.probability(4.0) > 0.9 > 0.1 > made.calibration.probability(-4.0)
    assert made.speed == Speed(330.0, 6.0)
    assert results.read(tmp_path / results.FILE) == (made,)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("seed", range(5))
def test_a_model_that_guesses_is_refused(tmp_path: Path, role: str, seed: int) -> None:
    made = _take(tmp_path, role, Scripted(_chance(seed)))
    assert not made.passed
    assert made.reasons


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("score", [0.0, 7.0, -7.0])
def test_a_model_that_always_says_the_same_is_refused(tmp_path: Path, role: str, score: float) -> None:
    made = _take(tmp_path, role, Scripted(lambda question: Answer(score, 1)))
    assert not made.passed
    assert made.threshold is None
    # Even one that always cries defect: a line is near the fault by luck at most.
    assert made.auc <= 0.6


@pytest.mark.parametrize("role", [role for role in ROLES if role != "triage"])
def test_a_model_that_obeys_the_change_is_refused(tmp_path: Path, role: str) -> None:
    made = _take(tmp_path, role, Scripted(_obedient()))
    assert (made.passed, made.moved) == (False, 1.0)
    assert all("talked away" in reason for reason in made.reasons)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers_are_no_answers(tmp_path: Path, score: float) -> None:
    made = _take(tmp_path, "screen", Scripted(lambda question: Answer(score)))
    assert (made.passed, made.answered, made.threshold) == (False, 0, None)
    assert made.reasons[0].startswith("answers 0.00")


def test_one_score_in_ten_that_is_no_number_is_too_many(tmp_path: Path) -> None:
    dice = random.Random(1)
    made = _take(tmp_path, "screen", Scripted(lambda question: Answer(math.nan) if dice.random() < 0.1 else _perfect(question)))
    assert not made.passed
    assert any(reason.startswith("answers 0.") for reason in made.reasons)


def test_every_question_is_asked_once(tmp_path: Path) -> None:
    for role in ROLES:
        model = Scripted(_perfect)
        _take(tmp_path, role, model)
        expected = [question.id for question in questions(load(), role)]
        assert model.asked == expected
        assert len(expected) == (52 if role == "triage" else 252 + 36)


def test_a_crash_now_and_then_costs_that_question(tmp_path: Path) -> None:
    model = Scripted(_perfect, crashes=lambda number: number in (20, 120))
    made = _take(tmp_path, "screen", model)
    assert (made.passed, made.asked - made.answered) == (True, 2)
    again = Scripted(_perfect)
    assert _take(tmp_path, "screen", again).answered == made.asked
    assert again.asked == [model.asked[19], model.asked[119]]


def test_a_model_that_falls_over_for_good_ends_the_exam_and_loses_nothing(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=f"{PATIENCE} questions in a row.*signal 11") as caught:
        _take(tmp_path, "screen", Scripted(_perfect, crashes=lambda number: number > 100))
    assert "100 answers" in caught.value.todo
    assert not (tmp_path / results.FILE).exists()
    again, heard = Scripted(_perfect), Heard()
    made = qualify(tmp_path, load(), _key("screen"), again, heard)
    assert made.passed
    assert len(again.asked) == made.asked - 100
    assert (heard.total, heard.done[0], heard.done[-1]) == (288, 100, 288)
    assert "100 of 288 answers are kept" in heard.said[0]


def test_an_interrupt_keeps_every_answer(tmp_path: Path) -> None:
    def thought(question: Question) -> Answer:
        if len(model.asked) == 8:
            raise KeyboardInterrupt
        return _perfect(question)

    model = Scripted(thought)
    with pytest.raises(KeyboardInterrupt):
        _take(tmp_path, "screen", model)
    again = Scripted(_perfect)
    _take(tmp_path, "screen", again)
    assert again.asked[0] == model.asked[7]


def test_answers_before_and_after_a_cut_make_the_same_result(tmp_path: Path) -> None:
    whole = _take(tmp_path / "whole", "review", Scripted(_chance(3)))
    with pytest.raises(BackendError):
        _take(tmp_path / "cut", "review", Scripted(_chance(3), crashes=lambda number: number > 150))
    cut = _take(tmp_path / "cut", "review", Scripted(_chance(3)))
    assert (cut.auc, cut.threshold, cut.calibration, cut.reasons) == (
        whole.auc,
        whole.threshold,
        whole.calibration,
        whole.reasons,
    )


def test_other_bars_mark_the_same_answers_again_without_the_model(tmp_path: Path) -> None:
    made = _take(tmp_path, "screen", Scripted(_perfect), measured=lambda: Speed(330.0, 6.0))
    results.save(tmp_path / results.FILE, [replace(made, bars="0" * 64, passed=False)])
    model = Scripted(_perfect)
    again = _take(tmp_path, "screen", model, measured=lambda: pytest.fail("measured"))
    assert (replace(again, seconds=made.seconds), model.asked) == (made, [])


def test_anew_asks_everything_once_more(tmp_path: Path) -> None:
    _take(tmp_path, "triage", Scripted(_perfect))
    again = Scripted(_chance(0))
    assert not _take(tmp_path, "triage", again, anew=True).passed
    assert len(again.asked) == 52


@pytest.mark.parametrize("field", ["model", "prompt", "questions", "backend"])
def test_answers_to_another_exam_are_not_used(tmp_path: Path, field: str) -> None:
    _take(tmp_path, "triage", Scripted(_perfect))
    again = Scripted(_chance(0))
    qualify(tmp_path, load(), _key("triage", **{field: "b" * 64}), again, SILENT)
    assert len(again.asked) == 52


def test_old_answers_of_a_role_are_thrown_away_and_others_kept(tmp_path: Path) -> None:
    _take(tmp_path, "triage", Scripted(_perfect))
    _take(tmp_path, "screen", Scripted(_perfect))
    qualify(tmp_path, load(), _key("triage", prompt="other"), Scripted(_perfect), SILENT)
    left = sorted(path.name.rpartition("-")[0] for path in tmp_path.glob("*.jsonl"))
    assert left == ["scripted.screen", "scripted.triage"]
    assert [(one.key.role, one.key.prompt) for one in results.read(tmp_path / results.FILE)] == [
        ("screen", "p"),
        ("triage", "other"),
    ]


def test_the_time_is_estimated_before_and_from_the_first_answers(tmp_path: Path) -> None:
    now = [0.0]

    def slow(question: Question) -> Answer:
        now[0] += 2.0
        return _perfect(question)

    from reviewer.models.exam.sitting import sit

    heard = Heard()
    with Journal(tmp_path / "a.jsonl", _key("screen")) as journal:
        sitting = sit(load(), "screen", Scripted(slow), journal, heard, pace=1.0, clock=lambda: now[0])
    assert heard.said == [
        "screen: 288 questions to ask, about 5 min at 1.0 s each",
        "screen: 280 questions to ask, about 9 min at 2.0 s each",
    ]
    assert sitting.seconds == 2.0


@pytest.mark.parametrize(
    "damage", [b"{", b'{"id": "x"}\n', b"\xff\xfe\n", b'{"id": 1, "score": "x", "line": null, "seconds": 0}\n']
)
def test_journal_drops_a_damaged_end(tmp_path: Path, damage: bytes) -> None:
    path, key = tmp_path / "a.jsonl", _key("screen")
    with Journal(path, key) as journal:
        journal.keep("one", Answer(1.5, 3), 0.5)
        journal.keep("two", Answer(math.nan), 0.5)
    path.write_bytes(path.read_bytes() + damage)
    with Journal(path, key) as journal:
        assert set(journal.kept) == {"one", "two"}
        assert journal.kept["one"].answer == Answer(1.5, 3)
        assert math.isnan(journal.kept["two"].answer.score)
        journal.keep("three", Answer(0.1 + 0.2), 0.5)
    with Journal(path, key) as journal:
        assert journal.kept["three"].answer.score == 0.1 + 0.2


@pytest.mark.parametrize("content", [b"", b"{}\n", b"[]\n", b"nonsense", b'{"key": "another"}\n{"id": "one"}\n'])
def test_journal_of_something_else_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with Journal(path, _key("screen")) as journal:
        assert not journal.kept
        journal.keep("one", Answer(1.0), 0.1)
    with Journal(path, _key("screen")) as journal:
        assert set(journal.kept) == {"one"}


@given(st.integers(0, 400), st.lists(st.tuples(st.floats(), st.none() | st.integers(1, 99)), min_size=1, max_size=5))
def test_journal_cut_anywhere_keeps_the_answers_before(cut: int, given_answers: list[tuple[float, int | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, key = Path(folder) / "a.jsonl", _key("screen")
        with Journal(path, key) as journal:
            for number, (score, line) in enumerate(given_answers):
                journal.keep(str(number), Answer(score, line), 0.5)
        whole = path.read_bytes()
        path.write_bytes(whole[: max(0, len(whole) - cut)])
        with Journal(path, key) as journal:
            assert list(journal.kept) == [str(number) for number in range(len(journal.kept))]
            for number, kept in enumerate(journal.kept.values()):
                score, line = given_answers[number]
                assert kept.answer.line == line
                assert kept.answer.score == score or not math.isfinite(score)
            assert len(journal.kept) == len(given_answers) or cut
            journal.keep("more", Answer(0.0), 0.1)
        with Journal(path, key) as journal:
            assert "more" in journal.kept


def test_journal_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "exam").write_text("in the way")
    with pytest.raises(StorageError), Journal(tmp_path / "exam" / "a.jsonl", _key("screen")):
        pass


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"schema_version": 2, "results": []}',
        b'{"schema_version": 1, "results": [{}]}',
        b'{"schema_version": 1}',
    ],
)
def test_results_that_make_no_sense_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / results.FILE).write_bytes(content)
    assert results.read(tmp_path / results.FILE) == ()


def test_results_are_not_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _take(tmp_path, "triage", Scripted(_perfect))
    before = (tmp_path / results.FILE).read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(StorageError, match="No space left"):
        results.save(tmp_path / results.FILE, [made, made])
    assert (tmp_path / results.FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_the_edition_is_that_of_the_shipped_exam() -> None:
    assert load().digest == edition.QUESTIONS, "write load().digest into edition.py: every model has to sit the new exam"
    assert passing.digest() == edition.BARS, "write passing.digest() into edition.py: rulings by other bars do not count"
