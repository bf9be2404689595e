"""What a range waives for itself, on the server: worth what the target says, whoever signed it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attesting import gate_hook, run
from ci_job import Target, ci, make_target, plain, table
from conftest import Repo

from reviewer.errors import ExitCode
from reviewer.records.statement import Word

BAD = "def f():\n    return eval(input())\n"


def target_of(repo: Repo, folder: Path, worth: str) -> Target:
    settings = f'mode = "block"\nreviewers = ["rules"]\n[attest]\nwaived = "{worth}"\n'
    return make_target(repo, folder, settings)


def dismiss(target: Target) -> None:
    """Stage a change that blocks, and its dismissal."""
    target.repo.stage("bad.py", BAD)
    report = json.loads(target.repo.hunkgate("review", "--format", "json").stdout)
    done = target.repo.hunkgate("dismiss", report["findings"][0]["fingerprint"], "--why", "a calculator")
    assert done.returncode == 0, done.stderr


def waive(target: Target) -> None:
    """A commit with a waiver, through the hooks."""
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg"):
        gate_hook(target.repo, name)
    dismiss(target)
    done = run(target.repo, "git", "commit", "-qm", "waived")
    assert "attested waived" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("worth", "proven", "code", "told"),
    [("allow", True, ExitCode.OK, False), ("warn", True, ExitCode.OK, True), ("block", False, ExitCode.BLOCK, True)],
)
def test_a_waived_commit(repo: Repo, tmp_path: Path, worth: str, proven: bool, code: ExitCode, told: bool) -> None:
    target = target_of(repo, tmp_path, worth)
    waive(target)
    outcome = ci(target)
    (one,) = outcome.table.done
    assert (one.row.proof.proven, outcome.code) == (proven, code)
    assert one.row.proof.result is (Word.WAIVED if proven else None)
    said = "1 finding that would block, waived by these commits themselves: python-eval-input in bad.py:2"
    assert (said in outcome.verdict.notes) is told
    assert any('attest.waived = "block"' in stop for stop in outcome.stops) is not proven


def test_a_waiver_that_nobody_signed_stops_the_job_as_well(repo: Repo, tmp_path: Path) -> None:
    """The finding is dismissed, so nothing blocks; but here no such decision counts."""
    target = target_of(repo, tmp_path, "block")
    dismiss(target)
    target.repo.commit("plain")
    outcome = ci(target)
    assert outcome.code is ExitCode.BLOCK
    assert outcome.stops == ('these commits waive what blocks, and no such waiver counts here (attest.waived = "block")',)


def test_a_comment_is_a_waiver_here_too(repo: Repo, tmp_path: Path) -> None:
    target = target_of(repo, tmp_path, "block")
    names = "python-eval-input, python-dynamic-code, taint-python-code"
    plain(target, "bad.py", f"def f():\n    return eval(input())  # hunkgate: ignore[{names}] a calculator\n")
    assert ci(target).code is ExitCode.BLOCK


def test_what_the_target_decided_is_no_waiver_of_these_commits(repo: Repo, tmp_path: Path) -> None:
    target = target_of(repo, tmp_path, "block")
    dismiss(target)
    target.repo.commit("landed")
    target.repo.git("branch", "-f", "main", "topic")
    plain(target, "bad.py", "class C:\n    def f(self):\n        return eval(input())\n")
    outcome = ci(target)
    assert outcome.code is ExitCode.OK
    assert not outcome.stops


def test_the_table_names_each_waiver(repo: Repo, tmp_path: Path) -> None:
    target = target_of(repo, tmp_path, "warn")
    waive(target)
    code, (row,), text = table(target, tmp_path / "out", "--full-share", "0", "--no-state")
    assert code == 0
    assert (row["attested"], row["waivers"][0]["why"], row["waivers"][0]["path"]) == ("waived", "a calculator", "bad.py")
    assert "waived: python-eval-input in bad.py:2: a calculator (A Developer" in text
