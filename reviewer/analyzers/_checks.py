"""Which of a tool's checks count, and for how much: `rules/analyzers/<tool>_checks.toml`. What is not in it is left out."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reviewer import rulebook
from reviewer.analyzers._places import Span
from reviewer.analyzers.interface import Report
from reviewer.errors import RuleError
from reviewer.records import Confidence, Kind, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a report of one of a tool's checks means here."""

    kind: Kind
    severity: Severity
    confidence: Confidence
    cwe: str

    def report(self, path: bytes, rule: str, span: Span, message: str, remedy: str = "") -> Report:
        """What the tool said, as the gate says it."""
        return Report(
            path=path,
            rule=rule,
            kind=self.kind,
            severity=self.severity,
            confidence=self.confidence,
            start_line=span.start_line,
            end_line=span.end_line,
            start_column=span.start_column,
            end_column=span.end_column,
            message=message,
            remedy=remedy,
            cwe=self.cwe,
        )

    def at_most(self, severity: Severity, confidence: Confidence) -> Meaning:
        """The same, where the tool itself is less sure than the table."""
        return replace(
            self,
            severity=min(self.severity, severity, key=lambda s: s.rank),
            confidence=min(self.confidence, confidence, key=lambda c: c.rank),
        )


SYNTAX = Meaning(Kind.BUG, Severity.ERROR, Confidence.MEDIUM, "")
"""A syntax error. Medium: the file may be a template, or written in another version of the language."""


@dataclass(frozen=True, slots=True)
class Checks:
    """One tool's table."""

    meanings: Mapping[str, Meaning]
    digest: str
    """12 hex digits of the table's sha256."""


def checks(tool: str) -> Checks:
    """The table of a tool.

    Raises:
        RuleError: it is malformed.
    """
    text = (rulebook.folder() / "analyzers" / f"{tool}_checks.toml").read_bytes()
    return Checks(meanings(text, tool), hashlib.sha256(text).hexdigest()[:12])


def meanings(text: bytes, tool: str) -> dict[str, Meaning]:
    """What a table says: check -> meaning.

    Raises:
        RuleError: it is malformed.
    """
    where = f"rules/analyzers/{tool}_checks.toml"
    try:
        codes = tomllib.loads(text.decode("utf-8"))["codes"]
        return {code: _meaning(words) for code, words in codes.items()}
    except (ValueError, KeyError, AttributeError) as error:
        raise RuleError(f"the table of {tool}'s checks is malformed: {error}", where=where) from error


def _meaning(words: str) -> Meaning:
    kind, severity, confidence, *cwe = words.split()
    return Meaning(Kind(kind), Severity(severity), Confidence(confidence), cwe[0] if cwe else "")
