"""Calls that lost something: an argument, or the call around a value; and arguments that changed places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.change._book import words
from reviewer.change._calls import Call
from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, is_container, is_rewrite

Arguments = tuple[tuple[str, ...], ...]


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Statements in which one call changed in this way and nothing else did."""
    quiet = words("arguments", "change-argument-dropped")["not_for"]
    redefined = _redefined(sides)
    for edit in sides.edits:
        old, new = edit.old, edit.new
        if old is None or new is None or is_container(old) or is_rewrite(edit) or old.head in ("import", "from"):
            continue
        yield from _arguments(sides, edit, old, new, quiet | redefined)
        yield from _dropped_call(sides, edit, old, new, quiet)


def _redefined(sides: Sides) -> frozenset[str]:
    """Words of the heads of functions that the change edits: what they take may not be the same any more."""
    heads = [edit.new for edit in sides.edits if edit.old is not None and edit.new is not None and is_container(edit.new)]
    return frozenset(word for head in heads for word in head.words)


def _arguments(sides: Sides, edit: Edit, old: Statement, new: Statement, quiet: frozenset[str]) -> Iterator[Spot]:
    for one, other in zip(*_same_calls(old, new), strict=False):
        if one.arguments == other.arguments or one.name in quiet:
            continue
        spot = at(sides, edit, other.token.line)
        if _is_part(other.arguments, one.arguments):
            lost = next((argument for argument in one.arguments if argument not in other.arguments), ())
            if lost and not _used_elsewhere(lost, new):
                yield Spot("change-argument-dropped", spot, f"{one.name}: {' '.join(lost)[:40]}")
        elif _swapped(one.arguments, other.arguments) and _siblings_disagree(sides, one, other):
            yield Spot("change-arguments-swapped", spot, one.name)


def _same_calls(old: Statement, new: Statement) -> tuple[list[Call], list[Call]]:
    """The calls of the same functions, if both sides have the same ones in the same order."""
    then, now = list(old.calls), list(new.calls)
    if [call.dotted for call in then] != [call.dotted for call in now]:
        names = {call.dotted for call in now}
        then = [call for call in then if call.dotted in names]
        if [call.dotted for call in then] != [call.dotted for call in now]:
            return [], []
    return then, now


def _is_part(few: Arguments, many: Arguments) -> bool:
    """Whether the few are the many without one or two of them; a call that keeps none of its arguments is another matter."""
    remaining = iter(many)
    return 0 < len(many) - len(few) <= 2 and all(any(one == other for other in remaining) for one in few)


def _used_elsewhere(lost: tuple[str, ...], new: Statement) -> bool:
    """Whether what was passed is still in the statement, or is the business of `resources`."""
    if lost == ("check", "=", "True"):
        return True
    value = " ".join(lost[2:] if len(lost) > 2 and lost[1] in ("=", ":") else lost)
    return f" {value} " in f" {new.key} " and value not in ("True", "False", "None", "0", "1", "true", "false", "null")


def _swapped(one: Arguments, other: Arguments) -> bool:
    return len(one) > 1 and sorted(one) == sorted(other) and not any("=" in argument for argument in one)


def _siblings_disagree(sides: Sides, one: Call, other: Call) -> bool:
    """Whether other calls of the function in the file still have the old order, or its parameters do."""
    for statement in sides.all_after:
        if statement.words[:2] == ("def", one.name) or (one.name in statement.words and "func" in statement.words):
            wanted = [word for word in statement.words if any(word == argument[-1] for argument in one.arguments)]
            if wanted == [argument[-1] for argument in one.arguments] and len(wanted) > 1:
                return True
        elif one.name in statement.words:
            same = [call for call in statement.calls if call.dotted == one.dotted]
            if any(call.arguments == one.arguments for call in same):
                return True
    return False


def _dropped_call(sides: Sides, edit: Edit, old: Statement, new: Statement, quiet: frozenset[str]) -> Iterator[Spot]:
    """`f(x)` became `x`, or `x.f()` became `x`, and nothing else happened."""
    if len(old.tokens) <= len(new.tokens) or len(old.tokens) > 400:
        return
    for call in old.calls:
        stop = call.stop
        inner = list(old.words[call.start : stop])
        rest = list(old.words[: call.start]), list(old.words[stop:])
        receiver = inner[: inner.index(call.name) - 1] if "." in inner[: inner.index("(")] else []
        shapes = [receiver, *(list(one) for one in call.arguments)]
        became = [shape for shape in shapes if shape and _same_but_brackets([*rest[0], *shape, *rest[1]], new.words)]
        if became and call.name not in quiet:
            yield Spot("change-call-dropped", at(sides, edit), call.dotted)
            return


def _same_but_brackets(made: Sequence[str], words: Sequence[str]) -> bool:
    return [word for word in made if word not in "()"] == [word for word in words if word not in "()"]
