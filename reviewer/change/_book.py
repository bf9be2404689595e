"""The rules on the change, as data: texts and lists of names out of `rules/change/<family>.toml`, read when they are needed."""

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

Words = Mapping[str, frozenset[str]]
"""Lists of names, by key."""

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
    words: Words


@cache
def digest() -> str:
    """Sha256 (hex) over all files."""
    total = hashlib.sha256()
    for path in sorted((rulebook.folder() / "change").glob("*.toml")):
        content = path.read_bytes()
        total.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def rules() -> dict[str, ChangeRule]:
    """All rules, by id.

    Raises:
        RuleError: a file is malformed; names it.
    """
    families = sorted(path.stem for path in (rulebook.folder() / "change").glob("*.toml"))
    return {name: rule for family in families for name, rule in rules_of(family).items()}


def words(family: str, rule: str) -> Words:
    """The lists of one rule. Raises RuleError like `rules_of`."""
    return rules_of(family)[rule].words


@cache
def rules_of(family: str) -> Mapping[str, ChangeRule]:
    """The rules of one family, by id, in the order of the file.

    Raises:
        RuleError: the file is malformed; names it.
    """
    path = rulebook.folder() / "change" / f"{family}.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _rule(name, said) for name, said in table["rules"].items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise RuleError(f"the rule file is malformed: {error}", where=str(path), todo="See docs/change-rules.md.") from error


def _rule(name: str, said: Mapping[str, Any]) -> ChangeRule:
    return ChangeRule(
        id=name,
        kind=Kind(said["kind"]),
        cwe=str(said["cwe"]),
        severity=Severity(said["severity"]),
        confidence=Confidence(said["confidence"]),
        message=str(said["message"]),
        remedy=str(said["remedy"]),
        words={key: frozenset(str(word) for word in value) for key, value in said.items() if key not in _TEXTS},
    )
