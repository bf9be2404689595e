"""A check in front of code that was taken away or made to ask for less: early exits, conditions, branches."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, quoted, replaced, taken_away

_LONGEST = 300
"""Words of a condition that is compared."""

_CONDITIONS = frozenset({"if", "elif", "while", "}"})
_LEAVE = frozenset({"raise", "throw", "abort", "panic", "return", "continue", "break"})
_ASK = frozenset({"if", "elif", "else", "try", "except", "or", "and", "?", "||", "&&", "assert", "any", "all", "match", "while"})
_REFUSE = frozenset({"raise", "throw", "abort", "panic"})


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Guards that are gone with nothing in their place, and conditions that lost a part."""
    if sides.is_test:
        return
    for edit, old in taken_away(sides, context):
        if old.head in ("if", "elif") and not _ASK & sides.words_in[edit.block]:
            yield from _guard(sides, edit, old)
        elif old.head in _LEAVE:
            yield from _lost_jump(sides, edit, old)
        elif old.head == "for" and not {"for", "while"} & sides.words_in[edit.block]:
            yield Spot("change-loop-dropped", at(sides, edit), quoted(old))
    for edit in sides.edits:
        if edit.old is not None and edit.new is not None:
            yield from _condition(sides, edit, edit.old, edit.new)


def _guard(sides: Sides, edit: Edit, old: Statement) -> Iterator[Spot]:
    body = list(sides.body(old, old=True)) or _inline(sides, old)
    if not body or any(one.index not in sides.gone for one in body if one.depth == body[0].depth):
        rule = "change-condition-removed" if body else ""
    elif _REFUSE.intersection(_leaving(body[-1])):
        rule = "change-refusal-removed"
    elif _LEAVE.intersection(_leaving(body[-1])):
        rule = "change-early-exit-removed"
    else:
        rule = "change-branch-removed"
    if rule:
        yield Spot(rule, at(sides, edit), quoted(old))


def _inline(sides: Sides, old: Statement) -> list[Statement]:
    """The body of a condition without a block: on the same line, or the next statement."""
    if old.words[-1] in (":", "{"):
        return []
    return [old] if _LEAVE.intersection(old.words) else sides.before[old.index + 1 : old.index + 2]


def _leaving(statement: Statement) -> Sequence[str]:
    """The words of a statement that may say that it leaves."""
    return statement.words if statement.head == "if" else (statement.head,)


def _lost_jump(sides: Sides, edit: Edit, old: Statement) -> Iterator[Spot]:
    """A way out that is gone while the code around it is still there."""
    outer = next(sides.outer(old, old=True), None)
    if outer is None or not sides.new_count[outer.key] or any(one.head in _LEAVE for one in replaced(sides, edit)):
        return
    if old.head in _REFUSE and not replaced(sides, edit):
        yield Spot("change-refusal-removed", at(sides, edit), quoted(old))
    elif old.head in ("continue", "break") and outer.head not in ("for", "while", "switch", "case", "default"):
        yield Spot("change-jump-dropped", at(sides, edit), old.head)
    elif old.head == "return" and len(old.words) > 1:
        yield Spot("change-return-dropped", at(sides, edit), quoted(old))


def _condition(sides: Sides, edit: Edit, old: Statement, new: Statement) -> Iterator[Spot]:
    """A condition that is the old one without some of its words."""
    if old.head not in _CONDITIONS or new.head != old.head:
        return
    dropped = _dropped(old.words, new.words)
    again = {word for one in replaced(sides, edit) if one is not new for word in one.words}
    if {"and", "or", "&&", "||"} & set(dropped) and not set(dropped) <= again | {"and", "or", "&&", "||"}:
        yield Spot("change-condition-part-dropped", at(sides, edit), " ".join(dropped)[:60])


def _dropped(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The words that are gone if nothing else happened, brackets aside."""
    dropped: list[str] = []
    if len(old) > _LONGEST:
        return []
    one = [word for word in old if word not in "()"]
    other = [word for word in new if word not in "()"]
    for tag, start, stop, _, _ in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag in ("insert", "replace"):
            return []
        if tag == "delete":
            dropped += one[start:stop]
    return dropped
