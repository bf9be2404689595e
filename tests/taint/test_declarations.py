"""The shipped declarations are well formed, and malformed ones are refused."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from reviewer.errors import RuleError
from reviewer.taint import declarations
from reviewer.taint.patterns import Patterns


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the declarations that may be changed."""
    folder = tmp_path / "taint"
    shutil.copytree(declarations.folder(), folder)
    monkeypatch.setattr(declarations, "folder", lambda: folder)
    declarations.load.cache_clear()
    declarations._harms.cache_clear()
    return folder


@pytest.mark.parametrize("language", declarations.languages())
def test_shipped_declarations_are_complete(language: str) -> None:
    declarations.load.cache_clear()
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
    ("text", "reason"),
    [
        ("remdy = 'x'\n", "unknown key 'remdy'"),
        ("[[sinks]]\ncal = ['eval']\n", "unknown key 'cal'"),
        ("[[sinks]]\ncall = ['eval']\nshape = 'round'\n", "unknown shape 'round'"),
        ("[[sinks]]\ncall = ['eval']\nconfidence = 'sure'\n", "sure"),
        ("[[sinks]\n", "cannot read"),
    ],
)
def test_malformed_file_is_refused(copy: Path, text: str, reason: str) -> None:
    (copy / "python/code.toml").write_text(text)
    with pytest.raises(RuleError, match=reason) as caught:
        declarations.load("python")
    assert caught.value.where.endswith("code.toml")


def test_unknown_class_is_refused(copy: Path) -> None:
    (copy / "python/magic.toml").write_text("[[sinks]]\ncall = ['eval']\n")
    with pytest.raises(RuleError, match="no such class"):
        declarations.load("python")


def test_new_sink_is_data(copy: Path) -> None:
    path = copy / "python/code.toml"
    path.write_text(path.read_text() + "\n[[sinks]]\ncall = ['my.runner']\n")
    assert declarations.load("python").calls.find("my.runner")
    assert not declarations.load("python").calls.find("other.runner")


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
    assert bool(Patterns([(pattern, 1)]).find(path)) is found
