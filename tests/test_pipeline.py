"""The story as a whole: what the model may do, what a broken reviewer costs, what is shown once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from conftest import Repo
from model_service import FORCED, MACHINE, defect, in_service, suspicious
from scripted_model import scripted_model

from reviewer import pipeline, sources
from reviewer.attest.summary import statement_of
from reviewer.git import Git
from reviewer.records import Disposition, Machine, Mode, Policy, Result, State, Verdict
from reviewer.review import by_rules

BAD = "import sqlite3\n\n\ndef find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")\n"
FINE = "def area(width, height):\n    return width * height\n"
REJECTS = suspicious("def area", defect(1, "other", "def area(width, height):"))


def review(repo: Repo, code: str, *, machine: Machine = FORCED, **settings: object) -> Verdict:
    repo.stage("app.py", code)
    sourced = sources.staged(Git(repo.path))
    policy = Policy(mode=Mode.BLOCK, **settings)
    return pipeline.review(replace(sourced, policy=policy), machine)


def states(verdict: Verdict) -> dict[str, tuple[State, str]]:
    return {entry.reviewer: (entry.state, entry.reason) for entry in verdict.coverage}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *REJECTS)


def test_a_model_advises_and_never_blocks(repo: Repo, model: None) -> None:
    verdict = review(repo, FINE)
    assert states(verdict)["models"] == (State.REVIEWED, "")
    assert [(j.finding.reviewer, j.disposition) for j in verdict.findings] == [("models/tiny", Disposition.NOTES)]
    assert verdict.result is Result.PASS
    assert set(verdict.identities) == {"rules", "taint", "change", "secrets", "analyzers/ruff", "models"}


def test_a_model_that_has_passed_no_exam_is_silent_and_the_report_says_why(repo: Repo, model: None) -> None:
    verdict = review(repo, FINE, machine=MACHINE)
    state, reason = states(verdict)["models"]
    assert (state, verdict.findings) == (State.SKIPPED, ())
    assert "has not taken the exam for review" in reason
    assert "models" not in verdict.identities


def test_a_forced_role_is_in_what_is_attested(repo: Repo, model: None) -> None:
    verdict = review(repo, FINE)
    assert verdict.identities["models"].endswith(" forced=screen,review")
    assert verdict.forced == ("review", "screen")
    assert statement_of(verdict, datetime.now(timezone.utc)).forced == ("review", "screen")


def test_nobody_waits_for_an_opinion_on_a_blocked_change(repo: Repo, model: None) -> None:
    verdict = review(repo, BAD)
    assert verdict.result is Result.BLOCK
    assert states(verdict)["models"] == (State.DEFERRED, "the change is blocked already")
    assert {j.finding.reviewer for j in verdict.findings} == {"rules"}


def test_a_missing_model_is_told_from_a_waiting_one(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_model(tmp_path / "m", monkeypatch, {})
    assert states(review(repo, BAD))["models"][0] is State.SKIPPED


def test_a_budget_of_nothing_defers_the_model_and_nothing_else(repo: Repo, model: None) -> None:
    verdict = review(repo, FINE, budget=0.0)
    assert states(verdict)["models"][0] is State.DEFERRED
    assert states(verdict)["rules"][0] is State.REVIEWED
    assert verdict.result is Result.INCOMPLETE


def test_a_crashed_model_is_failed_coverage(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"load": "crash"})
    verdict = review(repo, FINE)
    assert states(verdict)["models"][0] is State.FAILED
    assert verdict.result is Result.INCOMPLETE


def test_a_defect_in_a_reviewer_is_failed_coverage_and_the_others_go_on(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job: object) -> None:
        raise TypeError("a defect")

    monkeypatch.setattr(by_rules, "review", broken)
    verdict = review(repo, BAD, machine=Machine(model=""))
    assert states(verdict)["rules"] == (State.FAILED, "crashed: TypeError: a defect")
    assert states(verdict)["secrets"][0] is State.REVIEWED


def test_two_reviewers_with_one_problem_show_it_once(repo: Repo) -> None:
    verdict = review(repo, BAD, machine=Machine(model=""))
    ((judged),) = verdict.findings
    assert (judged.finding.rule, judged.finding.also) == ("python-sql-string", ("ruff/S608",))


def test_a_disabled_rule_is_silent_whoever_says_it(repo: Repo) -> None:
    verdict = review(repo, BAD, machine=Machine(model=""), disabled_rules=("python-sql-string", "ruff/S608"))
    assert verdict.findings == ()


def test_only_chosen_reviewers_appear(repo: Repo) -> None:
    verdict = review(repo, BAD, machine=Machine(model=""), reviewers=("secrets",))
    assert set(states(verdict)) == {"secrets"}
    assert verdict.result is Result.PASS


def test_the_same_change_gives_the_same_verdict(repo: Repo) -> None:
    first, second = (review(repo, BAD, machine=Machine(model="")) for _ in range(2))
    assert (first.findings, first.coverage, first.identities) == (second.findings, second.coverage, second.identities)


def test_findings_on_old_code_are_dropped_and_counted(repo: Repo) -> None:
    repo.stage("app.py", BAD)
    repo.commit()
    verdict = review(repo, BAD + "\n\ndef more():\n    return 1\n", machine=Machine(model=""))
    assert verdict.findings == ()
    assert verdict.dropped >= 1
