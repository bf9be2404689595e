"""What ruff calls a safe fix becomes bytes of the file; what cannot be placed does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Repo

from reviewer import proc, sources
from reviewer.analyzers import ruff
from reviewer.analyzers.interface import Report, Source
from reviewer.fix.edits import applied
from reviewer.git import Git
from reviewer.proving.bench import Bench
from reviewer.proving.proposals import active, candidates, settle
from reviewer.records import Machine


def _reports(tmp_path: Path, content: bytes) -> list[Report]:
    copy = tmp_path / "00000.py"
    copy.write_bytes(content)
    program = proc.find_tool("ruff")
    return list(ruff.analyze([Source(b"a.py", copy, content)], program=program, folder=tmp_path / "ruff", timeout=30).reports)


@pytest.mark.parametrize(
    ("content", "mended"),
    [
        (b"def f(a):\n    return a is 3\n", b"def f(a):\n    return a == 3\n"),
        (b"def f(a):\r\n\treturn '\xc3\xa9', a is 'x'", b"def f(a):\r\n\treturn '\xc3\xa9', a == 'x'"),
        (b"x = 'a\xe2\x80\x8bb'\n", b"x = 'a\\u200bb'\n"),
    ],
)
def test_safe_fix_of_ruff_is_placed_in_bytes(tmp_path: Path, content: bytes, mended: bytes) -> None:
    (report,) = [report for report in _reports(tmp_path, content) if report.fix]
    assert report.fix is not None
    assert report.fix.source == "ruff"
    assert applied(content, report.fix.replacements) == mended


@pytest.mark.parametrize(
    "content",
    [
        b"def f(a, b=[]):\n    b.append(a)\n",  # unsafe: the caller sees it
        b"\xef\xbb\xbfx = 3 is 3\n",
        b"a = 1\rb = a is 3\n",
        b"class A:\n    def f(self):\n        super.f(self)\n",
        b"x = {'o', 'o'}\n",
        b"import os\nimport os\nprint(os)\n",
    ],
)
def test_fix_that_is_not_safe_or_cannot_be_placed_is_none(tmp_path: Path, content: bytes) -> None:
    assert [report.fix for report in _reports(tmp_path, content) if report.fix] == []


def test_safe_fixes_of_ruff_are_proven_like_others(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def f(a):\n    try:\n        return a is 3\n    except (ValueError, ValueError):\n        raise NotImplemented\n"
    repo.stage("a.py", code)
    monkeypatch.chdir(repo.path)
    git = Git(repo.path)
    bench = Bench.of(git, sources.staged(git), Machine())
    settled = settle(candidates(bench.sourced, active(bench.before)), bench)
    assert {proof.candidate.finding.rule for proof in settled.shown} >= {"ruff/F632", "ruff/B014"}
    assert {proof.candidate.origin for proof in settled.shown} == {"ruff"}
