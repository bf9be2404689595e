"""Copied lines in which one name was forgotten: `x` became `y` everywhere but in one place."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from reviewer.change._sides import Sides
from reviewer.change._statements import Statement, statements
from reviewer.change._tokens import TokenKind
from reviewer.change.interface import Context, Spot, is_container

_SHORTEST = 8
"""Tokens: shorter statements look alike by chance."""

_FEWEST = 3
"""Signs in a statement of that many tokens."""

_ESCAPE = re.compile(r"\\.")
_TEXT = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|(?:#|//)[^\n]*")
"""A text or a comment, near enough. Linear once the escapes are gone: of one quote at most one in a line has no partner."""

_NO_LETTERS = {ord(char): None for char in string.ascii_letters + string.digits + "_ \t\r"}


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Pairs of added statements, one right after the other."""
    for one, other in _pairs_of_new(sides) if not sides.old else _pairs(sides):
        forgotten = _forgotten(one, other)
        if forgotten:
            yield Spot("change-copy-half-renamed", other.first, forgotten)


def _pairs(sides: Sides) -> Iterator[tuple[Statement, Statement]]:
    for one, other in pairwise([edit.new for edit in sides.edits if edit.new is not None and edit.old is None]):
        if other.index == one.index + 1 and other.first in sides.added and one.depth == other.depth:
            yield one, other


def _pairs_of_new(sides: Sides) -> Iterator[tuple[Statement, Statement]]:
    """Of a new file only the lines that look like the ones below them are cut into statements."""
    for lines in _alike(sides.new):
        text = "\n".join(sides.new_lines[lines.start : lines.stop])
        found = statements(text, sides.language, range(lines.start + 1, lines.stop + 1))
        yield from ((one, other) for one, other in pairwise(found) if one.depth == other.depth)


def _alike(text: str) -> Iterator[range]:
    """Indexes of the lines of statements that have the same signs in the same order as the ones before them."""
    begin = end = last_begin = 0
    last = ""
    for place, signs in _statements_by_signs(text):
        if signs == last and len(signs) >= _FEWEST:
            begin, end = begin if end else last_begin, place.stop
        elif end:
            yield range(begin, end)
            end = 0
        last, last_begin = signs, place.start
    if end:
        yield range(begin, end)


def _statements_by_signs(text: str) -> Iterator[tuple[range, str]]:
    """Indexes of the lines of statements, as brackets tell them, and what they hold besides names, numbers and texts."""
    start = depth = 0
    pending: list[str] = []
    for place, signs in enumerate(_TEXT.sub('"', _ESCAPE.sub("", text)).translate(_NO_LETTERS).split("\n")):
        if not pending:
            start = place
        if signs:
            pending.append(signs)
            depth += sum(map(signs.count, "([{")) - sum(map(signs.count, ")]}"))
        if pending and depth <= 0:
            yield range(start, place + 1), "".join(pending)
            pending, depth = [], 0


def _forgotten(one: Statement, other: Statement) -> str:
    """The name that was replaced at two places or more, and stayed at one; empty if there is none."""
    if len(one.tokens) != len(other.tokens) or len(one.tokens) < _SHORTEST or is_container(one):
        return ""
    renamed: Counter[tuple[str, str]] = Counter()
    kept: Counter[str] = Counter()
    for then, now in zip(one.tokens, other.tokens, strict=True):
        if then.kind is not now.kind or (then.kind is TokenKind.OPERATOR and then.text != now.text):
            return ""
        if then.kind is TokenKind.NAME and then.text == now.text:
            kept[then.text] += 1
        elif then.kind is TokenKind.NAME:
            renamed[then.text, now.text] += 1
    if len(renamed) != 1:
        return ""
    (name, _), times = next(iter(renamed.items()))
    return name if times >= 2 and kept[name] == 1 else ""
