"""Which hunks belong to the same staged set, told from equal contexts; and what the set is as numbers.

A context has 42 counts, so hunks with the same one are of one set, but for small sets whose counts coincide by chance. Those are
told apart by what cannot be in one set: more lines than the context counts, more files, or two hunks of a file that overlap.
Nothing else is used, so the same input always gives the same sets.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log1p

from reviewer.classify.staged_context import StagedContext

_OPEN = 8
"""Sets of equal context that may still take a hunk: the latest ones."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A source hunk as the model sees it, and what tells its set."""

    path: bytes
    old: tuple[int, int]
    """First line and number of lines in the old file."""
    added: int
    removed: int
    context: StagedContext
    numbers: array[float]
    """As `hunk_numbers.numbers` gives them."""
    words: array[int]
    """As `hunk_words.words` gives them."""


@dataclass(slots=True)
class _Set:
    members: list[int] = field(default_factory=list)
    added: int = 0
    removed: int = 0
    ranges: dict[bytes, list[tuple[int, int]]] = field(default_factory=dict)

    def takes(self, piece: Piece) -> bool:
        context = piece.context
        if self.added + piece.added > context["c_add"] or self.removed + piece.removed > context["c_del"]:
            return False
        if piece.path not in self.ranges:
            return len(self.ranges) < context["c_files"]
        start, count = piece.old
        return all(start >= other + size or other >= start + count for other, size in self.ranges[piece.path])

    def add(self, number: int, piece: Piece) -> None:
        self.members.append(number)
        self.added += piece.added
        self.removed += piece.removed
        self.ranges.setdefault(piece.path, []).append(piece.old)


def grouped(pieces: Sequence[Piece]) -> list[list[int]]:
    """The positions of the hunks of each set, in their order. A hunk without context is a set of its own."""
    found: list[_Set] = []
    still_open: dict[StagedContext, list[_Set]] = {}
    for number, piece in enumerate(pieces):
        known = still_open.setdefault(piece.context, []) if piece.context.has_totals else []
        home = next((one for one in reversed(known) if one.takes(piece)), None)
        if home is None:
            home = _Set()
            found.append(home)
            known.append(home)
            del known[:-_OPEN]
        home.add(number, piece)
    return [one.members for one in found]


def pooled(members: Sequence[Piece]) -> list[float]:
    """A set as numbers: the mean of each number of its hunks, the greatest of each, how many hunks and files it has."""
    columns = list(zip(*(piece.numbers for piece in members), strict=True))
    count = len(members)
    files = len({piece.path for piece in members})
    return [*(sum(column) / count for column in columns), *map(max, columns), log1p(count), log1p(files)]
