"""A hunk's text before and after, as two sequences that can be compared."""

from __future__ import annotations

from reviewer.records import Hunk, Line, LineKind


def before(hunk: Hunk) -> list[Line]:
    """Context and removed lines, in order."""
    return [line for line in hunk.lines if line.kind is not LineKind.ADDED]


def after(hunk: Hunk) -> list[Line]:
    """Context and added lines, in order."""
    return [line for line in hunk.lines if line.kind is not LineKind.REMOVED]
