"""What was closed, and no longer is; what was checked for failure, and no longer is."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, quoted, taken_away


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Lost `with`, `defer`, `finally` and closing calls; ignored errors."""
    if sides.is_test:
        return
    closing = context.words["change-resource-not-closed"]["closing"]
    opening = context.words["change-resource-not-closed"]["opening"]
    checking = context.words["change-error-unchecked"]["checking"]
    for edit, old in taken_away(sides, context):
        came = sides.words_in[edit.block]
        if _closes(old, closing) and not came & (closing | {"with", "using", "defer"}) and _still_opened(sides, opening):
            yield Spot("change-resource-not-closed", at(sides, edit), quoted(old))
        elif _checks(old, checking) and not came & checking:
            yield Spot("change-error-unchecked", at(sides, edit), quoted(old))
    for edit in sides.edits:
        if edit.old is not None and edit.new is not None:
            yield from _edited(sides, edit, edit.old, edit.new, opening)


def _closes(old: Statement, closing: frozenset[str]) -> bool:
    if old.head == "finally":
        return True
    return len(old.tokens) <= 8 and any(call.name in closing and "." in call.dotted for call in old.calls)


def _still_opened(sides: Sides, opening: frozenset[str]) -> bool:
    """Whether the file opens things, and as many as before."""
    now = sum(sides.new_names[word] for word in opening)
    return now > 0 and now >= sum(sides.old_names[word] for word in opening)


def _checks(old: Statement, checking: frozenset[str]) -> bool:
    return any(call.name in checking for call in old.calls)


def _edited(sides: Sides, edit: Edit, old: Statement, new: Statement, opening: frozenset[str]) -> Iterator[Spot]:
    if old.head == "with" and new.head != "with" and opening & set(old.words) & set(new.words):
        yield Spot("change-resource-not-closed", at(sides, edit), quoted(new))
    elif sides.language == "go" and "err" in old.words and "err" not in new.words and "_" in new.words and "_" not in old.words:
        yield Spot("change-error-unchecked", at(sides, edit), quoted(new))
