"""The runs of changed lines of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviewer.records import Hunk, LineKind


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that was taken away, and what came in its place. Line numbers are 1-based, the ends exclusive."""

    old: range
    new: range
    """Empty for a removal; it then begins with the line below it."""


def blocks(hunks: Iterable[Hunk]) -> list[Block]:
    """The blocks of the hunks of one file, from top to bottom."""
    return [block for hunk in sorted(hunks, key=lambda one: one.new_start) for block in _blocks(hunk)]


def _blocks(hunk: Hunk) -> Iterator[Block]:
    if not hunk.old_count and hunk.new_count == len(hunk.lines):
        yield Block(range(hunk.old_start + 1, hunk.old_start + 1), range(hunk.new_start, hunk.new_start + hunk.new_count))
        return
    old = hunk.old_start if hunk.old_count else hunk.old_start + 1
    new = hunk.new_start if hunk.new_count else hunk.new_start + 1
    removed = added = 0
    for line in hunk.lines:
        if line.kind is LineKind.REMOVED:
            removed += 1
        elif line.kind is LineKind.ADDED:
            added += 1
        else:
            if removed or added:
                yield Block(range(old, old + removed), range(new, new + added))
            old, new, removed, added = line.old_number + 1, line.new_number + 1, 0, 0
    if removed or added:
        yield Block(range(old, old + removed), range(new, new + added))
