"""From the text of one hunk, as `detect --jsonl` is given it, to a Hunk."""

from __future__ import annotations

import re

from reviewer.intake.languages import language_of
from reviewer.records import FileChange, Hunk, Line, LineKind, Status

_HEADER = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)")
_KINDS = {"+": LineKind.ADDED, "-": LineKind.REMOVED, " ": LineKind.CONTEXT, "": LineKind.CONTEXT}


def read_hunk(path: str, text: str) -> Hunk | None:
    """The hunk, or None if no line of the text is added or removed.

    Whatever stands above the first `@@` line is a file's header and left out; a text without one begins with its lines. Further
    `@@` lines are read as part of the same hunk. The counts of the header are kept even if the text was cut off.
    """
    # JSON can hold half a surrogate pair.
    raw_path = path.encode("utf-8", "surrogatepass")
    rows = text.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    first = next((number for number, row in enumerate(rows) if _HEADER.match(row)), None)
    old_start, old_count, new_start, new_count, section = _counts(rows[first]) if first is not None else (1, 0, 1, 0, "")
    lines = _lines(rows if first is None else rows[first + 1 :], old_start, new_start)
    if not any(line.kind is not LineKind.CONTEXT for line in lines):
        return None
    language = language_of(raw_path, lines[0].text if new_start == 1 else b"")
    old_seen = sum(line.kind is not LineKind.ADDED for line in lines)
    new_seen = sum(line.kind is not LineKind.REMOVED for line in lines)
    return Hunk(
        raw_path, language, old_start, max(old_count, old_seen), new_start, max(new_count, new_seen), section, tuple(lines)
    )


def file_of(hunk: Hunk) -> FileChange:
    """What is known of the hunk's file when nothing but the hunk is."""
    status = Status.ADDED if not hunk.old_count else Status.MODIFIED if hunk.new_count else Status.DELETED
    return FileChange(hunk.path, status, hunk.path, 0o100644, 0o100644, "", "", hunk.language, (hunk,))


def _counts(row: str) -> tuple[int, int, int, int, str]:
    found = _HEADER.match(row)
    assert found is not None
    old_start, old_count, new_start, new_count, section = found.groups()
    return int(old_start), int(old_count or 1), int(new_start), int(new_count or 1), section.strip()


def _lines(rows: list[str], old: int, new: int) -> list[Line]:
    lines = []
    for row in rows:
        kind = _KINDS.get(row[:1])
        if kind is None:
            continue
        raw = row[1:].encode("utf-8", "surrogatepass")
        lines.append(Line(kind, raw, 0 if kind is LineKind.ADDED else old, 0 if kind is LineKind.REMOVED else new))
        old += kind is not LineKind.ADDED
        new += kind is not LineKind.REMOVED
    return lines
