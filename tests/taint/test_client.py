"""The process that follows values: what it answers, and what is said when hostile code ends it."""

from __future__ import annotations

import sys

import pytest

from reviewer.errors import ToolMissingError
from reviewer.taint import client, grammar, worker
from reviewer.taint.flows import Analysis

CODE = b"import os\nfrom flask import request\n\ndef view():\n    name = request.args['name']\n    os.system('ls ' + name)\n"
LINES = [1, 2, 3, 4, 5, 6]


def _request(content: bytes = CODE, *, before: bytes = b"", lines: list[int] | None = None) -> client.Request:
    return client.Request("python", content, before, LINES if lines is None else lines)


def _child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Another program in the place of the worker; it is asked in the same way."""
    head = "import json, os, sys; files = json.loads(sys.stdin.buffer.readline());"
    monkeypatch.setattr(client, "WORKER", (sys.executable, "-I", "-c", head + code))


def test_answers_are_those_of_the_engine() -> None:
    here = worker.analyze_change("python", CODE, b"", LINES)
    there, other = client.ask([_request(), _request(b"x = (\n")])
    assert isinstance(there, Analysis)
    assert isinstance(other, Analysis)
    assert worker.to_json(there) == worker.to_json(here)
    assert [flow.stops[-1].note for flow in there.flows] == ["reaches os.system"]
    assert other.failures == [(1, 1, "the grammar does not understand the code")]


def test_old_flows_are_told_when_the_sink_is_not_touched() -> None:
    before = CODE.replace(b"name = ", b"name =  ")
    (same,) = client.ask([_request(before=before)])
    (moved,) = client.ask([_request(before=before, lines=[5])])
    assert isinstance(same, Analysis)
    assert isinstance(moved, Analysis)
    assert same.old == frozenset()
    assert moved.old == {("command", "os.system('ls'+name)")}


def test_missing_grammar_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(content: bytes, dialect: str) -> None:
        raise ToolMissingError(f"cannot import the {dialect} grammar")

    monkeypatch.setattr(grammar, "parse", missing)
    assert worker._answer("python", CODE, b"", LINES) == {"error": "cannot import the python grammar"}


ENDINGS = {
    "crash": ("os.kill(os.getpid(), 11)", "the parser was ended by signal 11"),
    "time": ("os.kill(os.getpid(), 24)", "the parser took too much processor time"),
    "defect": ("sys.exit('no such thing')", "the parser ended with code 1: no such thing"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals there")
@pytest.mark.parametrize("name", ENDINGS)
def test_ending_fails_one_file_and_the_next_process_goes_on(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    code, reason = ENDINGS[name]
    answer = """print(json.dumps({"error": str(files[0]["size"])}), flush=True);"""
    # The first of three files is answered, the one after it ends the process; then there is one left.
    _child(monkeypatch, f"{answer} len(files) > 1 and {code}")
    assert client.ask([_request(b"a"), _request(b"bb"), _request(b"ccc")]) == ["1", reason, "3"]


def test_files_behind_too_many_crashes_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    _child(monkeypatch, "sys.exit(9)")
    answers = client.ask([_request()] * 5)
    assert answers == ["the parser ended with code 9"] * 3 + ["not looked at: the parser ended early 3 times"] * 2


def test_missing_interpreter_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "WORKER", ("/no/such/python",))
    (answer,) = client.ask([_request()])
    assert isinstance(answer, str)
    assert "cannot start" in answer


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits there")
def test_limits_of_time_and_memory_are_set() -> None:
    code = (
        "import resource, sys; from reviewer.taint import worker; worker._limit();"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[0], resource.getrlimit(resource.RLIMIT_AS)[0])"
    )
    from reviewer import proc

    seconds, memory = proc.run([sys.executable, "-c", code], timeout=60).out.split()
    assert worker.MOST_SECONDS <= int(seconds) <= worker.MOST_SECONDS + 20
    assert int(memory) == worker.MOST_MEMORY or sys.platform == "darwin"


def test_code_that_makes_the_parser_crash_is_a_failure_not_an_end() -> None:
    # More than 511 levels and a text on each: the scanner of tree-sitter-python 0.25.0 writes past its buffer.
    deep = (
        b"".join(b" " * level + b"if request.args['a']:\n" for level in range(900))
        + b" " * 900
        + b"os.system(request.args['a'])\n"
    )
    good, bad = client.ask([_request(), _request(deep)])
    assert isinstance(good, Analysis)
    assert isinstance(bad, str) or bad.failures
