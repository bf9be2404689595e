"""Ruff as a member of the analyzers' room: the real one, and broken ones."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from reviewer import proc
from reviewer.analyzers import ruff
from reviewer.analyzers.interface import Analysis, Source
from reviewer.errors import RuleError, ToolFailedError, ToolMissingError, ToolTimeoutError
from reviewer.records import Confidence, Kind, Severity

BUG = b"def f(a=[]):\n    return a\n"


def _source(folder: Path, name: str, content: bytes, path: bytes | None = None) -> Source:
    copy = folder / name
    copy.write_bytes(content)
    return Source(path or name.encode(), copy, content)


def _analyze(*sources: Source, tools: dict[str, str] | None = None, timeout: float = 60) -> Analysis:
    return ruff.analyze(sources, tools=tools or {}, timeout=timeout)


def _fake(folder: Path, script: str) -> dict[str, str]:
    tool = folder / "fake-ruff"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return {"ruff": str(tool)}


def test_analyze_reports_what_the_table_says(tmp_path: Path):
    analysis = _analyze(_source(tmp_path, "a.py", b"import hashlib\n\n\ndef f(a=[]):\n    return hashlib.md5(a)\n"))
    found = {report.rule: report for report in analysis.reports}
    assert set(found) == {"ruff/B006", "ruff/S324"}
    assert found["ruff/S324"].kind is Kind.SECURITY
    assert found["ruff/S324"].cwe == "CWE-327"
    assert (found["ruff/B006"].start_line, found["ruff/B006"].start_column, found["ruff/B006"].end_column) == (4, 9, 11)
    assert found["ruff/B006"].remedy
    assert re.fullmatch(r"ruff \d+\.\d+\.\d+ checks [0-9a-f]{12}", analysis.version)


def test_analyze_maps_copies_back_to_hostile_paths(tmp_path: Path):
    path = b"--config=x\n\xff/-a b.py"
    analysis = _analyze(_source(tmp_path, "-0001.py", BUG, path))
    assert [report.path for report in analysis.reports] == [path]


def test_analyze_reads_the_good_file_beside_bad_ones(tmp_path: Path):
    sources = [
        _source(tmp_path, "good.py", BUG),
        _source(tmp_path, "syntax.py", b"x = 1\ndef f(:\n    pass\n"),
        _source(tmp_path, "latin.py", b"name = '\xe4'\n"),
    ]
    analysis = _analyze(*sources)
    assert [report.rule for report in analysis.reports if report.path == b"good.py"] == ["ruff/B006"]
    assert set(analysis.failed) == {b"syntax.py", b"latin.py"}
    assert "line 2" in analysis.failed[b"syntax.py"]
    assert "UTF-8" in analysis.failed[b"latin.py"]


def test_analyze_reports_the_first_syntax_error(tmp_path: Path):
    (report,) = _analyze(_source(tmp_path, "a.py", b"x = 1\ndef f(:\n    pass\n")).reports
    assert (report.rule, report.start_line) == ("ruff/invalid-syntax", 2)
    assert (report.severity, report.confidence) == (Severity.ERROR, Confidence.MEDIUM)


def test_analyze_reads_new_syntax(tmp_path: Path):
    analysis = _analyze(_source(tmp_path, "a.py", b'type A[T] = list[T]\nmatch 1:\n    case _:\n        print(f"{"a"}")\n'))
    assert analysis.failed == {}


def test_analyze_counts_lines_of_crlf_files(tmp_path: Path):
    (report,) = _analyze(_source(tmp_path, "a.py", b"x = 1\r\n\r\ndef f(a=[]):\r\n    return a\r\n")).reports
    assert report.start_line == 3


def test_analyze_counts_lines_as_git_does(tmp_path: Path):
    """A lone carriage return ends a line for Python and ruff, not for git: findings must not slip off the touched lines."""
    (report,) = _analyze(_source(tmp_path, "a.py", b"x = 1\ry = 2\rz = 3\n\ndef f(a=[]):\n    return a\n")).reports
    assert (report.start_line, report.end_line) == (3, 3)
    assert (report.start_column, report.end_column) == (1, 0)


def test_analyze_honors_noqa(tmp_path: Path):
    assert _analyze(_source(tmp_path, "a.py", b"def f(a=[]):  # noqa: B006\n    return a\n")).reports == []


def test_analyze_ignores_configuration_beside_the_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "ruff.toml").write_text('exclude = ["*"]\n[lint]\nignore = ["B006"]\n')
    (tmp_path / ".gitignore").write_text("*\n")
    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "concise")
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "out"))
    assert len(_analyze(_source(tmp_path, "a.py", BUG)).reports) == 1


def test_analyze_leaves_passwords_and_asserts_to_others(tmp_path: Path):
    assert _analyze(_source(tmp_path, "a.py", b"password = 'hunter2'\nassert password\n")).reports == []


def test_analyze_leaves_out_shell_calls_that_cannot_be_steered(tmp_path: Path):
    content = b"import os\nimport subprocess\n\n\ndef f(x):\n    os.system('ls')\n    subprocess.run(x, shell=True, check=True)\n"
    assert [(report.rule, report.start_line) for report in _analyze(_source(tmp_path, "a.py", content)).reports] == [
        ("ruff/S602", 7)
    ]


def test_analyze_asks_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ruff, "_BATCH", 2)
    analysis = _analyze(*[_source(tmp_path, f"a{number}.py", BUG) for number in range(5)])
    assert {report.path for report in analysis.reports} == {f"a{number}.py".encode() for number in range(5)}


def test_analyze_without_ruff(tmp_path: Path):
    with pytest.raises(ToolMissingError):
        _analyze(_source(tmp_path, "a.py", BUG), tools={"ruff": str(tmp_path / "nowhere")})


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo 'no such option' >&2; exit 2", ToolFailedError),
        ("echo 'All checks passed!'", ToolFailedError),
        ("echo '{}'", ToolFailedError),
        ("echo '[1]'", ToolFailedError),
        ("echo '[{}]'", ToolFailedError),
        ('echo \'[{"filename": "/etc/passwd", "code": "B006"}]\'', ToolFailedError),
        ("kill -SEGV $$", ToolFailedError),
        ("exec sleep 60", ToolTimeoutError),
    ],
)
def test_analyze_with_a_broken_ruff(tmp_path: Path, script: str, error: type[Exception]):
    with pytest.raises(error):
        _analyze(_source(tmp_path, "a.py", BUG), tools=_fake(tmp_path, script), timeout=1 if "sleep" in script else 60)


def test_analyze_with_a_ruff_whose_report_lacks_a_field(tmp_path: Path):
    source = _source(tmp_path, "a.py", BUG)
    report = json.dumps([{"filename": str(source.copy), "code": "B006", "location": None, "message": "x"}])
    with pytest.raises(ToolFailedError, match="does not know"):
        _analyze(source, tools=_fake(tmp_path, f"echo '{report}'"))


def test_table_holds_only_stable_checks_of_this_ruff():
    out = subprocess.run(
        [proc.find_tool("ruff"), "rule", "--all", "--output-format", "json"], capture_output=True, check=True
    ).stdout
    stable = {rule["code"] for rule in json.loads(out) if not rule["preview"] and "Removed" not in str(rule["status"])}
    assert set(ruff._meanings(ruff._table())) <= stable


def test_table_blocks_only_with_few_security_checks():
    meanings = ruff._meanings(ruff._table())
    assert not {"S105", "S106", "S107", "S101"} & set(meanings)
    assert all(meaning.cwe for meaning in meanings.values() if meaning.kind is Kind.SECURITY)
    assert not [code for code, meaning in meanings.items() if meaning.kind is Kind.STYLE]


@pytest.mark.parametrize(
    "text", [b"x", b"[codes]\nB006 = 'bug'\n", b"[codes]\nB006 = 'bug awful high'\n", b"[codes]\nB006 = 1\n", b"\xff"]
)
def test_table_that_is_malformed_is_refused(text: bytes):
    with pytest.raises(RuleError, match="malformed"):
        ruff._meanings(text)
