"""A check in front of code that was taken away or made to ask for less: early exits, conditions, branches."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, is_container, is_rewrite, quoted, replaced, taken_away

_LONGEST = 300
"""Words of a condition that is compared."""

_CONDITIONS = frozenset({"if", "elif", "while", "}"})
_LEAVE = frozenset({"raise", "throw", "abort", "panic", "return", "continue", "break"})
_ASK = frozenset({"if", "elif", "else", "try", "except", "or", "and", "?", "||", "&&", "assert", "any", "all", "match", "while"})
_REFUSE = frozenset({"raise", "throw", "abort", "panic"})


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Guards that are gone with nothing in their place, and conditions that lost a part."""
    reported: set[int] = set()
    for edit, old in taken_away(sides, context):
        if is_rewrite(edit) or not reported.isdisjoint(outer.index for outer in sides.outer(old, old=True)):
            continue
        spots = list(_taken(sides, edit, old))
        if spots:
            reported.add(old.index)
            yield from spots
    for edit in sides.edits:
        if edit.old is not None and edit.new is not None and not is_rewrite(edit):
            yield from _condition(sides, edit, edit.old, edit.new)


def _taken(sides: Sides, edit: Edit, old: Statement) -> Iterator[Spot]:
    if old.head in ("if", "elif") and not _ASK & sides.words_in[edit.block]:
        yield from _guard(sides, edit, old)
    elif old.head in _LEAVE:
        yield from _lost_jump(sides, edit, old)
    elif old.head == "for" and not {"for", "while"} & sides.words_in[edit.block]:
        yield Spot("change-loop-dropped", at(sides, edit), quoted(old))


def _guard(sides: Sides, edit: Edit, old: Statement) -> Iterator[Spot]:
    if sides.language == "go" and _goes_with_call(sides, old):
        return
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


def _goes_with_call(sides: Sides, old: Statement) -> bool:
    """Whether `if err != nil` went together with the call that it checked."""
    above = sides.before[old.index - 1] if old.index else None
    return above is not None and "err" in old.words and "err" in above.words and above.index in sides.gone


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
    elif old.head == "return" and len(old.words) > 1 and _ends_without_result(sides, at(sides, edit)):
        yield Spot("change-return-dropped", at(sides, edit), quoted(old))


def _ends_without_result(sides: Sides, line: int) -> bool:
    """Whether the function around a line of the new file returns nothing from there on."""
    around = [one for one in sides.after if one.first < line and is_container(one)]
    for head in reversed(around):
        body = list(sides.body(head, old=False))
        if body and body[-1].last >= line:
            return not any(one.head == "return" and len(one.words) > 1 and one.first >= line for one in body)
    return False


def _condition(sides: Sides, edit: Edit, old: Statement, new: Statement) -> Iterator[Spot]:
    """A condition that is the old one without some of its words."""
    if old.head not in _CONDITIONS or new.head != old.head:
        return
    dropped = _dropped(_asked(sides, old), _asked(sides, new))
    again = {word for one in replaced(sides, edit) if one is not new for word in one.words}
    if {"and", "or", "&&", "||"} & set(dropped) and not set(dropped) <= again | {"and", "or", "&&", "||"}:
        yield Spot("change-condition-part-dropped", at(sides, edit), " ".join(dropped)[:60])


def _asked(sides: Sides, head: Statement) -> Sequence[str]:
    """The words of a condition, without those of a statement behind it."""
    words = head.words
    if sides.language == "python" or words[:2] != ("if", "("):
        return words
    depth = 0
    for place, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if place and not depth:
            return words[: place + 1]
    return words


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
