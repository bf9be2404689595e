"""The two sides of one changed file, and which statement of the old side became which of the new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from reviewer.change import _tokens
from reviewer.change._blocks import Block

if TYPE_CHECKING:
    from reviewer.change._statements import Statement

LANGUAGES = _tokens.LANGUAGES
"""The languages whose statements are compared."""

ALLOWANCE = 1_000_000
"""Tokens of one file that are laid against each other, about a second of work at the worst. Blocks that it does not cover are
rewrites: nothing is said about them, unless they only remove or only add."""

DEEPEST, LONGEST = 50, 500
"""How many heads around a statement, and how many statements below a head, are looked at."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One statement before and after. One of the two may be missing, never both."""

    old: Statement | None
    new: Statement | None
    block: Block


@dataclass(frozen=True)
class Sides:
    """One changed file."""

    path: bytes
    language: str
    old: str
    """Text with line feeds alone; empty for a new file."""
    new: str
    blocks: Sequence[Block]
    whole: bool
    """Whether both texts are complete."""
    is_test: bool = False

    @cached_property
    def has_code(self) -> bool:
        """Whether the language has statements we know."""
        return self.language in _tokens.LANGUAGES

    @cached_property
    def old_lines(self) -> list[str]:
        return self.old.split("\n")

    @cached_property
    def new_lines(self) -> list[str]:
        return self.new.split("\n")

    @cached_property
    def new_length(self) -> int:
        """How many lines the new file has."""
        return len(self.new_lines) - (self.new_lines[-1] == "")

    @cached_property
    def added(self) -> frozenset[int]:
        """Numbers of the added lines."""
        return frozenset(number for block in self.blocks for number in block.new)

    @cached_property
    def gone(self) -> frozenset[int]:
        """Indexes of the old statements that have no counterpart."""
        return frozenset(edit.old.index for edit in self.edits if edit.old is not None and edit.new is None)

    @cached_property
    def introduced(self) -> frozenset[str]:
        """Names of functions that the change adds to the file."""
        return frozenset(_function_names(edit.new for edit in self.edits if edit.old is None and edit.new is not None))

    @cached_property
    def before(self) -> list[Statement]:
        """Statements of the old side, without those of functions that the change left alone."""
        return self._read(
            self.old_lines, _between([range(gap.start - by, gap.stop - by) for gap, by in self._gaps], self.old_lines)
        )

    @cached_property
    def after(self) -> list[Statement]:
        """Statements of the new side, without those of functions that the change left alone."""
        return self._read(self.new_lines, _between([gap for gap, _ in self._gaps], self.new_lines))

    @cached_property
    def between(self) -> list[Statement]:
        """Statements that `before` and `after` leave out; their indexes and parents count in here alone."""
        return self._read(self.new_lines, [gap for gap, _ in self._gaps])

    @cached_property
    def all_before(self) -> list[Statement]:
        """All statements of the old side. Their indexes and parents are not those of `before`."""
        return self._read(self.old_lines, _between((), self.old_lines)) if self._gaps else self.before

    @cached_property
    def all_after(self) -> list[Statement]:
        """All statements of the new side. Their indexes and parents are not those of `after`."""
        return self._read(self.new_lines, _between((), self.new_lines)) if self._gaps else self.after

    def _read(self, lines: Sequence[str], parts: Sequence[range]) -> list[Statement]:
        if not self.has_code or not parts:
            return []
        from reviewer.change._statements import statements  # of most new files none are read

        text = "\n".join(chain.from_iterable(lines[part.start - 1 : part.stop - 1] for part in parts))
        return statements(text, self.language, list(chain.from_iterable(parts)))

    def excerpt(self, stand_in: str) -> str:
        """The new side with one word in place of every function that the change left alone."""
        gaps = [gap for gap, _ in self._gaps]
        heads = [self.new_lines[gap.start - 1] for gap in gaps]
        words = [head[: len(head) - len(head.lstrip())] + stand_in for head in heads]
        parts = ["\n".join(self.new_lines[part.start - 1 : part.stop - 1]) for part in _between(gaps, self.new_lines)]
        return "\n".join(chain.from_iterable(zip_longest(parts, words, fillvalue="")))

    @cached_property
    def _gaps(self) -> Sequence[tuple[range, int]]:
        """The new lines of functions that the change left alone, and by how much their numbers grew."""
        if not self.old or not self.has_code:
            return ()
        from reviewer.change._untouched import untouched

        beside = {number for block in self.blocks if block.old for number in (block.new.start - 1, block.new.stop)}
        result = []
        place = grown = 0
        for gap in untouched(self.new_lines, sorted(beside | self.added), self.language):
            while place < len(self.blocks) and self.blocks[place].new.start <= gap.start:
                grown += len(self.blocks[place].new) - len(self.blocks[place].old)
                place += 1
            if self.new_lines[gap.start - 1 : gap.stop - 1] == self.old_lines[gap.start - grown - 1 : gap.stop - grown - 1]:
                result.append((gap, grown))
        return result

    @cached_property
    def old_count(self) -> Mapping[str, int]:
        """How often a statement stands in `before`, by key. Differences to `new_count` are those of the whole files."""
        return Counter(statement.key for statement in self.before)

    @cached_property
    def new_count(self) -> Mapping[str, int]:
        return Counter(statement.key for statement in self.after)

    @cached_property
    def old_keys(self) -> frozenset[str]:
        """The statements of the whole old file, by key."""
        return frozenset(statement.key for statement in self.all_before)

    @cached_property
    def old_names(self) -> Mapping[str, int]:
        """How often a word stands in `before`. Differences to `new_names` are those of the whole files."""
        return Counter(word for statement in self.before for word in statement.words)

    @cached_property
    def new_names(self) -> Mapping[str, int]:
        return Counter(word for statement in self.after for word in statement.words)

    @cached_property
    def came(self) -> frozenset[str]:
        """Statements (by key) and names of which the file has more than before."""
        counts = ((self.new_count, self.old_count), (self.new_names, self.old_names))
        return frozenset(key for now, then in counts for key, count in now.items() if count > then[key])

    @cached_property
    def functions(self) -> Mapping[str, int]:
        """How many functions of a name the new file defines; Python only."""
        heads = (one.words for one in self.all_after if one.head == "def" and "def" in one.words[:-1])
        return Counter(words[words.index("def") + 1] for words in heads)

    @cached_property
    def edits(self) -> list[Edit]:
        """What became of the statements in the blocks; those that stayed, or moved within the file, are left out."""
        return list(_edits(self))

    @cached_property
    def by_block(self) -> Mapping[Block, Sequence[Edit]]:
        """The edits of every block."""
        result: dict[Block, list[Edit]] = {}
        for edit in self.edits:
            result.setdefault(edit.block, []).append(edit)
        return result

    @cached_property
    def came_in(self) -> Mapping[Block, Sequence[Statement]]:
        """The new statements of every block that has edits."""
        return {block: [one.new for one in edits if one.new is not None] for block, edits in self.by_block.items()}

    @cached_property
    def words_in(self) -> Mapping[Block, frozenset[str]]:
        """The words of the new statements of every block that has edits."""
        return {block: frozenset(word for one in new for word in one.words) for block, new in self.came_in.items()}

    def added_lines(self) -> Iterator[tuple[int, str]]:
        """Number and text of every added line."""
        for block in self.blocks:
            for number in block.new:
                if number <= len(self.new_lines):
                    yield number, self.new_lines[number - 1]

    def removed_lines(self) -> Iterator[tuple[int, str]]:
        """Number and text of every removed line, in the old file."""
        for block in self.blocks:
            for number in block.old:
                if number <= len(self.old_lines):
                    yield number, self.old_lines[number - 1]

    def moved_away(self, statement: Statement) -> bool:
        """Whether an old statement stands somewhere else in the new file now."""
        return self.new_count[statement.key] >= self.old_count[statement.key]

    def outer(self, statement: Statement, *, old: bool) -> Iterator[Statement]:
        """The heads around a statement, from the nearest one outwards; no more than `DEEPEST`."""
        side = self.before if old else self.after
        for _ in range(DEEPEST):
            if statement.parent < 0:
                return
            statement = side[statement.parent]
            yield statement

    def body(self, statement: Statement, *, old: bool) -> Iterator[Statement]:
        """What stands in the block of a head, at any depth; no more than `LONGEST`."""
        return body_of(statement, self.before if old else self.after)


def body_of(head: Statement, side: Sequence[Statement]) -> Iterator[Statement]:
    """What stands in the block of a head, at any depth; no more than `LONGEST`."""
    for place in range(head.index + 1, min(len(side), head.index + 1 + LONGEST)):
        if side[place].depth <= head.depth:
            return
        yield side[place]


def _between(gaps: Iterable[range], lines: Sequence[str]) -> list[range]:
    """The lines between the gaps."""
    ends = [1, *(end for gap in gaps for end in (gap.start, gap.stop)), len(lines) + 1]
    return [range(start, stop) for start, stop in zip(ends[::2], ends[1::2], strict=True)]


def _function_names(heads: Iterable[Statement]) -> Iterator[str]:
    for head in heads:
        words = head.words
        for place, word in enumerate(words[:-1]):
            if word in ("def", "func", "function"):
                yield words[place + 1]


def _edits(sides: Sides) -> Iterator[Edit]:
    from reviewer.change._pairing import Side, paired, touched  # most new files are not read

    seen: set[tuple[int, int]] = set()
    before, after = Side(sides.before), Side(sides.after)
    allowance = ALLOWANCE
    for block in sides.blocks:
        old, new = touched(block, before, after)
        cost = sum(len(one.tokens) for one in old) * sum(len(one.tokens) for one in new)
        if cost > allowance:
            continue
        allowance -= cost
        for one, other in paired(old, new):
            place = (one.index if one else -1, other.index if other else -1)
            if place not in seen and (one is None or other is None or one.key != other.key):
                seen.add(place)
                yield Edit(one, other, block)
