"""Finds secrets in a text: keywords first, patterns only where a keyword stands, then what patterns cannot say.

Every step is linear in the text: Aho-Corasick for the keywords, RE2 for the patterns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import re2
from ahocorasick_rs import BytesAhoCorasick

from reviewer.records import Confidence, Severity
from reviewer.review._secret_checks import CHECKS, Candidate, Judgement
from reviewer.review._secret_pack import Detector, Pack
from reviewer.review._secret_words import entropy

LONG_LINE = 20_000
"""Bytes; in a longer line only the surroundings of the keywords are looked at."""

_BEFORE, _AFTER = 1_000, 4_000
"""Bytes around a keyword that are looked at in a long line. No known format is longer than the second."""

_SHOWN = 200
"""Bytes on each side of a match that a check gets to see."""

_BLOB = 60
"""Bytes: a match with a longer run of base 64 before it or behind it is a piece of some binary data."""

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret in the text; `start` and `end` are byte offsets."""

    detector: Detector
    start: int
    end: int
    severity: Severity
    confidence: Confidence


class Scanner:
    """A pack, ready to scan. Patterns are compiled when their keyword is first met."""

    def __init__(self, pack: Pack) -> None:
        owners: dict[bytes, list[int]] = {}
        for number, detector in enumerate(pack.detectors):
            for keyword in detector.keywords:
                owners.setdefault(keyword, []).append(number)
        self._detectors = pack.detectors
        self._owners = list(owners.values())
        self._keywords = BytesAhoCorasick(list(owners))

    def scan(self, text: bytes, language: str = "") -> list[Hit]:
        """All secrets in a text, in order; of overlapping ones only the most telling.

        Args:
            language: of the file it stands in, as in `Hunk.language`.
        """
        found: list[Hit] = []
        for number, windows in self._windows(text).items():
            detector = self._detectors[number]
            pattern = compiled(detector.pattern)
            for start, end in windows:
                found += _hits(detector, pattern, text, start, end, language)
        return _without_overlaps(found)

    def _windows(self, text: bytes) -> dict[int, list[tuple[int, int]]]:
        """Where each detector has to look: detector number -> byte ranges, in order, without overlap."""
        windows: dict[int, list[tuple[int, int]]] = {}
        start, end = 0, -1
        for keyword, place, stop in self._keywords.find_matches_as_indexes(text.lower(), overlapping=True):
            if not start <= place <= end:
                start = text.rfind(b"\n", 0, place) + 1
                end = _end_of_line(text, stop)
            for number in self._owners[keyword]:
                _add(windows.setdefault(number, []), *_clipped(text, start, end, place, self._detectors[number].span))
        return windows


def compiled(pattern: str) -> re2._Regexp:
    """A pattern over bytes: each of its dots and classes takes one byte, whether the text is UTF-8 or not."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(pattern.encode("latin-1"), options)


def _end_of_line(text: bytes, place: int) -> int:
    end = text.find(b"\n", place)
    return len(text) if end < 0 else end


def _clipped(text: bytes, start: int, end: int, place: int, span: int) -> tuple[int, int]:
    """The part of a line to look at, and of the text behind it that the pattern may span."""
    if end - start > LONG_LINE:
        return max(start, place - _BEFORE), min(end, place + _AFTER)
    return start, _end_of_line(text, end + span) if span else end


def _add(windows: list[tuple[int, int]], start: int, end: int) -> None:
    # Lines that follow each other are searched in one go: a call costs more than a line.
    if windows and start <= windows[-1][1] + 1:
        windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
    else:
        windows.append((start, end))


def _hits(detector: Detector, pattern: re2._Regexp, text: bytes, start: int, end: int, language: str) -> Iterator[Hit]:
    """What one pattern finds in one window, after all filters."""
    name_group = pattern.groupindex.get(b"key", 0)
    window = text[start:end]
    for match in pattern.finditer(window):
        groups = [group for group in range(1, pattern.groups + 1) if group != name_group and match.start(group) >= 0]
        first, last = match.span(groups[0] if groups else 0)
        name = match.group(name_group) if name_group and match.start(name_group) >= 0 else b""
        hit = _judged(detector, window, first, last, name, language)
        if hit is not None:
            yield Hit(detector, start + first, start + last, *hit)


def _judged(
    detector: Detector, window: bytes, first: int, last: int, name: bytes, language: str
) -> tuple[Severity, Confidence] | None:
    """How bad and how sure a match is; None if it is no secret."""
    secret = window[first:last].decode("utf-8", "replace")
    if last <= first or (detector.min_entropy and entropy(secret) < detector.min_entropy) or _in_blob(window, first, last):
        return None
    candidate = Candidate(
        secret=secret,
        name=name.decode("utf-8", "replace"),
        before=window[max(0, first - _SHOWN) : first].decode("utf-8", "replace"),
        after=window[last : last + _SHOWN].decode("utf-8", "replace"),
        language=language,
    )
    judgement = CHECKS[detector.check](candidate)
    if judgement is Judgement.DROP:
        return None
    if judgement is Judgement.DOUBT:
        return Severity.WARNING, min(detector.confidence, Confidence.MEDIUM, key=lambda confidence: confidence.rank)
    return detector.severity, detector.confidence


def _in_blob(window: bytes, first: int, last: int) -> bool:
    """Whether the match is a piece of a longer run of base 64, such as an image or a hash list."""
    before = window[max(0, first - _BLOB) : first]
    after = window[last : last + _BLOB]
    return any(len(side) == _BLOB and _BASE64.issuperset(side) for side in (before, after))


def _without_overlaps(hits: Sequence[Hit]) -> list[Hit]:
    """Of hits on overlapping ranges the one that names the provider, is surest, is worst, is longest, in this order."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if kept and hit.start < kept[-1].end:
            if _weight(hit) > _weight(kept[-1]):
                kept[-1] = hit
        else:
            kept.append(hit)
    return kept


def _weight(hit: Hit) -> tuple[int, int, int, int]:
    return hit.detector.rank, hit.confidence.rank, hit.severity.rank, hit.end - hit.start
