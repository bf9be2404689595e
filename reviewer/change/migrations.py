"""Database migrations that can be applied and not taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.change._book import words
from reviewer.change._sides import Sides, body_of
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot

_RULE = "change-migration-one-way"

_SECTIONS = ((re.compile(r"--\s*\+goose\s+Up\b"), "+goose Down"), (re.compile(r"--\s*migrate:up\b"), "migrate:down"))
"""The marks of goose (github.com/pressly/goose) and dbmate (github.com/amacneil/dbmate) in files with both ways."""

_UP, _DOWN = ("upgrade", "up"), ("downgrade", "down")


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Added steps without a way back, in files whose folder says that they are migrations."""
    folders = sides.path.lower().split(b"/")[:-1]
    if not any(b"migration" in folder or folder in (b"versions", b"migrate") for folder in folders):
        return
    if sides.language == "sql":
        yield from _in_sql(sides, context)
    elif sides.has_code:
        yield from _steps(sides)
        yield from _empty_way_back(sides)


def _in_sql(sides: Sides, context: Context) -> Iterator[Spot]:
    if sides.old:
        return
    for number, text in enumerate(sides.new_lines, 1):
        if any(up.match(text.strip()) and down not in sides.new for up, down in _SECTIONS):
            yield Spot(_RULE, number, text.strip())
            return
    way_back = sides.path.removesuffix(b".up.sql") + b".down.sql"
    if sides.path.endswith(b".up.sql") and all(file.path != way_back for file in context.files):
        yield Spot(_RULE, 1, "no .down.sql in this change")


def _steps(sides: Sides) -> Iterator[Spot]:
    one_way = words("migrations", _RULE)["one_way"]
    for edit in sides.edits:
        new = edit.new
        if new is None or new.first not in sides.added:
            continue
        for call in new.calls:
            reverse = len(call.arguments) > 1 or any("reverse" in word for one in call.arguments for word in one)
            if call.name in one_way and not reverse:
                yield Spot(_RULE, call.token.line if call.token.line in sides.added else new.first, call.name)


def _empty_way_back(sides: Sides) -> Iterator[Spot]:
    """A function for the way back that does nothing, beside one for the way there that does something."""
    there = next((one for one in sides.all_after if _defines(one, _UP)), None)
    back = next((one for one in sides.all_after if _defines(one, _DOWN)), None)
    if there is None or back is None or back.first not in sides.added:
        return
    if _does_something(there, sides) and not _does_something(back, sides):
        yield Spot(_RULE, back.first, next(word for word in back.words if word in _DOWN))


def _defines(statement: Statement, names: tuple[str, ...]) -> bool:
    is_head = statement.words[-1] in (":", "{", "}") and not {"def", "function", "=>", "async", "public", "("}.isdisjoint(
        statement.words
    )
    return is_head and not set(names).isdisjoint(statement.words[:6])


def _does_something(head: Statement, sides: Sides) -> bool:
    return any(inner.key not in ("pass", "...") for inner in body_of(head, sides.all_after))
