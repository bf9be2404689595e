"""What models do while the deterministic reviewers are still at work."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from make_hunk import make_hunk
from model_service import FORCED, MACHINE, defect, in_service, suspicious
from platformdirs import user_cache_path

from reviewer.crew import Crew
from reviewer.errors import StorageError
from reviewer.records import Finding, Kind, Machine, Policy, Severity, State
from reviewer.records.finding import Confidence
from reviewer.review import by_models, by_rules
from reviewer.review._model_ahead import ask_ahead
from reviewer.review._model_asking import Asking
from reviewer.review._model_cache import open_cache
from reviewer.review._model_context import Library
from reviewer.review._model_parts import Parts
from reviewer.review._model_seats import Seat, open_seats
from reviewer.review._others import Others
from reviewer.review.interface import Job, Outcome

EVIL = make_hunk(b"app/db.py", " def find(c, name):", "+    q = 'select ' + name", "+    return c.execute(q)", start=10)
INJECTION = suspicious("select ' + name", defect(2, "injection", "c.execute(q)", "the name becomes part of the query"))
LONG = 60.0


class Review:
    """A review by models in a thread of its own, with the others still at work."""

    def __init__(self, folder: Path, machine: Machine = FORCED) -> None:
        (folder / "private").mkdir()
        self.others = Others()
        until = time.monotonic() + LONG
        self.job = Job([EVIL], {}, folder / "private", {}, Policy(budget=LONG), machine, until, others=self.others)
        self.said: list[Outcome] = []
        self.thread = threading.Thread(target=lambda: self.said.append(by_models.review(self.job)), daemon=True)

    def end(self) -> Outcome:
        self.thread.join(LONG / 2)
        assert not self.thread.is_alive()
        (outcome,) = self.said
        return outcome


@pytest.fixture
def answers() -> Path:
    """Where answers are kept; the home folder of a test is its own."""
    return user_cache_path("hunkgate", appauthor=False) / "answers"


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def wait_for(happened: Any) -> None:
    until = time.monotonic() + LONG
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)


def repeated() -> Finding:
    return Finding(
        "python-sql-string", Kind.SECURITY, Severity.WARNING, Confidence.HIGH, b"app/db.py", 12, 12, 1, 0,
        "    return c.execute(q)", "The query is made of text.", "Use parameters.", "CWE-89", "rules",
    )  # fmt: skip


def test_hunks_are_screened_before_the_others_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: Path) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    review = Review(tmp_path)
    review.thread.start()
    wait_for(lambda: kept(answers))
    assert len(kept(answers)) == 1
    assert review.thread.is_alive()
    review.others.settle((), blocked=False)
    outcome = review.end()
    assert [finding.rule for finding in outcome.findings] == ["model-injection"]
    assert [entry.state for entry in outcome.coverage] == [State.REVIEWED]


def test_what_the_others_say_late_still_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: Path) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    review = Review(tmp_path)
    review.thread.start()
    wait_for(lambda: kept(answers))
    review.others.settle((repeated(),), blocked=False)
    outcome = review.end()
    assert outcome.findings == []
    assert "statements of the model that repeated what others found: 1" in outcome.notes


def test_a_blocked_change_ends_a_question_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"choose": "hang"})
    review = Review(tmp_path)
    review.thread.start()
    wait_for(lambda: list((tmp_path / "private").rglob("*.stderr")))
    time.sleep(0.5)
    review.others.settle((), blocked=True)
    outcome = review.end()
    assert [(entry.state, entry.reason) for entry in outcome.coverage] == [(State.DEFERRED, by_models.BLOCKED)]
    assert (outcome.findings, outcome.identities) == ((), {})


def test_a_change_that_is_blocked_already_starts_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    review = Review(tmp_path)
    review.others.settle((), blocked=True)
    review.thread.start()
    assert [entry.reason for entry in review.end().coverage] == [by_models.BLOCKED]
    assert list((tmp_path / "private").rglob("*.stderr")) == []


def ahead(review: Review) -> Asking:
    """Asks ahead in this thread; the session is left as a review leaves it."""
    parts = Parts(Library({}), redacting=False)
    with Asking(review.job, open_cache(review.job.machine)) as asking:
        ask_ahead(review.job, open_seats(review.job.machine), parts, asking)
    return asking


def test_what_leaves_this_machine_waits_for_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    review = Review(tmp_path)
    assert [seat.name for seat in ahead(review).seats] == ["tiny"]
    monkeypatch.setattr(Seat, "remote", True)
    assert ahead(review).seats == []


@pytest.mark.parametrize("roles", [("screen",), ("review",)])
def test_nothing_is_screened_ahead_if_nobody_screens_or_nobody_reviews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roles: tuple[str, ...]
) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    assert ahead(Review(tmp_path, replace(MACHINE, forced_roles=roles))).seats == []


@pytest.mark.parametrize("manner", ["crash", "error"])
def test_what_fails_ahead_is_in_the_coverage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"choose": manner})
    review = Review(tmp_path)
    ahead(review)
    review.others.settle((), blocked=False)
    review.thread.start()
    (entry,) = review.end().coverage
    assert entry.state is State.FAILED
    assert entry.reason


def test_a_crew_that_is_left_early_leaves_nobody_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(job: Job) -> Outcome:
        raise StorageError("the disk is full")

    in_service(tmp_path / "m", monkeypatch, misbehave={"choose": "hang"})
    monkeypatch.setattr(by_rules, "review", full)
    job = Review(tmp_path).job
    crew = Crew({"rules": job, "models": job}, job.others, last="models")
    with pytest.raises(StorageError, match="the disk is full"), crew:
        crew.outcomes(["rules"])
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"rules", "models"})
    assert job.others.blocked
