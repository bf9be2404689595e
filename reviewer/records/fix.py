"""A mend of a finding: which bytes of its file give way to which others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Replacement:
    """Bytes that take the place of others, in the file as it was reviewed."""

    start: int
    """0-based byte."""
    end: int
    """Exclusive; `start` for an insertion."""
    text: bytes
    start_line: int
    """1-based, as git counts lines."""
    start_column: int
    """1-based, in characters (Unicode code points); a byte that is not UTF-8 counts as one."""
    end_line: int
    end_column: int
    """Exclusive."""

    @staticmethod
    def least(content: bytes, start: int, end: int, text: bytes) -> Replacement:
        """The same, without what is equal at both ends: a template often repeats most of what it replaces.

        Raises:
            ValueError: there are no such bytes.
        """
        old = content[start:end]
        head = _in_common(old, text)
        tail = _in_common(old[head:][::-1], text[head:][::-1])
        while head and (_inside(old, head) or _inside(text, head)):
            head -= 1
        while tail and (_inside(old, len(old) - tail) or _inside(text, len(text) - tail)):
            tail -= 1
        return Replacement.at(content, start + head, end - tail, text[head : len(text) - tail])

    @staticmethod
    def at(content: bytes, start: int, end: int, text: bytes) -> Replacement:
        """The replacement of `content[start:end]`.

        Raises:
            ValueError: there are no such bytes.
        """
        if not 0 <= start <= end <= len(content):
            raise ValueError(f"bytes {start} to {end} of {len(content)}")
        return Replacement(start, end, text, *_place(content, start), *_place(content, end))


@dataclass(frozen=True, slots=True)
class Fix:
    """What a rule or a tool proposes. Nothing has been proven of it."""

    replacements: tuple[Replacement, ...]
    """One or more, from top to bottom; no two share a byte or a place of insertion."""
    source: str
    """Who proposes it: "rule", or the name of a tool such as "ruff"."""

    @staticmethod
    def of(replacements: list[Replacement], source: str) -> Fix | None:
        """The fix that these make together; None if they are none, or contradict each other."""
        ordered = tuple(sorted(set(replacements), key=lambda one: (one.start, one.end)))
        clear = all(not clash(one, other) for one, other in pairwise(ordered))
        return Fix(ordered, source) if ordered and clear else None


def clash(one: Replacement, other: Replacement) -> bool:
    """Whether two replacements share a byte or a place of insertion."""
    if one.start == other.start:
        return True
    first, second = sorted((one, other), key=lambda each: each.start)
    return second.start < first.end


def _in_common(one: bytes, other: bytes) -> int:
    """Bytes that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, its) in pairs if mine != its), min(len(one), len(other)))


def _inside(text: bytes, at: int) -> bool:
    """Whether a place is inside of a character of UTF-8."""
    return at < len(text) and text[at] & 0xC0 == 0x80


def _place(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte."""
    start = content.rfind(b"\n", 0, offset) + 1
    return content.count(b"\n", 0, offset) + 1, len(content[start:offset].decode("utf-8", "surrogateescape")) + 1


@dataclass(frozen=True, slots=True)
class Mend:
    """A fix that is proven."""

    fix: Fix
    line: str | None
    """What stands in place of the finding's line, if nothing else changes and it is text: what code hosts offer at a click."""
