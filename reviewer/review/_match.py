"""What an engine of the rules reviewer says: one rule at one place of one file."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.records import Confidence, Kind, Severity

MOST_MATCHES = 1000
"""Matches that are kept of one file; a file with more is reported as failed, with these."""


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
