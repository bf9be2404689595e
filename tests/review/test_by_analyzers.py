"""The analyzers reviewer: findings from the real ruff, and coverage that says what was not looked at."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from make_hunk import make_hunk

from reviewer import proc
from reviewer.errors import ToolMissingError
from reviewer.intake.languages import ending_for
from reviewer.records import CoverageEntry, Hunk, Machine, OwnAnalyzer, Policy, State
from reviewer.review import by_analyzers
from reviewer.review.interface import Job, Outcome, PrivateFile

BUG = b"def f(a=[]):\n    return a\n"


def _hunk(path: bytes, content: bytes, start: int = 1) -> Hunk:
    return make_hunk(path, *[b"+" + line for line in content.split(b"\n")[:-1]], start=start)


def _review(
    folder: Path,
    files: dict[bytes, bytes],
    *,
    tools: dict[str, str] | None = None,
    policy: Policy | None = None,
    whole: bool = True,
    hunks: list[Hunk] | None = None,
) -> Outcome:
    private = {}
    for number, (path, content) in enumerate(files.items()):
        hunk = _hunk(path, content)
        copy = folder / f"{number:05d}{ending_for(hunk.language)}"
        copy.write_bytes(content)
        private[path] = PrivateFile(path, copy, content, hunk.language, whole)
    asked = hunks if hunks is not None else [_hunk(path, content) for path, content in files.items()]
    machine = Machine(tools=tools or {})
    return by_analyzers.review(Job(asked, private, folder, {}, policy or Policy(), machine, time.monotonic()))


def _states(outcome: Outcome) -> dict[bytes, tuple[str, State]]:
    return {entry.path: (entry.reviewer, entry.state) for entry in outcome.coverage}


def _only(outcome: Outcome) -> CoverageEntry:
    (entry,) = outcome.coverage
    return entry


def test_review_reports_with_the_line_it_stands_on(tmp_path: Path):
    outcome = _review(tmp_path, {b"a.py": BUG})
    (finding,) = outcome.findings
    assert (finding.rule, finding.reviewer) == ("ruff/B006", "analyzers/ruff")
    assert (finding.path, finding.start_line, finding.snippet) == (b"a.py", 1, "def f(a=[]):")
    assert _states(outcome) == {b"a.py": ("analyzers/ruff", State.REVIEWED)}
    assert outcome.identities["analyzers/ruff"].startswith("ruff ")


def test_review_of_crlf_file_keeps_the_line_ending_out_of_the_snippet(tmp_path: Path):
    (finding,) = _review(tmp_path, {b"a.py": BUG.replace(b"\n", b"\r\n")}).findings
    assert finding.snippet == "def f(a=[]):"


def test_review_covers_every_hunk_of_a_file(tmp_path: Path):
    hunks = [_hunk(b"a.py", b"x\n", start=1), _hunk(b"a.py", b"y\n", start=9)]
    outcome = _review(tmp_path, {b"a.py": BUG}, hunks=hunks)
    assert [(entry.hunk, entry.state) for entry in outcome.coverage] == [(1, State.REVIEWED), (9, State.REVIEWED)]


def test_review_says_which_languages_nobody_knows(tmp_path: Path):
    outcome = _review(tmp_path, {b"a.go": b"package a\n", b"LICENSE.odd": b"x\n"})
    assert set(_states(outcome).values()) == {("analyzers", State.SKIPPED)}
    assert {entry.reason for entry in outcome.coverage} == {"no analyzer for go", "no analyzer for this kind of file"}


def test_review_fails_only_the_file_that_cannot_be_read(tmp_path: Path):
    files = {b"good.py": BUG, b"bad.py": b"def f(:\n", b"latin.py": b"x = '\xe4'\n"}
    outcome = _review(tmp_path, files)
    states = _states(outcome)
    assert states[b"good.py"][1] is State.REVIEWED
    assert states[b"bad.py"][1] is State.FAILED
    assert states[b"latin.py"][1] is State.FAILED
    assert all(entry.reason for entry in outcome.coverage if entry.state is State.FAILED)
    assert [finding.path for finding in outcome.findings if finding.rule == "ruff/B006"] == [b"good.py"]


def test_review_reports_on_hostile_paths(tmp_path: Path):
    path = b"-x\n\xff --select=.py"
    (finding,) = _review(tmp_path, {path: BUG}).findings
    assert finding.path == path


def test_review_skips_files_that_are_too_large(tmp_path: Path):
    entry = _only(_review(tmp_path, {b"a.py": BUG}, policy=Policy(max_file_bytes=10)))
    assert (entry.state, entry.reviewer) == (State.SKIPPED, "analyzers/ruff")
    assert "max_file_bytes" in entry.reason


def test_review_skips_files_of_which_only_hunks_are_known(tmp_path: Path):
    entry = _only(_review(tmp_path, {b"a.py": BUG}, whole=False))
    assert (entry.state, entry.reason) == (State.SKIPPED, "only the hunks are known, not the file")


def test_review_skips_files_without_content(tmp_path: Path):
    entry = _only(_review(tmp_path, {}, hunks=[make_hunk(b"a.py", "-x")]))
    assert entry.state is State.SKIPPED


@pytest.mark.parametrize("script", ["exit 2", "echo nonsense", "exec sleep 60"])
def test_review_survives_a_broken_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str):
    monkeypatch.setattr(by_analyzers, "TIMEOUT", 1.0 if "sleep" in script else 60.0)
    tool = tmp_path / "ruff"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    outcome = _review(tmp_path, {b"a.py": BUG, b"b.go": b"package b\n"}, tools={"ruff": str(tool)})
    states = _states(outcome)
    assert states == {b"a.py": ("analyzers/ruff", State.FAILED), b"b.go": ("analyzers", State.SKIPPED)}
    assert outcome.findings == []
    assert "ruff" in next(entry.reason for entry in outcome.coverage if entry.path == b"a.py")


def test_review_survives_a_missing_tool(tmp_path: Path):
    entry = _only(_review(tmp_path, {b"a.py": BUG}, tools={"ruff": str(tmp_path / "gone")}))
    assert entry.state is State.FAILED
    assert "not an executable" in entry.reason


DOCKERFILE = b"FROM debian:12\nRUN sudo id\n"
SCRIPT = b'#!/bin/bash\nrm -rf "$1/"*\n'


def test_review_runs_several_analyzers_side_by_side(tmp_path: Path):
    outcome = _review(tmp_path, {b"a.py": BUG, b"Dockerfile": DOCKERFILE, b"run.sh": SCRIPT})
    assert {finding.rule for finding in outcome.findings} == {"ruff/B006", "hadolint/DL3004", "shellcheck/SC2115"}
    assert set(outcome.identities) == {"analyzers/ruff", "analyzers/hadolint", "analyzers/shellcheck"}
    assert {state for _, state in _states(outcome).values()} == {State.REVIEWED}


@pytest.mark.parametrize("script", ["kill -SEGV $$", "echo nonsense", "exec sleep 60"])
def test_review_keeps_one_analyzer_when_another_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str):
    monkeypatch.setattr(by_analyzers, "TIMEOUT", 3.0 if "sleep" in script else 60.0)
    tool = tmp_path / "hadolint"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    outcome = _review(tmp_path, {b"a.py": BUG, b"Dockerfile": DOCKERFILE}, tools={"hadolint": str(tool)})
    assert _states(outcome) == {
        b"a.py": ("analyzers/ruff", State.REVIEWED),
        b"Dockerfile": ("analyzers/hadolint", State.FAILED),
    }
    assert [finding.rule for finding in outcome.findings] == ["ruff/B006"]


def _without(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    """As if one program were not installed."""
    real = proc.find_tool

    def find(name: str, configured: dict[str, str] | None = None) -> Path:
        if name == absent and name not in (configured or {}):
            raise ToolMissingError(f"{name} is not installed")
        return real(name, configured)

    monkeypatch.setattr(proc, "find_tool", find)


def test_review_skips_an_optional_tool_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _without(monkeypatch, "hadolint")
    entry = _only(_review(tmp_path, {b"Dockerfile": DOCKERFILE}))
    assert (entry.reviewer, entry.state) == ("analyzers/hadolint", State.SKIPPED)
    assert entry.reason == "hadolint is not installed: pip install 'hunkgate[analyzers]'"


def test_review_fails_without_a_tool_that_belongs_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _without(monkeypatch, "ruff")
    assert _only(_review(tmp_path, {b"a.py": BUG})).state is State.FAILED


def test_review_fails_without_an_optional_tool_that_the_user_named(tmp_path: Path):
    entry = _only(_review(tmp_path, {b"Dockerfile": DOCKERFILE}, tools={"hadolint": str(tmp_path / "gone")}))
    assert entry.state is State.FAILED


def test_review_says_what_a_tool_does_not_claim_to_read(tmp_path: Path):
    entry = _only(_review(tmp_path, {b"run.sh": b"#!/bin/fish\necho\n"}, hunks=[make_hunk(b"run.sh", "+x")]))
    assert (entry.state, entry.reason) == (State.SKIPPED, "shellcheck reads sh, bash, dash and ksh only")


def test_review_imports_only_the_analyzers_it_asks(tmp_path: Path):
    for name in ("hadolint", "ruff"):
        sys.modules.pop(f"reviewer.analyzers.{name}", None)
    _review(tmp_path, {b"Dockerfile": DOCKERFILE})
    assert "reviewer.analyzers.hadolint" in sys.modules
    assert "reviewer.analyzers.ruff" not in sys.modules


@dataclass(frozen=True)
class _MachineWithOwn(Machine):
    """What the settings will hold."""

    analyzers: tuple[OwnAnalyzer, ...] = field(default=())


SARIF = """{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "mine", "version": "1.2"}}, "results": [
  {"ruleId": "no-x", "level": "error", "message": {"text": "x is bad"}, "properties": {"confidence": "high", "cwe": "CWE-79"},
   "locations": [{"physicalLocation": {"artifactLocation": {"uri": "00000.go"}, "region": {"startLine": 2}}}]}]}]}"""


def test_review_asks_the_users_own_tool(tmp_path: Path):
    private = tmp_path / "gate"
    private.mkdir()
    content = b"package a\nvar x = 1\n"
    copy = private / "00000.go"
    copy.write_bytes(content)
    (tmp_path / "said.sarif").write_text(SARIF)
    echo = "import sys; print(open(sys.argv[1]).read())"
    own = OwnAnalyzer("mine", (sys.executable, "-c", echo, str(tmp_path / "said.sarif"), "{files}"), languages=("go",))
    hunks = [_hunk(b"a.go", content), _hunk(b"b.rs", b"x\n")]
    files = {b"a.go": PrivateFile(b"a.go", copy, content, "go")}
    machine = _MachineWithOwn(analyzers=(own,))
    outcome = by_analyzers.review(Job(hunks, files, private, {}, Policy(), machine, time.monotonic()))
    assert _states(outcome) == {b"a.go": ("analyzers/mine", State.REVIEWED), b"b.rs": ("analyzers", State.SKIPPED)}
    (finding,) = outcome.findings
    assert (finding.rule, finding.path, finding.snippet, finding.cwe) == ("mine/no-x", b"a.go", "var x = 1", "CWE-79")
    assert outcome.identities == {"analyzers/mine": "mine 1.2"}


def test_review_fails_where_the_users_own_tool_fails(tmp_path: Path):
    content = b"package a\n"
    copy = tmp_path / "00000.go"
    copy.write_bytes(content)
    own = OwnAnalyzer("mine", (sys.executable, "-c", "raise SystemExit('it broke')"))
    files = {b"a.go": PrivateFile(b"a.go", copy, content, "go")}
    job = Job([_hunk(b"a.go", content)], files, tmp_path, {}, Policy(), _MachineWithOwn(analyzers=(own,)), time.monotonic())
    entry = _only(by_analyzers.review(job))
    assert (entry.state, "it broke" in entry.reason) == (State.FAILED, True)


def test_review_of_nothing_starts_nothing(tmp_path: Path):
    outcome = _review(tmp_path, {}, tools={"ruff": str(tmp_path / "gone")})
    assert (list(outcome.findings), list(outcome.coverage), dict(outcome.identities)) == ([], [], {})
