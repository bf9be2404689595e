"""Which statement of the old side of a block became which of the new one."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from reviewer.change._blocks import Block
from reviewer.change._statements import Statement

ALIKE = 0.5
"""How much two statements must have in common (`difflib` ratio over tokens) to be the same one before and after."""


class Side:
    """Finds the statements of a side by line."""

    def __init__(self, side: Sequence[Statement]) -> None:
        self.side = side
        self.lasts = list(accumulate((statement.last for statement in side), max))

    def within(self, start: int, stop: int) -> Sequence[Statement]:
        """The statements that have a line in the range, the end exclusive."""
        place = bisect_left(self.lasts, start)
        end = place
        while end < len(self.side) and self.side[end].first < stop:
            end += 1
        return [one for one in self.side[place:end] if not one.is_text and one.last >= start]


def touched(block: Block, before: Side, after: Side) -> tuple[Sequence[Statement], Sequence[Statement]]:
    """The statements of both sides that the block touches. A statement that goes on outside the block, where nothing changed, is
    looked for on the other side there as well."""
    above = below = 0
    old: Sequence[Statement] = ()
    new: Sequence[Statement] = ()
    for _ in range(3):
        old = before.within(block.old.start - above, block.old.stop + below)
        new = after.within(block.new.start - above, block.new.stop + below)
        spans = [(block.old.start - one.first, one.last + 1 - block.old.stop) for one in old]
        spans += [(block.new.start - one.first, one.last + 1 - block.new.stop) for one in new]
        wider = max([above, *(span[0] for span in spans)]), max([below, *(span[1] for span in spans)])
        if wider == (above, below):
            break
        above, below = wider
    return old, new


def paired(old: Sequence[Statement], new: Sequence[Statement]) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Equal statements first, then those between them by likeness, in their order."""
    matcher = difflib.SequenceMatcher(None, [one.key for one in old], [one.key for one in new], autojunk=False)
    for tag, old_start, old_stop, new_start, new_stop in matcher.get_opcodes():
        if tag != "equal":
            yield from _likest(old[old_start:old_stop], new[new_start:new_stop])


def _likest(old: Sequence[Statement], new: Sequence[Statement]) -> Iterator[tuple[Statement | None, Statement | None]]:
    best = _alignment([[_likeness(one, other) for other in new] for one in old], len(new))
    taken = set(best.values())
    for place, one in enumerate(old):
        yield one, new[best[place]] if place in best else None
    yield from ((None, one) for place, one in enumerate(new) if place not in taken)


def _likeness(one: Statement, other: Statement) -> float:
    """0 for statements that cannot be the same one; those of the same sort are a little more alike."""
    matcher = difflib.SequenceMatcher(None, one.words, other.words, autojunk=False)
    if one.head == other.head == "except":
        return ALIKE + matcher.quick_ratio()
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    ratio = matcher.ratio()
    return ratio + 0.1 * (one.head == other.head) if ratio >= ALIKE else 0.0


def _alignment(scores: Sequence[Sequence[float]], width: int) -> dict[int, int]:
    """The order-preserving pairing with the largest sum (Needleman and Wunsch 1970, without a price for gaps)."""
    height = len(scores)
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for row in range(height - 1, -1, -1):
        for column in range(width - 1, -1, -1):
            score = scores[row][column]
            pair = best[row + 1][column + 1] + score if score else 0.0
            best[row][column] = max(best[row + 1][column], best[row][column + 1], pair)
    result: dict[int, int] = {}
    row = column = 0
    while row < height and column < width:
        score = scores[row][column]
        if score and best[row][column] == best[row + 1][column + 1] + score:
            result[row] = column
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return result
