"""What every family of rules takes and gives. A family is a module of this folder with a function `find(sides, context)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reviewer.change._sides import Edit, Sides
    from reviewer.change._statements import Statement


@dataclass(frozen=True, slots=True)
class Spot:
    """One suspicion."""

    rule: str
    """Id of a rule of `rules/change`."""
    line: int
    """1-based, in the new file: an added line, or one beside a removal."""
    what: str = ""
    """The code it is about, as short as it can be; the message quotes it."""


@dataclass(frozen=True)
class Context:
    """What a family may look at besides the file in hand."""

    files: Sequence[Sides]
    """Every file of the change that is compared."""

    @cached_property
    def _by_folder(self) -> Mapping[bytes, Sequence[Sides]]:
        """Files by their folder, and by its parent with a slash at the end."""
        result: dict[bytes, list[Sides]] = {}
        for file in self.files:
            folder = file.path.rpartition(b"/")[0]
            parent = folder.rpartition(b"/")[0] if folder else None
            for key in [folder] if parent is None else [folder, parent + b"/"]:
                result.setdefault(key, []).append(file)
        return result

    @cached_property
    def _new(self) -> Sequence[Sides]:
        return [file for file in self.files if not file.old]

    def near(self, sides: Sides) -> Iterator[Sides]:
        """The files to which code is usually moved: of the same folder, of the ones above and below, and new ones."""
        folder = sides.path.rpartition(b"/")[0]
        groups = [self._by_folder.get(key, ()) for key in (folder, folder + b"/", folder.rpartition(b"/")[0])]
        return (file for group in (*groups, self._new) for file in group if file is not sides)

    def went_elsewhere(self, statement: Statement, home: Sides) -> bool:
        """Whether a statement that was taken away in one file came up in another one."""
        if len(statement.tokens) < 3:
            return False
        longest = max(statement.words, key=len)
        return any(longest in file.new and statement.key in file.came for file in self.near(home))


class Family(Protocol):
    """The module's contract."""

    def find(self, sides: Sides, context: Context) -> Iterator[Spot]:
        """What is suspicious in one file. Raises nothing for odd code."""


def at(sides: Sides, edit: Edit, line: int = 0) -> int:
    """The line of the new file for a suspicion about an edit.

    Args:
        line: the line wanted, in the new file; 0 if the edit took away what it is about.
    """
    if edit.new is not None:
        span = range(edit.new.first, edit.new.last + 1)
        added = [number for number in span if number in sides.added]
        if added:
            return min(added, key=lambda number: abs(number - (line or edit.new.first if edit.new else 0)))
    return beside(sides, edit, edit.old.first if edit.old else edit.block.old.start)


def beside(sides: Sides, edit: Edit, old_line: int) -> int:
    """The line of the new file that stands where an old line stood, or next to it."""
    block = edit.block
    if block.new:
        offset = min(max(0, old_line - block.old.start), len(block.new) - 1)
        return block.new.start + offset
    below = block.new.start
    lines = sides.new_lines
    if below > sides.new_length or (not lines[below - 1].strip() and below > 1 and lines[below - 2].strip()):
        below -= 1
    return max(1, below)


LONGEST_EDIT = 16
"""Lines that one edit takes away. What a longer run lost tells little: it was written anew. Measured: a third of what was said
about 796 merged commits of 16 repositories stood in longer runs, and one in fifty of what was said about real bugs."""


def is_rewrite(edit: Edit) -> bool:
    """Whether the edit belongs to lines that were written anew."""
    return len(edit.block.old) > LONGEST_EDIT


def replaced(sides: Sides, edit: Edit) -> Sequence[Statement]:
    """The new statements of the edit's block."""
    return sides.came_in[edit.block]


def taken_away(sides: Sides, context: Context) -> Iterator[tuple[Edit, Statement]]:
    """The old statements that are really gone: not moved, not gone with the function or class around them."""
    gone = sides.gone
    for edit in sides.edits:
        old = edit.old
        if old is None or edit.new is not None or sides.moved_away(old) or context.went_elsewhere(old, sides):
            continue
        if sides.introduced & sides.words_in[edit.block]:
            continue  # it went into a function that the change adds
        if is_container(old) or any(is_container(outer) and outer.index in gone for outer in sides.outer(old, old=True)):
            continue
        yield edit, old


_CONTROL = frozenset(
    {
        "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "switch", "case", "catch", "do", "match",
        "synchronized", "select", "default", "}",
    }
)  # fmt: skip


def is_container(statement: Statement) -> bool:
    """Whether a head begins a function, a class or the like, rather than a part of one."""
    return statement.words[-1] in (":", "{") and statement.head not in _CONTROL


def quoted(statement: Statement, most: int = 60) -> str:
    """A statement in short."""
    text = statement.key
    for gap, tight in ((" . ", "."), (" ( ", "("), (" )", ")"), (" ,", ","), (" [ ", "["), (" ]", "]"), (" :", ":")):
        text = text.replace(gap, tight)
    return text if len(text) <= most else text[: most - 1] + "…"
