"""What an engine of the rules reviewer says: one rule at one place of one file."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.records import Confidence, Kind, Severity

MOST_MATCHES = 1000
"""Matches that are kept of one file; a file with more is reported as failed, with these."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a rule's `fix` puts in place of a match."""

    start: int
    """0-based byte of the file."""
    end: int
    """Exclusive."""
    text: bytes
    made_of: tuple[tuple[int, bytes], ...]
    """Offsets and bytes of the scanned copy that the text was made of: where the file has other bytes the text is wrong."""


@dataclass(frozen=True, slots=True)
class Match:
    """One match. Numbers are 1-based and columns count characters; the end column is exclusive."""

    rule: str
    severity: Severity
    kind: Kind
    confidence: Confidence
    cwe: str
    message: str
    remedy: str
    start_line: int
    end_line: int
    start_column: int
    end_column: int
    edit: Edit | None = None
    """None if the rule has no fix."""
