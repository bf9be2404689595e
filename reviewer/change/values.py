"""Values that lost something on their way: a step of a calculation, the size of a bound."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, is_container, is_rewrite

_LARGE = 100
"""A number above it is a bound or a stand-in for infinity rather than a position. Measured: 7 of 8 such edits were wrong."""


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Statements that lost one step, and nothing else."""
    for edit in sides.edits:
        if (
            edit.old is not None
            and edit.new is not None
            and not is_container(edit.old)
            and not is_rewrite(edit)
            and len(edit.old.tokens) <= 300
        ):
            yield from _edited(sides, edit, edit.old, edit.new)


def _edited(sides: Sides, edit: Edit, old: Statement, new: Statement) -> Iterator[Spot]:
    matcher = difflib.SequenceMatcher(None, old.words, new.words, autojunk=False)
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    if len(codes) != 1:
        return
    tag, start, stop, new_start, new_stop = codes[0]
    gone, came = old.words[start:stop], new.words[new_start:new_stop]
    if tag == "delete" and gone[0] == "%" and len(gone) == 2:
        yield Spot("change-remainder-dropped", at(sides, edit), " ".join(gone))
    elif tag == "replace" and len(gone) == len(came) == 1 and _lowered(gone[0], came[0]):
        yield Spot("change-bound-lowered", at(sides, edit, new.tokens[new_start].line), f"{gone[0]} → {came[0]}")


def _lowered(old: str, new: str) -> bool:
    return old.isdecimal() and new.isdecimal() and len(old) < 19 and int(new) < int(old) and int(old) > _LARGE
