"""No report shows a secret: every line that holds one is shown as its finding shows it, wherever the line turns up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.records import Change, Finding, Kind, Line, LineKind, Verdict
from reviewer.report._text import decoded

HIDDEN = "****"

_SHORTEST = 6
"""Characters; a shorter piece of a line is too common to be hidden everywhere."""


@dataclass(frozen=True, slots=True)
class Masks:
    """What must not be shown, and what is shown instead."""

    lines: Mapping[tuple[bytes, int], str]
    """By path and line number of the new file."""
    values: tuple[str, ...]
    """The secrets themselves as far as they are known, the longest first: they may stand in other lines too."""

    def line(self, path: bytes, line: Line) -> str:
        """A line of a hunk, decoded, without secrets."""
        if line.kind is not LineKind.REMOVED and (path, line.new_number) in self.lines:
            return self.lines[path, line.new_number]
        return self.text(decoded(line.text))

    def text(self, text: str) -> str:
        """Any text without secrets."""
        for value in self.values:
            text = text.replace(value, HIDDEN)
        return text

    def snippet(self, finding: Finding) -> str:
        """A finding's own snippet; another reviewer may have quoted a line that holds a secret."""
        if finding.kind is Kind.SECRET:
            return self.lines[finding.path, finding.start_line]
        return self.lines.get((finding.path, finding.start_line)) or self.text(finding.snippet)


def masks_of(verdict: Verdict) -> Masks:
    """The masks that the findings of kind `SECRET` ask for, silenced ones too."""
    secrets = [judged.finding for judged in verdict.findings if judged.finding.kind is Kind.SECRET]
    if not secrets:
        return Masks({}, ())
    raw = _raw_lines(verdict.change, {finding.path for finding in secrets})
    lines: dict[tuple[bytes, int], str] = {}
    values: set[str] = set()
    for finding in secrets:
        for number in range(finding.start_line, min(finding.end_line, finding.start_line + 10_000) + 1):
            lines.setdefault((finding.path, number), HIDDEN)
        values.update(_values(finding, raw))
    known = tuple(sorted(values, key=lambda value: (-len(value), value)))
    for finding in secrets:
        lines[finding.path, finding.start_line] = Masks({}, known).text(finding.snippet) or HIDDEN
    return Masks(lines, known)


def _raw_lines(change: Change, paths: set[bytes]) -> dict[tuple[bytes, int], str]:
    return {
        (hunk.path, line.new_number): decoded(line.text)
        for hunk in change.hunks
        if hunk.path in paths
        for line in hunk.lines
        if line.kind is not LineKind.REMOVED
    }


def _values(finding: Finding, raw: Mapping[tuple[bytes, int], str]) -> Iterator[str]:
    """The secret as it stands in the file: by its columns, and by what its snippet leaves out."""
    first = raw.get((finding.path, finding.start_line), "")
    if finding.end_line > finding.start_line:
        between = (raw.get((finding.path, number), "") for number in range(finding.start_line + 1, finding.end_line))
        yield from (text.strip() for text in between if len(text.strip()) >= 4 * _SHORTEST)
        return
    candidates = [
        first[finding.start_column - 1 : finding.end_column - 1] if finding.end_column else "",
        _left_out(first, finding),
    ]
    yield from (value for value in candidates if len(value) >= _SHORTEST and value not in finding.snippet)


def _left_out(line: str, finding: Finding) -> str:
    """The middle of the line that is another in the snippet."""
    one, other = line.strip(), finding.snippet.strip()
    head = _in_common(one, other)
    tail = _in_common(one[head:][::-1], other[head:][::-1])
    return one[head : len(one) - tail]


def _in_common(one: str, other: str) -> int:
    """Length of the beginning that both have."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, its) in pairs if mine != its), min(len(one), len(other)))
