"""Ruff as a member of the analyzers' room: the real one, and broken ones."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reviewer import proc
from reviewer.analyzers import ruff
from reviewer.analyzers._checks import checks
from reviewer.analyzers.interface import Analysis, Source
from reviewer.errors import ToolFailedError
from reviewer.records import Confidence, Kind, Severity

BUG = b"def f(a=[]):\n    return a\n"


def _source(folder: Path, name: str, content: bytes, path: bytes | None = None) -> Source:
    copy = folder / name
    copy.write_bytes(content)
    return Source(path or name.encode(), copy, content)


def _analyze(*sources: Source, program: Path | None = None, timeout: float = 60) -> Analysis:
    folder = sources[0].copy.parent / "own"
    return ruff.analyze(sources, program=program or proc.find_tool("ruff"), folder=folder, timeout=timeout)


def _fake(folder: Path, script: str) -> Path:
    tool = folder / "fake-ruff"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return tool


def test_analyze_reports_what_the_table_says(tmp_path: Path):
    analysis = _analyze(_source(tmp_path, "a.py", b"import hashlib\n\n\ndef f(a=[]):\n    return hashlib.md5(a)\n"))
    found = {report.rule: report for report in analysis.reports}
    assert set(found) == {"ruff/B006", "ruff/S324"}
    assert found["ruff/S324"].kind is Kind.SECURITY
    assert found["ruff/S324"].cwe == "CWE-327"
    assert (found["ruff/B006"].start_line, found["ruff/B006"].start_column, found["ruff/B006"].end_column) == (4, 9, 11)
    assert found["ruff/B006"].remedy


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


def test_analyze_with_a_ruff_that_reports_on_other_files(tmp_path: Path):
    script = 'echo \'[{"filename": "/etc/passwd", "code": "B006"}]\''
    with pytest.raises(ToolFailedError, match="was not asked about"):
        _analyze(_source(tmp_path, "a.py", BUG), program=_fake(tmp_path, script))


def test_analyze_with_a_ruff_whose_report_lacks_a_field(tmp_path: Path):
    source = _source(tmp_path, "a.py", BUG)
    report = json.dumps([{"filename": str(source.copy), "code": "B006", "location": None, "message": "x"}])
    with pytest.raises(ToolFailedError, match="does not know"):
        _analyze(source, program=_fake(tmp_path, f"echo '{report}'"))


def test_table_holds_only_stable_checks_of_this_ruff():
    out = subprocess.run(
        [proc.find_tool("ruff"), "rule", "--all", "--output-format", "json"], capture_output=True, check=True
    ).stdout
    stable = {rule["code"] for rule in json.loads(out) if not rule["preview"] and "Removed" not in str(rule["status"])}
    assert set(checks("ruff").meanings) <= stable


def test_table_leaves_passwords_and_asserts_to_others():
    meanings = checks("ruff").meanings
    assert not {"S105", "S106", "S107", "S101"} & set(meanings)


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ('exec("x = 1")', set()),
        ('exec(f"x = {x}")', {"ruff/S102"}),
        ("exec(x)", {"ruff/S102"}),
        ("eval('1 + 1')", set()),
        ("eval('1' + x)", {"ruff/S307"}),
        ('db.execute("SELECT a FROM b WHERE c = " + "3")', set()),
        ('db.execute("SELECT a FROM b WHERE c = " + x)', {"ruff/S608"}),
        ('db.execute("SELECT a FROM b WHERE c = " + "3" + x)', {"ruff/S608"}),
        ("yaml.load(x, Loader=yaml.BaseLoader)", set()),
        ("yaml.load(x, Loader=yaml.Loader)", {"ruff/S506"}),
        ("eval(f'1 + 1')", set()),
        ("eval(f'{x} + 1')", {"ruff/S307"}),
        ("urlopen('sftp://a.example/b')", set()),
        ("urlopen(x)", {"ruff/S310"}),
        ("ftplib.FTP_TLS(x)", set()),
        ("ftplib.FTP(x)", {"ruff/S321"}),
    ],
)
def test_analyze_leaves_out_what_nothing_variable_goes_into(tmp_path: Path, line: str, rules: set[str]):
    imports = "import ftplib\nfrom urllib.request import urlopen\n\nimport yaml\n"
    content = f"{imports}\n\ndef f(db, x):\n    {line}\n    return yaml, ftplib, urlopen\n".encode()
    assert {report.rule for report in _analyze(_source(tmp_path, "a.py", content)).reports} == rules


def test_analyze_leaves_out_names_that_are_tried(tmp_path: Path):
    content = b"try:\n    WindowsError\nexcept NameError:\n    WindowsError = OSError\n"
    assert "ruff/B018" not in {report.rule for report in _analyze(_source(tmp_path, "a.py", content)).reports}


def test_analyze_reports_a_forgotten_import(tmp_path: Path):
    (report,) = _analyze(_source(tmp_path, "a.py", b"import os\n\n\ndef f(x):\n    return json.dumps(os.stat(x))\n")).reports
    assert (report.rule, report.start_line, report.confidence) == ("ruff/F821", 5, Confidence.MEDIUM)


def test_analyze_says_nothing_of_the_undefined_names_of_an_excerpt(tmp_path: Path):
    content = b"class Solution:\n    def f(self, x: List[int]) -> Optional[int]:\n        return max(heapq.nlargest(2, x))\n"
    assert _analyze(_source(tmp_path, "a.py", content)).reports == []
