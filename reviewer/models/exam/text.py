"""The text form of the items: made to be read and corrected by people.

A file holds items. An item is a line "@ ID", fields "name: value", a line "|", and a block of code whose first column says
where the line exists. A change and its twin share one block, so that their difference is what the eye sees:

    column  before  first  second
    (space)   x       x      x
    -         x
    <         x       x                only the second change removes it
    >         x              x         only the first change removes it
    !                 x                and it is at fault
    ~                 x
    ?                        x         and the rule fires here, wrongly (alarms only)
    +                        x
    *                 x      x
    =                 x      x         and the rule fires here (alarms only)

Lines that start with "#" before the first item are remarks. An empty line of a block is an empty line of the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reviewer.errors import ModelError
from reviewer.models.exam.records import Row

PRESENT = {" ": "bfs", "-": "b", "<": "bf", ">": "bs", "!": "f", "~": "f", "?": "s", "+": "s", "*": "fs", "=": "fs"}
"""In which of before, first and second change a line of each column exists."""

FAULTS = {"!": "f", "?": "s", "=": "fs"}

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+\Z")
_CHARACTER = re.compile(r"\\u\{([0-9a-f]{2,6})\}")


@dataclass(frozen=True, slots=True)
class Block:
    """One item as it is written."""

    id: str
    where: str
    """file:line, for messages."""
    fields: Mapping[str, str]
    lines: tuple[str, ...]
    """Each with its column."""

    def error(self, what: str) -> ModelError:
        """What is wrong with this item."""
        return ModelError(f"exam item {self.id}: {what}", where=self.where, todo="Correct the item, or install Hunkgate again.")

    def only(self, *names: str) -> None:
        """Demand exactly these fields, none empty.

        Raises:
            ModelError: one is missing, empty or unknown.
        """
        wrong = set(names) ^ {name for name, value in self.fields.items() if value}
        if wrong:
            raise self.error(f"fields {', '.join(sorted(wrong))} are missing, empty or unknown")

    def rows(self, side: str) -> tuple[Row, ...]:
        """The change of one side, "f" first or "s" second."""
        made = []
        for line in self.lines:
            column, text = line[:1] or " ", line[1:]
            before, after = "b" in PRESENT[column], side in PRESENT[column]
            if before or after:
                sign = " " if before and after else "-" if before else "+"
                made.append(Row(sign, text, side in FAULTS.get(column, "")))
        return tuple(made)


def blocks(text: str, name: str) -> list[Block]:
    """The items of one file.

    Args:
        name: of the file, for messages.

    Raises:
        ModelError: the text has not the form above.
    """
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("@ ")]
    stray = [line for line in lines[: starts[0] if starts else None] if line and not line.startswith("#")]
    if stray:
        raise ModelError(f"exam file holds a line outside of any item: {stray[0][:40]}", where=name)
    ends = starts[1:] + [len(lines)]
    return [_block(lines[start:end], f"{name}:{start + 1}") for start, end in zip(starts, ends, strict=True)]


def _block(lines: list[str], where: str) -> Block:
    if "|" not in lines:
        raise ModelError("exam item without a block of code", where=where)
    cut = lines.index("|")
    pairs = [line.partition(": ") for line in lines[1:cut]]
    code = lines[cut + 1 :]
    while code and not code[-1]:
        code.pop()
    block = Block(lines[0][2:], where, {name: value.strip() for name, _, value in pairs}, tuple(code))
    _check(block, len(pairs))
    return block


def _check(block: Block, fields: int) -> None:
    if not _ID.match(block.id):
        raise block.error("its id is not words joined by hyphens")
    if fields != len(block.fields):
        raise block.error("it has a field twice")
    unknown = {line[0] for line in block.lines if line and line[0] not in PRESENT}
    if unknown:
        raise block.error(f"unknown column {sorted(unknown)[0]!r}")


def decoded(text: str) -> str:
    """Characters that must not stand in a source file (bidi, homoglyphs) are written \\u{202e}."""
    return _CHARACTER.sub(lambda match: chr(int(match[1], 16)), text)
