"""Task and risk of the source hunks of a change, with a judge in the place of the network, and with the network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Repo

from reviewer import pipeline, sources
from reviewer.classify import classify_change, own_history
from reviewer.classify.answers import Asked
from reviewer.classify.model import Judgement
from reviewer.classify.ranked import ranked
from reviewer.errors import BackendError
from reviewer.git import Git
from reviewer.records import Machine, Ranking, Task

SOURCE = "def area(r):\n    return 3.14 * r * r\n"
MACHINE = Machine(model="", classifier=Ranking.ON)


@pytest.fixture
def changed(repo: Repo) -> Repo:
    repo.stage("README.md", "# a\n")
    repo.commit("first")
    repo.stage("area.py", SOURCE)
    repo.stage("README.md", "# b\n")
    return repo


def judge(asked: Sequence[Asked]) -> list[Judgement]:
    assert [one.hunk.path for one in asked] == [b"area.py"]
    assert {one.context["c_files"] for one in asked} == {2.0}
    return [Judgement((0.7, 0.2, 0.1), 0.6) for _ in asked]


def test_only_source_is_ranked(changed: Repo) -> None:
    change = sources.staged(Git(changed.path)).change
    found, why = ranked(change, classify_change(change), judge=judge)
    assert why == ""
    assert found[b"README.md", 1].risk is None
    source = found[b"area.py", 1]
    assert (source.task, source.purpose, source.risk) == (Task.CODE, "feature", 0.6)
    assert source.reasons[-2:] == ("looks like a feature", "riskier than 60% of the hunks that the classifier was trained on")


def test_own_history_is_what_counts_if_there_is_one(changed: Repo) -> None:
    change = sources.staged(Git(changed.path)).change
    found, _ = ranked(change, classify_change(change), own=(0.1, 0.2, 0.3, 0.65), judge=judge)
    assert found[b"area.py", 1].risk == 0.75
    assert found[b"area.py", 1].reasons[-1] == "riskier than 75% of the hunks of this repository's own history"


def test_who_is_not_sure_says_no_purpose(changed: Repo) -> None:
    change = sources.staged(Git(changed.path)).change
    found, _ = ranked(change, classify_change(change), judge=lambda asked: [Judgement((0.4, 0.3, 0.3), 0.6) for _ in asked])
    assert found[b"area.py", 1].purpose == ""


def test_nobody_is_asked_if_rules_decided_all(repo: Repo) -> None:
    repo.stage("README.md", "# a\n")
    change = sources.staged(Git(repo.path)).change
    profiles = classify_change(change)
    assert ranked(change, profiles, judge=lambda asked: pytest.fail("asked")) == (profiles, "")


def test_without_a_classifier_the_profiles_stay_and_the_reason_is_told(changed: Repo) -> None:
    def missing(asked: Sequence[Asked]) -> list[Judgement]:
        raise BackendError("OpenVINO is not installed", todo="Install it.")

    change = sources.staged(Git(changed.path)).change
    profiles = classify_change(change)
    assert ranked(change, profiles, judge=missing) == (profiles, "hunks were not ranked: OpenVINO is not installed; Install it.")


def test_a_review_ranks_with_the_shipped_network(changed: Repo) -> None:
    verdict = pipeline.review(sources.staged(Git(changed.path)), MACHINE)
    risk = verdict.profiles[b"area.py", 1].risk
    assert risk is not None
    assert 0 <= risk <= 1


@pytest.mark.parametrize(
    "machine", [replace(MACHINE, classifier=Ranking.OFF, larger_model="x"), replace(MACHINE, classifier=Ranking.AUTO)]
)
def test_a_review_that_has_no_use_for_it_does_not_rank(changed: Repo, machine: Machine) -> None:
    verdict = pipeline.review(sources.staged(Git(changed.path)), machine)
    assert verdict.profiles[b"area.py", 1].risk is None


def test_calibrate_ranks_against_the_own_history(repo: Repo, tmp_path: Path) -> None:
    repo.stage("a0.py", SOURCE)
    repo.commit("first")
    done = repo.hunkgate("calibrate")
    assert done.returncode == 2
    assert f"1 hunks of source in 1 commits are too few; {own_history.LEAST} are needed" in done.stderr
    for number in range(1, 5):
        for file in range(60):
            repo.stage(f"pkg{number}/m{file}.py", SOURCE * (1 + (file + number) % 7))
        repo.commit(f"more {number}")
    done = repo.hunkgate("calibrate", "--commits", "50")
    assert (done.returncode, done.stderr) == (0, "")
    assert "calibrated on 241 hunks of 5 commits" in done.stdout
    repo.stage("new.py", SOURCE)
    done = repo.hunkgate(
        "review", "--format", "json", "--reviewers", "rules", env={"HUNKGATE_CONFIG": str(own_settings(tmp_path))}
    )
    (profile,) = json.loads(done.stdout)["profiles"]
    assert "of this repository's own history" in profile["reasons"][-1]
    assert 0 <= profile["risk"] <= 1


def own_settings(folder: Path) -> Path:
    file = folder / "own.toml"
    file.write_text('classifier = "on"\nmodel = ""\n')
    return file


def test_calibrate_without_a_commit(repo: Repo) -> None:
    done = repo.hunkgate("calibrate")
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert done.stderr
