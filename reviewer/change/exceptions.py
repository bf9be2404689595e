"""Failures that were told before and are not any more, and failures that were handled before and are not any more."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.change._calls import parts
from reviewer.change._sides import LONGEST, Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, beside, is_rewrite, quoted, taken_away

_SILENT = frozenset({"pass", "continue", "..."})
_BROAD = frozenset({"Exception", "BaseException", "Throwable", "except :"})
_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})
_SECURE = frozenset(
    {"signature", "verification", "authentication", "authorization", "permission", "security", "certificate", "ssl", "forbidden",
     "unauthorized", "integrity", "csrf", "tampered"}
)  # fmt: skip


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Handlers that came, went, or lost what they did."""
    yield from _unhandled(sides, context)
    yield from _swallowed(sides)
    yield from _broadened(sides)


def _is_handler(statement: Statement) -> bool:
    return statement.head in ("except", "catch") or statement.words[:2] == ("}", "catch")


def _unhandled(sides: Sides, context: Context) -> Iterator[Spot]:
    """The `try` is gone, and what stood in it is still there, word for word, with nothing new beside it."""
    edited = {edit.old.index for edit in sides.edits if edit.old is not None and edit.new is not None}
    handlers_now = sum(_is_handler(one) for edit in sides.edits if (one := edit.new) is not None and edit.old is None)
    for edit, old in taken_away(sides, context):
        if not _is_handler(old) or handlers_now or is_rewrite(edit) or _hands_on(sides, old):
            continue
        opening = _opening(sides, old)
        if opening is None or opening.index not in sides.gone:
            continue
        body = list(sides.body(opening, old=True))
        kept = all((one.index not in sides.gone and one.index not in edited) or sides.moved_away(one) for one in body)
        if body and kept and not any(one.old is None for one in sides.by_block[edit.block]):
            yield Spot("change-exception-unhandled", at(sides, edit), quoted(old))


def _hands_on(sides: Sides, handler: Statement) -> bool:
    """Whether a handler does nothing but pass the failure on, or stands in for a module that is not there."""
    if not _MISSING.isdisjoint(handler.words):
        return True
    body = list(sides.body(handler, old=True))
    return len(body) == 1 and body[0].head in ("raise", "throw", "next", "reject", "callback", "cb", "done")


def _opening(sides: Sides, handler: Statement) -> Statement | None:
    """The `try` that a handler belongs to."""
    for one in reversed(sides.before[max(0, handler.index - LONGEST) : handler.index]):
        if one.depth == handler.depth and one.head == "try":
            return one
        if one.depth < handler.depth:
            return None
    return None


def _swallowed(sides: Sides) -> Iterator[Spot]:
    """A handler that raised no longer does; or a new one says nothing, around code that is not new."""
    for edit in sides.edits:
        if edit.old is not None and edit.new is None and edit.old.head in ("raise", "throw"):
            yield from _lost_raise(sides, edit, edit.old)
        elif edit.new is not None and edit.old is None and _is_handler(edit.new):
            body = list(sides.body(edit.new, old=False))
            if not _guards_old_code(sides, edit.new):
                continue
            if any(_SECURE.intersection(parts(word)) for word in edit.new.words) and not any(_acts(one) for one in body):
                yield Spot("change-security-failure-swallowed", edit.new.first, quoted(edit.new))
            elif all(one.key in _SILENT for one in body) and _is_broad(sides, edit.new):
                yield Spot("change-exception-swallowed", edit.new.first, quoted(edit.new))


def _is_broad(sides: Sides, handler: Statement) -> bool:
    """Whether a handler takes every failure; in JavaScript each one does."""
    is_script = sides.language in ("javascript", "typescript", "tsx")
    return is_script or not _BROAD.isdisjoint((*handler.words, handler.key))


def _acts(statement: Statement) -> bool:
    """Whether a statement of a handler does more than write a line into a log."""
    called = {word.lower() for word in statement.words}
    return statement.key not in _SILENT and not called & {"log", "logger", "logging", "print", "console", "warn", "warning"}


def _lost_raise(sides: Sides, edit: Edit, old: Statement) -> Iterator[Spot]:
    outer = next(sides.outer(old, old=True), None)
    if outer is None or not _is_handler(outer) or outer.index in sides.gone:
        return
    came = [one.new for one in sides.by_block[edit.block] if one.new is not None]
    if not any(one.head in ("raise", "throw", "return") for one in came):
        yield Spot("change-exception-swallowed", beside(sides, edit, old.first), quoted(old))


def _guards_old_code(sides: Sides, handler: Statement) -> bool:
    """Whether the code in the `try` of a new handler stood in the old file already, or none was there to begin with."""
    for one in reversed(sides.after[max(0, handler.index - LONGEST) : handler.index]):
        if one.depth == handler.depth and one.head == "try":
            body = list(sides.body(one, old=False))
            return bool(body) and sum(inner.key in sides.old_keys for inner in body) * 2 > len(body)
    return False


def _broadened(sides: Sides) -> Iterator[Spot]:
    for edit in sides.edits:
        old, new = edit.old, edit.new
        if old is None or new is None or not (_is_handler(old) and _is_handler(new)):
            continue
        is_bare = new.words == ("except", ":") and old.words != new.words
        if (is_bare or _BROAD & set(new.words)) and not (_BROAD & set(old.words)) and old.words != ("except", ":"):
            body = list(sides.body(new, old=False))
            if not any(one.head in ("raise", "throw") for one in body):
                yield Spot("change-exception-broadened", at(sides, edit), quoted(new))
