"""No report shows a secret: every line that holds one is shown as its finding shows it, wherever the line turns up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from reviewer.records import Change, Finding, Kind, Line, LineKind, Verdict
from reviewer.report._text import decoded

HIDDEN = "****"

_MASK = "\u2026" + HIDDEN
"""What the reviewer of secrets writes in the place of one."""

_SECRET_RULE = "secret-"
"""How the ids of that reviewer begin."""

_QUOTED = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")

_SHORTEST = 6
"""Characters; a shorter piece of a line is too common to be hidden everywhere."""

_LONGEST = 4_000
"""Characters of a line that is compared with its snippet; the snippet of a longer line is only a part of it."""

_MOST_LINES = 500
"""Lines of a secret that are looked for elsewhere. All of a longer one are hidden where they stand."""


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
    """The masks that the findings about secrets ask for, silenced ones too."""
    secrets = [judged.finding for judged in verdict.findings if _is_about_secret(judged.finding)]
    if not secrets:
        return Masks({}, ())
    raw = _raw_lines(verdict.change, {finding.path for finding in secrets})
    lines: dict[tuple[bytes, int], str] = {}
    values: set[str] = set()
    for finding in secrets:
        lines.update(((finding.path, number), HIDDEN) for number in _numbers(finding, raw))
        values.update(_values(finding, raw))
    known = tuple(sorted(values, key=lambda value: (-len(value), value)))
    for finding in secrets:
        if finding.kind is Kind.SECRET:
            lines[finding.path, finding.start_line] = Masks({}, known).text(finding.snippet) or HIDDEN
    return Masks(lines, known)


def _is_about_secret(finding: Finding) -> bool:
    """Whether a secret stands on the finding's line. Another's finding may speak for it, and its snippet is bare."""
    return finding.kind is Kind.SECRET or any(rule.startswith(_SECRET_RULE) for rule in finding.also)


def _raw_lines(change: Change, paths: set[bytes]) -> dict[tuple[bytes, int], str]:
    return {
        (hunk.path, line.new_number): decoded(line.text)
        for hunk in change.hunks
        if hunk.path in paths
        for line in hunk.lines
        if line.kind is not LineKind.REMOVED
    }


def _numbers(finding: Finding, raw: Mapping[tuple[bytes, int], str]) -> Iterable[int]:
    """The lines of a finding; of one with many, those that the change shows."""
    if finding.end_line - finding.start_line <= _MOST_LINES:
        return range(finding.start_line, finding.end_line + 1)
    return [number for path, number in raw if path == finding.path and finding.start_line <= number <= finding.end_line]


def _values(finding: Finding, raw: Mapping[tuple[bytes, int], str]) -> Iterator[str]:
    """The secret as it stands in the file: by its columns, and by what its snippet leaves out."""
    first = raw.get((finding.path, finding.start_line), "")
    if finding.end_line > finding.start_line:
        numbers = range(finding.start_line + 1, min(finding.end_line, finding.start_line + _MOST_LINES) + 1)
        between = (raw.get((finding.path, number), "").strip(" \t\r\"',;\\+") for number in numbers)
        yield from (text for text in between if len(text) >= 4 * _SHORTEST)
        return
    if finding.kind is not Kind.SECRET:
        yield from (text for text in _QUOTED.findall(first) if len(text) >= _SHORTEST)
        return
    own = first[finding.start_column - 1 : finding.end_column - 1] if finding.end_column else ""
    candidates = [own, *_left_out(first, finding)]
    yield from (value for value in candidates if len(value) >= _SHORTEST and value not in finding.snippet)


def _left_out(line: str, finding: Finding) -> Iterator[str]:
    """What of the line is another in the snippet: the whole middle, and where it can be told each secret in it."""
    one, other = line.strip(), finding.snippet.strip()
    if len(one) > _LONGEST:
        return
    head = _in_common(one, other)
    tail = _in_common(one[head:][::-1], other[head:][::-1])
    yield one[head : len(one) - tail]
    place, kept = 0, other.split(_MASK)
    for before, behind in pairwise(kept):
        start = one.find(before, place) + len(before)
        place = one.find(behind, start + 1) if behind else len(one)
        if start < len(before) or place < 0:
            return
        yield one[start:place]


def _in_common(one: str, other: str) -> int:
    """Length of the beginning that both have."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, its) in pairs if mine != its), min(len(one), len(other)))
