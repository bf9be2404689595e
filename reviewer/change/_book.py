"""The rules on the change, as data: ids, texts and lists of names out of `rules/change/*.toml`."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reviewer import rulebook
from reviewer.errors import RuleError
from reviewer.records import Confidence, Kind, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TEXTS = frozenset({"kind", "cwe", "severity", "confidence", "message", "remedy"})


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """One rule."""

    id: str
    kind: Kind
    cwe: str
    """Such as "CWE-295"; empty if none applies."""
    severity: Severity
    confidence: Confidence
    message: str
    """What goes wrong; "{what}" stands for the code it is about."""
    remedy: str
    words: Mapping[str, frozenset[str]]
    """Lists of names, by key."""


@dataclass(frozen=True, slots=True)
class Book:
    """All of them."""

    rules: Mapping[str, ChangeRule]
    words: Mapping[str, Mapping[str, frozenset[str]]]
    """By rule id, or by the name of a list that several rules use."""
    digest: str
    """Sha256 (hex) over the files."""


@cache
def shipped() -> Book:
    """The shipped rules.

    Raises:
        RuleError: a file is malformed; names it.
    """
    digest = hashlib.sha256()
    rules: dict[str, ChangeRule] = {}
    words: dict[str, Mapping[str, frozenset[str]]] = {}
    for path in sorted((rulebook.folder() / "change").glob("*.toml")):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
        try:
            table = tomllib.loads(content.decode("utf-8"))
            rules.update({name: _rule(name, said) for name, said in table.get("rules", {}).items()})
            words.update({name: _words(said) for name, said in table.get("words", {}).items()})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, ValueError, TypeError) as error:
            raise RuleError(f"the rule file is malformed: {error}", where=str(path), todo="See docs/change-rules.md.") from error
    words.update({name: rule.words for name, rule in rules.items()})
    return Book(rules, words, digest.hexdigest())


def _rule(name: str, said: Mapping[str, Any]) -> ChangeRule:
    return ChangeRule(
        id=name,
        kind=Kind(said["kind"]),
        cwe=str(said["cwe"]),
        severity=Severity(said["severity"]),
        confidence=Confidence(said["confidence"]),
        message=str(said["message"]),
        remedy=str(said["remedy"]),
        words=_words({key: value for key, value in said.items() if key not in _TEXTS}),
    )


def _words(said: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {key: frozenset(str(word) for word in value) for key, value in said.items()}
