"""The lines of a hunk around a finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reviewer.records import Change, Finding, Hunk, Kind, LineKind
from reviewer.report._masking import HIDDEN, Masks

AROUND = 2
"""Lines shown before and after."""

_MOST = 12
"""Lines of a long finding that are shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an excerpt."""

    kind: LineKind
    number: int
    """In the new file; 0 for a removed line."""
    text: str
    """Decoded, without secrets, not yet safe to print."""
    marked: bool
    """Whether the finding is about it."""
    columns: tuple[int, int] | None
    """First column and the one after the last, 1-based, if they are known and still fit the text."""


_FARTHEST = 10_000
"""Lines of a finding that are looked for in the hunks."""


class Lines:
    """Where the lines of the new files stand in their hunks.

    Args:
        change: the change.
        paths: the files that will be asked for.
    """

    def __init__(self, change: Change, paths: Iterable[bytes]) -> None:
        asked = set(paths)
        self._places: dict[tuple[bytes, int], tuple[Hunk, int]] = {}
        for hunk in change.hunks:
            if hunk.path in asked:
                self._places.update(
                    ((hunk.path, line.new_number), (hunk, place)) for place, line in enumerate(hunk.lines) if line.new_number
                )

    def place(self, path: bytes, number: int) -> tuple[Hunk, int] | None:
        """The hunk of a line and its place there; None if it is in no hunk."""
        return self._places.get((path, number))

    def first_of(self, finding: Finding) -> tuple[Hunk, int] | None:
        """The place of the first line of a finding that is in a hunk."""
        numbers = range(finding.start_line, min(finding.end_line, finding.start_line + _FARTHEST) + 1)
        return next((place for number in numbers if (place := self.place(finding.path, number))), None)


def excerpt(finding: Finding, lines: Lines, masks: Masks) -> list[Row]:
    """What to show of the finding's file; only its snippet if its line stands in no hunk."""
    found = lines.first_of(finding)
    if found is None:
        return [Row(LineKind.CONTEXT, finding.start_line, masks.snippet(finding), True, None)]
    hunk, first = found
    last = first
    for place, line in enumerate(hunk.lines[first : first + _MOST], first):
        last = place if _is_meant(finding, line.new_number) else last
    rows = []
    for line in hunk.lines[max(0, first - AROUND) : last + AROUND + 1]:
        text = masks.line(finding.path, line)
        marked = _is_meant(finding, line.new_number)
        rows.append(Row(line.kind, line.new_number, text, marked, _columns(finding, masks) if marked else None))
    return rows


def _is_meant(finding: Finding, number: int) -> bool:
    return number > 0 and finding.start_line <= number <= finding.end_line


def _columns(finding: Finding, masks: Masks) -> tuple[int, int] | None:
    """Columns of a finding on one line; those of a secret end where its mask does."""
    if finding.end_column <= finding.start_column or finding.start_line != finding.end_line:
        return None
    mask = masks.lines.get((finding.path, finding.start_line))
    if mask is None:
        return finding.start_column, finding.end_column
    at = mask.find(HIDDEN)
    if finding.kind is not Kind.SECRET or at < 0:
        return None
    return min(finding.start_column, at + 1), at + len(HIDDEN) + 1
