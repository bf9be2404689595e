"""Which parts of a file a change left alone: they stand on both sides alike, and nothing is to be read in them.

Lines are looked at, not tokens: that is the point. In doubt a part is kept, which costs time and nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from reviewer.change._tokens import is_indented

_SHORTEST = 3
"""Lines that are worth leaving out."""

_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|class)\b")
_NO_STATEMENT = frozenset(" \t\f@#)]}")
"""What no statement at the left edge begins with that can be left out; decorators go with what they stand on."""
_SAME_STATEMENT = ("#", ")", "]", "}", "else", "elif", "except", "finally")
"""What goes on with the statement above it although it is indented no more."""

_BRACED = re.compile(
    r"\s*(?!(?:if|else|for|while|do|switch|try|catch|finally|select|case|default|synchronized|using|lock|return)\b)(?=[^\s}])"
    r".*(?:\)|=>|\b(?:func|function|class|interface|enum|struct|object|throws)\b.*)\s*\{\s*\Z"
)
"""The first line of a function or a class where blocks stand in braces."""
_BRACE = re.compile(r"\s*\{\s*\Z")
_ENDED = re.compile(r"\s*\}\s*\)*;?\s*\Z")

_UNFINISHED = tuple("=(,[+&|?:.")
"""What a line ends with whose statement goes on below it."""

_PAIRS = (("{", "}"), ("(", ")"), ("[", "]"), ("/*", "*/"))
_TWICE = ('"""', "'''", "`")
"""Marks of texts that go over several lines."""


def untouched(lines: Sequence[str], touched: Sequence[int], language: str) -> list[range]:
    """Line numbers (1-based) of what the change left alone, from top to bottom: whole functions and classes, and whole statements
    that stand in none.

    Args:
        touched: numbers of the lines that stay, ascending.
    """
    extent = _indented if is_indented(language) else _braced
    result: list[range] = []
    place = 0
    while place < len(lines):
        start, stop, holds_statements = extent(lines, place)
        if start == stop or (not holds_statements and _has(touched, start + 1, stop + 1)):
            place = _behind_text(lines, place)
        elif _has(touched, start + 1, stop + 1):
            place = stop
        elif not _is_whole(lines[start:stop]):
            place = _behind_text(lines, place)
        else:
            if result and result[-1].stop == start + 1:
                start = result.pop().start - 1
            result.append(range(start + 1, stop + 1))
            place = stop
    return [one for one in result if len(one) >= _SHORTEST]


def _has(numbers: Sequence[int], start: int, stop: int) -> bool:
    """Whether one of the numbers lies in a range, the end exclusive."""
    place = bisect_left(numbers, start)
    return place < len(numbers) and numbers[place] < stop


def _behind_text(lines: Sequence[str], place: int) -> int:
    """Index behind a line, or behind the text over several lines that it begins."""
    for mark in _TWICE:
        if lines[place].count(mark) % 2:
            return next((at + 1 for at in range(place + 1, len(lines)) if mark in lines[at]), place + 1)
    return place + 1


def _is_whole(lines: Sequence[str]) -> bool:
    """Whether everything that begins in these lines ends there."""
    text = "\n".join(lines)
    paired = all(text.count(opening) == text.count(closing) for opening, closing in _PAIRS)
    return paired and all(text.count(mark) % 2 == 0 for mark in _TWICE)


def _indented(lines: Sequence[str], place: int) -> tuple[int, int, bool]:
    """First index and end of the definition that begins on a line, or of the statement at the left edge, and whether statements
    stand in it rather than definitions. First and end are equal if there is none."""
    line = lines[place]
    if _DEFINITION.match(line) is None and (not line or line[0] in _NO_STATEMENT):
        return place, place, False
    depth = _depth(line)
    stop = _below(lines, place, depth, _SAME_STATEMENT)
    return _start(lines, place, depth), stop, not line.lstrip().startswith("class")


def _braced(lines: Sequence[str], place: int) -> tuple[int, int, bool]:
    """The same, where blocks stand in braces."""
    line = lines[place]
    if not line.rstrip().endswith("{"):
        return place, place, False
    head = place - 1 if place and _BRACE.match(line) else place
    depth = _depth(line)
    if _depth(lines[head]) != depth or _BRACED.match(lines[head] if head == place else lines[head] + " {") is None:
        return place, place, False
    stop = _below(lines, place, depth, ())
    start = _start(lines, head, depth)
    goes_on = start and lines[start - 1].rstrip().endswith(_UNFINISHED)
    if goes_on or stop == len(lines) or _depth(lines[stop]) != depth or _ENDED.match(lines[stop]) is None:
        return place, place, False
    return start, stop + 1, False


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _start(lines: Sequence[str], place: int, depth: int) -> int:
    """Index of the first of the decorators, annotations or attributes above a line."""
    while place and lines[place - 1].startswith(("@", "["), depth) and _depth(lines[place - 1]) == depth:
        place -= 1
    return place


def _below(lines: Sequence[str], place: int, depth: int, passed_over: tuple[str, ...]) -> int:
    """Index of the next line that is indented no more; the number of lines if there is none."""
    for at in range(place + 1, len(lines)):
        text = lines[at].lstrip()
        if text and len(lines[at]) - len(text) <= depth and not text.startswith(passed_over):
            return at
    return len(lines)
