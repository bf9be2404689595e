"""The taint reviewer: what becomes a finding, where it stands, and what the coverage says."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.errors import RuleError
from reviewer.records import Confidence, Hunk, Kind, Line, LineKind, Machine, Policy, Severity, State
from reviewer.review import by_taint
from reviewer.review.interface import Job, Outcome, PrivateFile
from reviewer.taint import declarations

CODE = b"""\
import os
from flask import request

def view():
    name = request.args["name"]
    os.system("ls " + name)
"""


def _hunk(path: bytes, language: str, content: bytes, lines: list[int]) -> Hunk:
    texts = content.split(b"\n")
    made = tuple(Line(LineKind.ADDED, texts[number - 1], 0, number) for number in lines)
    return Hunk(path, language, lines[0], 0, lines[0], lines[-1] - lines[0] + 1, "", made)


def _review(
    content: bytes, lines: list[int], *, language: str = "python", before: bytes = b"", hunks: list[list[int]] | None = None
) -> Outcome:
    path = b"a.txt"
    made = [_hunk(path, language, content, one) for one in (hunks or [lines])]
    files = {path: PrivateFile(path, Path("a.txt"), content, language)}
    return by_taint.review(Job(made, files, Path(), {}, Policy(), Machine(), 0.0, before={path: before} if before else {}))


def test_finding_says_everything() -> None:
    outcome = _review(CODE, [5, 6])
    (finding,) = outcome.findings
    assert (finding.rule, finding.cwe, finding.reviewer) == ("taint-python-command", "CWE-78", "taint")
    assert (finding.kind, finding.severity, finding.confidence) == (Kind.SECURITY, Severity.ERROR, Confidence.HIGH)
    assert (finding.start_line, finding.end_line, finding.start_column, finding.end_column) == (6, 6, 5, 0)
    assert finding.snippet == '    os.system("ls " + name)'
    assert "request parameter" in finding.message
    assert "os.system" in finding.message
    assert [(step.line, step.column, step.text) for step in finding.flow] == [
        (5, 12, "request.args"),
        (5, 5, 'name = request.args["name"]'),
        (6, 5, 'os.system("ls " + name)'),
    ]
    assert [entry.state for entry in outcome.coverage] == [State.REVIEWED]
    assert "declarations" in outcome.identities["taint"]
    assert finding.rule in by_taint.rule_ids()


def test_untouched_lines_have_no_findings() -> None:
    assert _review(CODE, [1]).findings == []


def test_touched_source_is_where_a_new_flow_is_shown() -> None:
    before = CODE.replace(b'request.args["name"]', b'"fixed"')
    (finding,) = _review(CODE, [5], before=before).findings
    assert finding.start_line == 5
    assert finding.flow[-1].line == 6


def test_old_flow_is_not_shown_again() -> None:
    before = CODE.replace(b"name = ", b"name   = ")
    assert _review(CODE, [5], before=before).findings == []
    assert len(_review(CODE, [6], before=before).findings) == 1


def test_columns_count_characters() -> None:
    code = "from flask import request\nx = 'é'; eval(request.args['a'])\n".encode()
    (finding,) = _review(code, [2]).findings
    assert finding.start_column == 10


def test_other_languages_are_not_mentioned() -> None:
    outcome = _review(b"fn main() {}\n", [1], language="rust")
    assert (outcome.findings, outcome.coverage, outcome.identities) == ([], [], {})


def test_file_without_content_is_not_mentioned() -> None:
    job = Job([_hunk(b"a.py", "python", CODE, [1])], {}, Path(), {}, Policy(), Machine(), 0.0)
    assert by_taint.review(job).coverage == []


def test_syntax_error_fails_its_hunk_only() -> None:
    code = b"x = 1\n" * 10 + b"def f(:\n    pass )\n" + b"y = 1\n" * 10
    outcome = _review(code, [], hunks=[[1, 2], [11, 12]])
    assert [entry.state for entry in outcome.coverage] == [State.REVIEWED, State.FAILED]
    assert "grammar" in outcome.coverage[1].reason


def test_code_that_is_not_utf8_is_reviewed() -> None:
    code = b"from flask import request\nx = '\xff'\neval(request.args['\xff'])\n"
    (finding,) = _review(code, [3]).findings
    assert finding.snippet == "eval(request.args['\\xff'])"


def test_malformed_declaration_fails_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(language: str) -> None:
        raise RuleError("unknown key 'x'", where=f"{language}.toml")

    monkeypatch.setattr(declarations, "load", refuse)
    outcome = _review(CODE, [5, 6])
    assert [(entry.state, entry.reason) for entry in outcome.coverage] == [(State.FAILED, "unknown key 'x' (python.toml)")]


def test_one_finding_for_a_class_and_line() -> None:
    code = b"from flask import request\neval(request.args['a']); eval(request.form['b'])\n"
    assert len(_review(code, [2]).findings) == 1


def test_nothing_is_imported_for_other_languages() -> None:
    import subprocess
    import sys

    code = "import sys, reviewer.review.by_taint; print([m for m in sys.modules if 'tree_sitter' in m or m == 'tomllib'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
