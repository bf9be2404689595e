"""Finds secrets in a text: keywords first, patterns only where a keyword stands, then what patterns cannot say.

Every step is linear in the text: Aho-Corasick for the keywords, RE2 for the patterns, and a bounded number of guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import re2
from ahocorasick_rs import BytesAhoCorasick

from reviewer.records import Confidence, Severity
from reviewer.review._secret_match import Match
from reviewer.review._secret_pack import Detector, Pack

LONG_LINE = 20_000
"""Bytes; in a longer line only the surroundings of the keywords are looked at."""

MOST_GUESSES = 4_000
"""Values after telling names that one detector of rank 0 judges in one text; known formats are looked for in all of it."""

_BEFORE, _AFTER, _ENOUGH = 1_000, 8_000, 4_000
"""Bytes around a keyword that are looked at in a long line; behind a further keyword at least the third. No known format is
longer than that."""

_ENDS = re.compile(rb"[\s\"'`<>]")
"""What ends a secret that goes on beyond the part of a long line that was looked at."""

_GAP = 256
"""Bytes between two places that are looked at as one."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret in the text; `start` and `end` are byte offsets."""

    detector: Detector
    start: int
    end: int
    severity: Severity
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text holds."""

    hits: Sequence[Hit]
    """In order; of overlapping ones only the most telling."""
    spans: Sequence[tuple[int, int]]
    """Byte ranges of all of them, overlapping ones too: nothing of these may be shown."""
    guessed: int
    """Byte offset from which on only known formats were looked for; the text's length if there were not too many guesses."""
    unfinished: bool
    """Whether there were too many."""


class _Pattern:
    """A compiled pattern and which of its groups is what."""

    def __init__(self, detector: Detector) -> None:
        self.regexp = compiled(detector.pattern)
        self.name = self.regexp.groupindex.get(b"key", 0)
        self.groups = [group for group in range(1, self.regexp.groups + 1) if group != self.name]

    def finditer(self, window: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield where each secret begins and ends, and its name."""
        for match in self.regexp.finditer(window):
            group = next((group for group in self.groups if match.start(group) >= 0), 0)
            first, last = match.span(group)
            name = match.group(self.name) or b"" if self.name else b""
            if first < last:
                yield first, last, name


class Scanner:
    """A pack, ready to scan. Detectors are read and compiled when one of their keywords is first met."""

    def __init__(self, pack: Pack) -> None:
        groups: dict[str, list[int]] = {}
        for number, entry in enumerate(pack.entries):
            groups.setdefault(entry.family, []).append(number)
        owners: dict[bytes, list[int]] = {}
        for family, members in enumerate(groups.values()):
            for keyword in pack.entries[members[0]].keywords:
                owners.setdefault(keyword, []).append(family)
        self._entries = pack.entries
        self._everywhere = [family for family, members in enumerate(groups.values()) if not pack.entries[members[0]].keywords]
        self._members = list(groups.values())
        self._owners = list(owners.values())
        self._keywords = BytesAhoCorasick(list(owners))
        self._families: dict[int, tuple[Detector, ...]] = {}
        self._patterns: dict[str, _Pattern] = {}

    def scan(self, text: bytes, language: str = "") -> Scan:
        """All secrets in a text.

        Args:
            language: of the file it stands in, as in `Hunk.language`.
        """
        found: list[Hit] = []
        guessed = len(text)
        for number, windows in self._windows(text).items():
            for detector in self._family(number):
                hits, reached = self._hits(detector, text, windows, language)
                found += hits
                guessed = min(guessed, reached)
        spans = [(hit.start, hit.end) for hit in found]
        return Scan(_without_overlaps(found), spans, guessed, guessed < len(text))

    def _hits(self, detector: Detector, text: bytes, windows: Sequence[Sequence[int]], language: str) -> tuple[list[Hit], int]:
        """What one pattern finds after all filters, and up to where it looked."""
        pattern = self._pattern(detector)
        hits: list[Hit] = []
        left = MOST_GUESSES if detector.rank == 0 else len(text)
        for start, end in windows:
            window = text[start:end]
            for first, last, name in pattern.finditer(window):
                if left == 0:
                    return hits, start + first
                left -= 1
                judged = _judge()(detector, Match(window, first, last, name, language))
                if judged is not None:
                    stop = _end_of_secret(text, end) if last == len(window) else start + last
                    hits.append(Hit(detector, start + first, stop, *judged))
        return hits, len(text)

    def _pattern(self, detector: Detector) -> _Pattern:
        pattern = self._patterns.get(detector.id)
        if pattern is None:
            pattern = self._patterns[detector.id] = _Pattern(detector)
        return pattern

    def _family(self, number: int) -> tuple[Detector, ...]:
        """Detectors with the same keywords, the one that spans most first."""
        family = self._families.get(number)
        if family is None:
            detectors = [self._entries[member].read() for member in self._members[number]]
            family = self._families[number] = tuple(sorted(detectors, key=lambda detector: -detector.span))
        return family

    def _windows(self, text: bytes) -> dict[int, list[list[int]]]:
        """Where each family has to look: its number -> byte ranges [start, end), in order, without overlap."""
        windows = {number: [[0, len(text)]] for number in self._everywhere}
        start, end = 0, -1
        done = [-1] * len(self._owners)
        for keyword, place, stop in self._keywords.find_matches_as_indexes(text.lower(), overlapping=True):
            if stop <= done[keyword]:
                continue
            if stop > end:
                start = text.rfind(b"\n", 0, place) + 1
                end = _end_of_line(text, stop)
            for number in self._owners[keyword]:
                _add(windows.setdefault(number, []), *_clipped(text, start, end, place, self._family(number)[0].span))
            done[keyword] = end if end - start <= LONG_LINE else min(end, place + _AFTER - _ENOUGH)
        return windows


def compiled(pattern: str) -> re2._Regexp:
    """A pattern over bytes: each of its dots and classes takes one byte, whether the text is UTF-8 or not."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(pattern.encode("latin-1"), options)


def _end_of_secret(text: bytes, place: int) -> int:
    found = _ENDS.search(text, place)
    return found.start() if found else len(text)


def _end_of_line(text: bytes, place: int) -> int:
    end = text.find(b"\n", place)
    return len(text) if end < 0 else end


def _clipped(text: bytes, start: int, end: int, place: int, span: int) -> tuple[int, int]:
    """The part of a line to look at, and of the text behind it that the pattern may span."""
    if end - start > LONG_LINE:
        return max(start, place - _BEFORE), min(end, place + _AFTER)
    return start, _end_of_line(text, end + span) if span else end


def _add(ranges: list[list[int]], start: int, end: int) -> None:
    # Lines near each other are searched in one go: a call costs more than a few lines without the keyword.
    if ranges and start <= ranges[-1][1] + _GAP:
        ranges[-1][1] = max(end, ranges[-1][1])
    else:
        ranges.append([start, end])


@cache
def _judge() -> Callable[[Detector, Match], tuple[Severity, Confidence] | None]:
    # Most changes hold no candidate, and the checks are a good part of this reviewer's start.
    from reviewer.review._secret_checks import judged

    return judged


def _without_overlaps(hits: Sequence[Hit]) -> list[Hit]:
    """Of hits on overlapping ranges the weightiest."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if kept and hit.start < kept[-1].end:
            if weight(hit) > weight(kept[-1]):
                kept[-1] = hit
        else:
            kept.append(hit)
    return kept


def weight(hit: Hit) -> tuple[int, int, int, int]:
    """How much a finding says: it names the provider, is surer, worse, longer, in this order."""
    return hit.detector.rank, hit.confidence.rank, hit.severity.rank, hit.end - hit.start
