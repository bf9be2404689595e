"""Builds hunks and files for tests from a few lines of diff text."""

from __future__ import annotations

from reviewer.intake.languages import language_of
from reviewer.records import FileChange, Hunk, Line, LineKind, Status


def make_hunk(path: bytes, *lines: str | bytes, start: int = 1, language: str | None = None) -> Hunk:
    """A hunk whose lines are given with their sign: "+x", "-x" or " x"."""
    old = new = start
    made = []
    for text in lines:
        raw = text.encode() if isinstance(text, str) else text
        kind = LineKind(raw[:1].decode())
        made.append(Line(kind, raw[1:], 0 if kind is LineKind.ADDED else old, 0 if kind is LineKind.REMOVED else new))
        old += kind is not LineKind.ADDED
        new += kind is not LineKind.REMOVED
    known = language_of(path) if language is None else language
    return Hunk(path, known, start, old - start, start, new - start, "", tuple(made))


def make_file(*hunks: Hunk, status: Status = Status.MODIFIED) -> FileChange:
    """The file of some hunks."""
    path = hunks[0].path
    old, new = "1" * 40, "2" * 40
    return FileChange(path, status, path, 0o100644, 0o100644, old, new, hunks[0].language, hunks)
