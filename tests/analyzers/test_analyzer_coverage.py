"""What the coverage says of an analyzer that is missing, broken, slow, or cannot read a file, while others still report."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from make_hunk import make_hunk

from reviewer import proc
from reviewer.analyzers._members import MEMBERS
from reviewer.errors import ToolMissingError
from reviewer.intake.languages import ending_for, language_of
from reviewer.records import CoverageEntry, Hunk, Machine, OwnAnalyzer, Policy, State
from reviewer.review import by_analyzers
from reviewer.review.interface import Job, Outcome, PrivateFile

GOOD, BROKEN, LATIN = 0, 1, 2

FILES = {
    "cppcheck": (b"a.c", b"int a;\n", b"int f( {\n", b"int a; // \xe4\n"),
    "hadolint": (b"Dockerfile", b"FROM debian:12\n", b"FROMX debian\n", b"FROM debian:12\n# \xe4\n"),
    "oxlint": (b"a.js", b"go(1);\n", b"function f( {\n", b"go(1); // \xe4\n"),
    "ruff": (b"a.py", b"x = 1\n", b"def f(:\n", b"x = 1  # \xe4\n"),
    "shellcheck": (b"a.sh", b"#!/bin/sh\necho\n", b"#!/bin/sh\nif [ x ]; then\n", b"#!/bin/sh\necho # \xe4\n"),
    "squawk": (b"migrations/0001_a.sql", b"SELECT 1;\n", b"SELEC * FROM (;\n", b"SELECT 1; -- \xe4\n"),
    "zizmor": (b".github/workflows/a.yml", b"on: push\njobs: {}\n", b"on: [\n", b"on: push\njobs: {} # \xe4\n"),
    "mine": (b"a.go", b"package a\n", b"package a\n", b"package a\n"),
}
"""What each of them reads: a path, and content that is good, that has a syntax error, and that is not UTF-8."""

ANY_BYTES = {"cppcheck", "shellcheck"}
"""They read what is not UTF-8 as well."""

OTHERS = {
    "ruff": (b"z/Dockerfile", b"FROM debian:12\nRUN sudo id\n", "hadolint/DL3004"),
    "": (b"z.py", b"def f(a=[]):\n    return a\n", "ruff/B006"),
}
"""What another analyzer finds at the same time."""

every = pytest.mark.parametrize("name", sorted(FILES))
shipped = pytest.mark.parametrize("name", sorted(MEMBERS))


def _review(folder: Path, name: str, which: int, *, tools: dict[str, str], own: tuple[OwnAnalyzer, ...] = ()) -> Outcome:
    path, *contents = FILES[name]
    other, text, _ = OTHERS.get(name, OTHERS[""])
    private, hunks = {}, []
    for number, (at, content) in enumerate([(path, contents[which]), (other, text)]):
        copy = folder / f"{number:05d}{ending_for(language_of(at))}"
        copy.write_bytes(content)
        private[at] = PrivateFile(at, copy, content, language_of(at))
        hunks.append(_hunk(at, content))
    return by_analyzers.review(Job(hunks, private, folder, {}, Policy(), Machine(tools=tools, analyzers=own), time.monotonic()))


def _hunk(path: bytes, content: bytes) -> Hunk:
    return make_hunk(path, *[b"+" + line for line in content.split(b"\n")[:-1]])


def _entry(outcome: Outcome, name: str) -> CoverageEntry:
    """What is said of the analyzer; the other one found what it finds."""
    path, _, rule = OTHERS.get(name, OTHERS[""])
    assert rule in {finding.rule for finding in outcome.findings if finding.path == path}
    (entry,) = [entry for entry in outcome.coverage if entry.path == FILES[name][0]]
    assert entry.reviewer == f"analyzers/{name}"
    return entry


def _script(folder: Path, text: str) -> str:
    tool = folder / "broken-tool"
    tool.write_text(f"#!/bin/sh\n{text}\n")
    tool.chmod(0o755)
    return str(tool)


def _instead(folder: Path, name: str, script: str) -> tuple[dict[str, str], tuple[OwnAnalyzer, ...]]:
    """The settings that put a script in the place of an analyzer."""
    program = _script(folder, script)
    return ({}, (OwnAnalyzer("mine", (program,), ("go",), timeout=2.0),)) if name == "mine" else ({name: program}, ())


def test_every_analyzer_has_its_files() -> None:
    assert {*MEMBERS, "mine"} == set(FILES)


@every
@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo 'cannot map the library' >&2; exit 127", "ended with code 127"), ("kill -SEGV $$", "signal 11"), ("echo hello", "")],
    ids=["cannot start", "crash", "no report"],
)
def test_broken_analyzer_is_failed(tmp_path: Path, name: str, script: str, reason: str) -> None:
    tools, own = _instead(tmp_path, name, script)
    entry = _entry(_review(tmp_path, name, GOOD, tools=tools, own=own), name)
    assert entry.state is State.FAILED
    assert entry.reason
    assert reason in entry.reason


@every
def test_slow_analyzer_is_failed(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = proc.run

    def run(argv, *, timeout, **more):
        """A short limit for the slow one alone, so that a busy machine does not fail the other."""
        return real(argv, timeout=1.0 if "broken-tool" in str(argv[0]) else timeout, **more)

    monkeypatch.setattr(proc, "run", run)
    tools, own = _instead(tmp_path, name, "exec sleep 60")
    entry = _entry(_review(tmp_path, name, GOOD, tools=tools, own=own), name)
    assert entry.state is State.FAILED
    assert "did not end within" in entry.reason


@shipped
def test_missing_analyzer_is_skipped_if_it_is_optional(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = proc.find_tool

    def find(wanted: str, configured: dict[str, str] | None = None) -> Path:
        if wanted == name:
            raise ToolMissingError(f"{name} is not installed")
        return real(wanted, configured)

    monkeypatch.setattr(proc, "find_tool", find)
    entry = _entry(_review(tmp_path, name, GOOD, tools={}), name)
    assert entry.state is (State.SKIPPED if MEMBERS[name].install else State.FAILED)
    assert f"{name} is not installed" in entry.reason
    assert MEMBERS[name].install in entry.reason


@every
def test_analyzer_that_the_user_named_and_that_is_missing_is_failed(tmp_path: Path, name: str) -> None:
    gone = str(tmp_path / "gone")
    own = (OwnAnalyzer("mine", (gone,), ("go",)),) if name == "mine" else ()
    entry = _entry(_review(tmp_path, name, GOOD, tools={} if own else {name: gone}, own=own), name)
    assert entry.state is State.FAILED
    assert "gone" in entry.reason


@shipped
def test_file_that_is_not_utf8_is_failed_or_read(tmp_path: Path, name: str) -> None:
    _installed(name)
    entry = _entry(_review(tmp_path, name, LATIN, tools={}), name)
    if name in ANY_BYTES:
        assert entry.state is State.REVIEWED
    else:
        assert (entry.state, "UTF-8" in entry.reason) == (State.FAILED, True)


@shipped
def test_file_with_a_syntax_error_is_failed(tmp_path: Path, name: str) -> None:
    _installed(name)
    entry = _entry(_review(tmp_path, name, BROKEN, tools={}), name)
    assert entry.state is State.FAILED
    assert name in entry.reason


@shipped
def test_good_file_is_reviewed(tmp_path: Path, name: str) -> None:
    _installed(name)
    assert _entry(_review(tmp_path, name, GOOD, tools={}), name).state is State.REVIEWED


SARIF = """{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "mine"}}, "results": [], "invocations": [
  {"executionSuccessful": true, "toolExecutionNotifications": [{"level": "error", "message": {"text": "syntax error"},
   "locations": [{"physicalLocation": {"artifactLocation": {"uri": "00000.go"}}}]}]}]}]}"""


def test_file_that_the_users_own_tool_cannot_read_is_failed(tmp_path: Path) -> None:
    (tmp_path / "said.sarif").write_text(SARIF)
    command = (sys.executable, "-c", "import sys; print(open(sys.argv[1]).read())", str(tmp_path / "said.sarif"), "{files}")
    entry = _entry(_review(tmp_path, "mine", BROKEN, tools={}, own=(OwnAnalyzer("mine", command, ("go",)),)), "mine")
    assert (entry.state, entry.reason) == (State.FAILED, "mine cannot read the file: syntax error")


def _installed(name: str) -> None:
    try:
        proc.find_tool(name)
    except ToolMissingError:
        if name == "cppcheck":
            pytest.skip("cppcheck is not installed: it comes from the system (apt-get install cppcheck)")
        raise
