"""What was closed, and no longer is; what was checked for failure, and no longer is."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.change._book import words
from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, is_rewrite, quoted, taken_away


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Lost `with`, `defer`, `finally` and closing calls; ignored errors."""
    closing = words("resources", "change-resource-not-closed")["closing"]
    opening = words("resources", "change-resource-not-closed")["opening"]
    checking = words("resources", "change-error-unchecked")["checking"]
    for edit, old in taken_away(sides, context):
        came = sides.words_in[edit.block]
        if _closes(old, closing) and not came & (closing | {"with", "using", "defer"}) and _still_opened(sides, opening):
            if is_rewrite(edit) or _closed_beside(sides, old, closing):
                continue
            yield Spot("change-resource-not-closed", at(sides, edit), quoted(old))
        elif _checks(old, checking) and not came & checking:
            yield Spot("change-error-unchecked", at(sides, edit), quoted(old))
    for edit in sides.edits:
        if edit.old is not None and edit.new is not None:
            yield from _edited(sides, edit, edit.old, edit.new, opening)


def _closes(old: Statement, closing: frozenset[str]) -> bool:
    if old.head == "finally":
        return True
    if len(old.tokens) > 8:
        return False
    return any(call.name in closing and ("." in call.dotted or call.name.startswith("clear")) for call in old.calls)


def _closed_beside(sides: Sides, old: Statement, closing: frozenset[str]) -> bool:
    """Whether the same thing is closed by another call, which was there before, too."""
    mine = {call.dotted.rpartition(".")[0] for call in old.calls if call.name in closing}
    beside = [*sides.before[max(0, old.index - 3) : old.index], *sides.before[old.index + 1 : old.index + 4]]
    others = (call for one in beside if one.index not in sides.gone for call in one.calls if call.name in closing)
    return any(call.dotted.rpartition(".")[0] in mine for call in others)


def _still_opened(sides: Sides, opening: frozenset[str]) -> bool:
    """Whether the file opens things, and as many as before."""
    now = sum(sides.new_names[word] for word in opening)
    if now < sum(sides.old_names[word] for word in opening):
        return False
    return now > 0 or any(not opening.isdisjoint(one.words) for one in sides.between)


def _checks(old: Statement, checking: frozenset[str]) -> bool:
    return any(call.name in checking for call in old.calls)


def _edited(sides: Sides, edit: Edit, old: Statement, new: Statement, opening: frozenset[str]) -> Iterator[Spot]:
    if _closes_itself(old) and not _closes_itself(new) and opening & set(old.words) & set(new.words):
        yield Spot("change-resource-not-closed", at(sides, edit), quoted(new))
    elif (sides.language == "go" and _ignores_error(old, new)) or _ignores_code(old, new):
        yield Spot("change-error-unchecked", at(sides, edit), quoted(new))


def _closes_itself(statement: Statement) -> bool:
    """`with open(...)`, `try (Reader in = ...)`, `using (var in = ...)`."""
    return statement.head == "with" or (statement.head in ("try", "using") and statement.words[1:2] == ("(",))


def _ignores_error(old: Statement, new: Statement) -> bool:
    """Go: `x, err := f()` became `x, _ := f()` or `f()`."""
    if "err" not in old.words or "err" in new.words:
        return False
    if "_" in new.words and "_" not in old.words:
        return True
    called = {call.dotted for call in old.calls} & {call.dotted for call in new.calls}
    return bool(called) and ":=" in old.words and new.words[-1] == ")" and not {":=", "=", "return"} & set(new.words)


def _ignores_code(old: Statement, new: Statement) -> bool:
    """Python: `run(..., check=True)` became `run(...)`."""
    checked = {call.name for call in old.calls if ("check", "=", "True") in call.arguments}
    return any(call.name in checked and ("check", "=", "True") not in call.arguments for call in new.calls)
