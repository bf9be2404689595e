"""The words of a file tell what can be found in it, and never hide what is there."""

from __future__ import annotations

import pytest

from reviewer.taint import engine, trigger_search
from reviewer.taint.triggers import Triggers, words


def test_words() -> None:
    assert words("a.bc(d_1)\n$x->y; 'é t' # Note".encode()) == {"a", "bc", "d_1", "x", "y", "t", "Note"}


@pytest.mark.parametrize(
    ("code", "possible"),
    [
        ("from flask import request\nos.system(request.args['a'])", True),
        ("from flask import request\nprint(request.args['a'])", False),
        ("os.system(given)", False),
        ("requests.args; ecosystem.os", False),
        # Lines of input do harm in commands, but not as an address.
        ("input(); os.system()", True),
        ("input(); requests.get()", False),
    ],
)
def test_a_class_needs_a_source_and_a_sink(code: str, possible: bool) -> None:
    assert bool(Triggers("python", code.encode())) is possible


def test_what_is_there_already_needs_no_source() -> None:
    triggers = Triggers("python", b"request.args; os.system")
    assert not triggers.possible({"os", "system"})
    assert triggers.possible({"os", "system"}, entered=True)
    assert not triggers.possible({"os"}, entered=True)


MADE_UP = {
    "short echo": ("php", "<?= $_GET['a'] ?>", "xss"),
    "exit": ("php", "<?php exit($_GET['a']);", "xss"),
    "print in capitals": ("php", "<?php PRINT $_GET['a'];", "xss"),
    "require": ("php", "<?php require_once $_GET['a'];", "path"),
    "backticks": ("php", "<?php `ls {$_GET['a']}`;", "command"),
    "subshell": ("ruby", "def f\n  %x(ls #{params[:a]})\nend\n", "command"),
    "expression": ("ruby", "def f\n  x =~ /#{params[:a]}/\nend\n", "regex"),
    "attribute": ("javascript", "function f(req) { return <p dangerouslySetInnerHTML={req.query.a}/>; }", "xss"),
    "base class": ("csharp", "class A : Controller { public void F(string q) { new SqlCommand(q); } }", "sql"),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_names_that_do_not_stand_in_the_code_are_known(name: str) -> None:
    language, code, harm = MADE_UP[name]
    assert harm in {flow.harm for flow in engine.analyze(language, code.encode(), [1, 2]).flows}
    assert Triggers(language, code.encode())


def test_parts_of_names_and_carriers() -> None:
    source = {"call": ["wrapped(request).*aram*", "txt*.Text"], "title": "x"}
    made = trigger_search.triggers("java", [source], [{"harm": "sql", "call": [".run", "=a.run"]}], ["HttpServletRequest"], [])
    assert made["sources"] == [((), ["*aram", "HttpServletRequest"]), ((), ["*txt", "Text"])]
    assert made["sinks"] == {"sql": [["run"]]}
