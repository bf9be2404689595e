"""Replacements of bytes: put into a file, laid over each other, and followed from the lines before to the lines after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from reviewer.records import Fix, Replacement
from reviewer.records.fix import clash

_BARE = re.compile(rb"(?<!\r)\n")


def applied(content: bytes, replacements: Sequence[Replacement]) -> bytes:
    """The file with the replacements in it; every other byte is as it was.

    Args:
        replacements: from top to bottom, none of which clash; see `Fix.replacements`.

    Raises:
        ValueError: they do not fit the file, or each other.
    """
    pieces: list[bytes] = []
    at = 0
    for one in replacements:
        if not at <= one.start <= one.end <= len(content):
            raise ValueError(f"bytes {one.start} to {one.end} of {len(content)}, behind {at}")
        pieces += content[at : one.start], one.text
        at = one.end
    return b"".join([*pieces, content[at:]])


def united(fixes: Iterable[Fix]) -> tuple[Replacement, ...]:
    """The replacements of several fixes of one file, from top to bottom.

    Raises:
        ValueError: two of them clash.
    """
    ordered = sorted((one for fix in fixes for one in fix.replacements), key=lambda one: (one.start, one.end))
    if any(clash(one, other) for one, other in pairwise(ordered)):
        raise ValueError("two fixes change the same bytes")
    return tuple(ordered)


def overlap(one: Fix, other: Fix) -> bool:
    """Whether two fixes of one file change the same bytes."""
    return any(clash(mine, its) for mine in one.replacements for its in other.replacements)


def with_line_ends_of(content: bytes, fix: Fix) -> Fix:
    """The fix with the line ends of the file, as far as the file has one kind of them: templates are written with line feeds."""
    feeds = content.count(b"\n")
    if not feeds or content.count(b"\r\n") != feeds:
        return fix
    return replace(fix, replacements=tuple(replace(one, text=_BARE.sub(b"\r\n", one.text)) for one in fix.replacements))


def line_after(replacements: Sequence[Replacement], content: bytes, line: int) -> int:
    """Where a line of the file before stands afterwards; for a line that was changed, where its first change begins."""
    moved = 0
    for one in replacements:
        if one.start_line >= line:
            break
        added = one.text.count(b"\n") - content.count(b"\n", one.start, one.end)
        if one.end_line >= line:
            return min(one.start_line + moved, max(1, line + moved + added))
        moved += added
    return line + moved


def lines_after(replacements: Sequence[Replacement], content: bytes, first: int, last: int) -> tuple[int, int]:
    """The first and the last line afterwards of what stood on these lines before, with all that was put there."""
    begin = line_after(replacements, content, first)
    return begin, max(begin, line_after(replacements, content, last + 1) - 1)
