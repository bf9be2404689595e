"""Something a reviewer says about lines that the change added or touched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

from reviewer.records.change import printable
from reviewer.records.fix import Fix


class Kind(str, Enum):
    """What sort of problem it is."""

    SECURITY = "security"
    BUG = "bug"
    STYLE = "style"
    SECRET = "secret"


class Severity(str, Enum):
    """How bad it is if it is true. Ordered: see `rank`."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """2 for an error, 0 for an info."""
        return {"error": 2, "warning": 1, "info": 0}[self.value]


class Confidence(str, Enum):
    """How sure the reviewer is that it is true. Kept apart from severity."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """2 for high, 0 for low."""
        return {"high": 2, "medium": 1, "low": 0}[self.value]


@dataclass(frozen=True, slots=True)
class Step:
    """One station of a value on its way from a source to a sink, in the finding's file."""

    line: int
    """1-based, in the new file."""
    column: int
    """1-based, in characters."""
    text: str
    """The code there."""
    note: str
    """What happens there, in words."""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The decision of a person that a finding is no problem."""

    why: str
    who: str
    """Name and mail address."""
    on: str
    """The day (UTC), as YYYY-MM-DD."""
    until: str
    """The last day on which it counts; empty if it has no end."""
    by_change: bool
    """Whether the decision is part of the very change under review."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem at one place. Line and column numbers are 1-based, in the new file; the end column is exclusive."""

    rule: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    path: bytes
    start_line: int
    end_line: int
    start_column: int
    """In characters (Unicode code points); 1 if only the line is known."""
    end_column: int
    """0 if only the line is known."""
    snippet: str
    """The line that anchors it, as it stands in the new file; secrets in it are masked."""
    message: str
    """What goes wrong."""
    remedy: str
    """How to write it instead."""
    cwe: str
    """Such as "CWE-89"; empty if none applies."""
    reviewer: str
    """Which engine said it: "rules", "secrets", "analyzers/ruff", "models/NAME"."""
    occurrence: int = 0
    """Counts findings of one rule on equal lines of one file, from 0."""
    also: tuple[str, ...] = ()
    """Rules of other reviewers that reported the same problem at the same place."""
    suppressed: str = ""
    """Why a person silenced it; empty if nobody did."""
    flow: tuple[Step, ...] = ()
    """The way of the value from where it comes in to where it does harm; empty if that is not what the finding is about."""
    dismissed: Dismissed | None = None
    """Who dismissed it and why; None if nobody did."""
    fix: Fix | None = None
    """What would mend it, not proven; None if nobody proposes anything. Neither fingerprint nor attestation know of it."""

    @property
    def fingerprint(self) -> str:
        """32 hex digits that survive line drift: rule, path, the line without its white space, and which of equal ones it is."""
        anchor = "".join(self.snippet.split())
        text = "\0".join((self.rule, printable(self.path), anchor, str(self.occurrence)))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
