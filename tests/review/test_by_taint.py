"""The taint reviewer: what becomes a finding, where it stands, and what the coverage says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reviewer.errors import RuleError
from reviewer.records import Confidence, Hunk, Kind, Line, LineKind, Machine, Policy, Severity, State
from reviewer.review import by_taint
from reviewer.review.interface import Job, Outcome, PrivateFile
from reviewer.taint import client, packed, worker
from reviewer.taint.flows import Analysis

CODE = b"""\
import os
from flask import request

def view():
    name = request.args["name"]
    os.system("ls " + name)
"""


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of its own is tested in tests/taint/test_client.py."""

    def ask(requests: Sequence[client.Request]) -> list[Analysis | str]:
        return [worker.analyze_change(one.language, one.content, one.before, one.lines) for one in requests]

    monkeypatch.setattr(client, "ask", ask)


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
    code = CODE + b"x = 1\n" * 4 + b"def f(:\n    pass )\n" + b"y = 1\n" * 10
    outcome = _review(code, [], hunks=[[1, 2], [11, 12]])
    assert [entry.state for entry in outcome.coverage] == [State.REVIEWED, State.FAILED]
    assert "grammar" in outcome.coverage[1].reason


def test_no_process_is_started_for_a_file_without_the_words_of_a_source_and_a_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(client, "ask")
    outcome = _review(CODE.replace(b"system", b"getcwd"), [5, 6])
    assert [entry.state for entry in outcome.coverage] == [State.REVIEWED]
    assert outcome.identities["taint"].startswith("python declarations ")
    with pytest.raises(AttributeError):
        _review(CODE, [5, 6])


@pytest.mark.parametrize("reason", ["the parser was ended by signal 11", "the parser took too much processor time"])
def test_file_that_cannot_be_followed_is_said(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    monkeypatch.setattr(client, "ask", lambda asked: [reason for _ in asked])
    outcome = _review(CODE, [5, 6])
    assert [(entry.state, entry.reason) for entry in outcome.coverage] == [(State.FAILED, reason)]


BUILT = b"""\
from flask import request

@app.route("/")
def view():
    page = "<b>"
    page += request.args["q"]
    count(page)
    return page

@app.route("/again")
def again():
    return view()
"""


@pytest.mark.parametrize(("lines", "expected"), [(list(range(1, 13)), 6), ([6], 6), ([8], 8), ([7], None)])
def test_finding_stands_where_the_returned_text_was_built(lines: list[int], expected: int | None) -> None:
    found = [finding.start_line for finding in _review(BUILT, lines, before=BUILT).findings]
    assert found == ([expected] if expected else [])


def test_code_that_is_not_utf8_is_reviewed() -> None:
    code = b"from flask import request\nx = '\xff'\neval(request.args['\xff'])\n"
    (finding,) = _review(code, [3]).findings
    assert finding.snippet == "eval(request.args['\\xff'])"


def test_malformed_declaration_fails_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(language: str) -> None:
        raise RuleError("cannot read the declarations", where=f"{language}.json")

    monkeypatch.setattr(packed, "document", refuse)
    outcome = _review(CODE, [5, 6])
    assert [(entry.state, entry.reason) for entry in outcome.coverage] == [
        (State.FAILED, "cannot read the declarations (python.json)")
    ]


def test_one_finding_for_a_class_and_line() -> None:
    code = b"from flask import request\neval(request.args['a']); eval(request.form['b'])\n"
    assert len(_review(code, [2]).findings) == 1


def test_nothing_is_imported_for_other_languages() -> None:
    import subprocess
    import sys

    # What is there before, a coverage tool may have brought.
    code = (
        "import sys; before = set(sys.modules); import reviewer.review.by_taint; "
        "print([m for m in set(sys.modules) - before if 'tree_sitter' in m or m == 'tomllib'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


HARMLESS = {
    "constant": ("cursor.execute('select ' + 'a')", True),
    "checked": ("q = request.args['q']\n    if q not in ('a', 'b'):\n        return\n    cursor.execute('select ' + q)", True),
    "number": ("cursor.execute('select %d' % int(request.args['q']))", True),
    "other key": ("d = {'a': request.args['q'], 'b': 'x'}\n    cursor.execute(d['b'])", True),
    "harmful": ("cursor.execute('select ' + request.args['q'])", False),
    "of a parameter": ("cursor.execute('select ' + given)", False),
    "of another file": ("cursor.execute('select ' + elsewhere.name)", False),
    "of unknown code": ("cursor.execute('select ' + elsewhere(request.args['q']))", False),
    "one of two ways": ("q = 'a'\n    if flag():\n        q = given\n    cursor.execute(q)", False),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_is_only_what_is_known_whole(name: str) -> None:
    lines, expected = HARMLESS[name]
    code = f"from flask import request\n\ndef view(given, cursor):\n    r = request.args\n    {lines}\n"
    last = code.count("\n")
    outcome = _review(code.encode(), list(range(1, last + 1)))
    assert ((b"a.txt", last, "CWE-89") in outcome.harmless) is expected


def test_sink_reached_on_a_harmful_way_too_is_not_harmless() -> None:
    code = (
        b"from flask import request\ndef run(q):\n    cursor.execute(q)\ndef view():\n    run('a')\n    run(request.args['q'])\n"
    )
    outcome = _review(code, [1, 2, 3, 4, 5, 6])
    assert [finding.start_line for finding in outcome.findings] == [3]
    assert outcome.harmless == frozenset()
