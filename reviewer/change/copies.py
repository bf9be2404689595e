"""Copied lines in which one name was forgotten: `x` became `y` everywhere but in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from reviewer.change._sides import Sides
from reviewer.change._statements import Statement
from reviewer.change._tokens import TokenKind
from reviewer.change.interface import Context, Spot, is_container

_SHORTEST = 8
"""Tokens: shorter statements look alike by chance."""


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Pairs of added statements, one right after the other."""
    if sides.is_test:
        return
    for one, other in pairwise([edit.new for edit in sides.edits if edit.new is not None and edit.old is None]):
        if other.index == one.index + 1 and other.first in sides.added and one.depth == other.depth:
            forgotten = _forgotten(one, other)
            if forgotten:
                yield Spot("change-copy-half-renamed", other.first, forgotten)


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
