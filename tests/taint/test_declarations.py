"""The shipped declarations are complete, and patterns mean the paths that they should."""

from __future__ import annotations

import re

import pytest

from reviewer.taint import declarations, packed
from reviewer.taint.patterns import Patterns, last_name


@pytest.mark.parametrize("language", packed.languages())
def test_shipped_declarations_are_complete(language: str) -> None:
    pack = declarations.load(language)
    assert {"sql", "command", "code", "path", "ssrf", "redirect", "xss", "deserialization"} <= set(pack.harms)
    for harm in pack.harms.values():
        assert re.fullmatch(r"CWE-\d+", harm.cwe)
        assert harm.message.format(source="a", sink="b").endswith(".")
        assert harm.remedy.endswith(".")


def test_rule_ids() -> None:
    known = declarations.rule_ids()
    assert {"taint-python-sql", "taint-java-path", "taint-csharp-xss"} <= known
    assert all(re.fullmatch(r"taint-[a-z]+-[a-z]+", rule) for rule in known)


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("a.b", "a.b", True),
        ("a.b", "x.a.b", True),
        ("a.b", "xa.b", False),
        ("=a", "a", True),
        ("=a", "x.a", False),
        (".a", "x.a", True),
        (".a", "a", False),
        ("a*.c", "abc.c", True),
        ("*esc*", "x.my_escape", True),
        ("a().b", "q.a().b", True),
    ],
)
def test_pattern(pattern: str, path: str, found: bool) -> None:
    assert bool(Patterns({last_name(pattern): [(pattern, 1)]}).find(path)) is found
