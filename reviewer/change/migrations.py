"""Database migrations that can be applied and not taken back."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.change._sides import Sides
from reviewer.change.interface import Context, Spot


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Added steps without a way back, in files whose folder says that they are migrations."""
    folders = sides.path.lower().split(b"/")[:-1]
    if not any(b"migration" in folder or folder in (b"versions", b"migrate") for folder in folders):
        return
    one_way = context.words["change-migration-one-way"]["one_way"]
    names = {word for one in sides.after for word in one.words}
    for edit in sides.edits:
        new = edit.new
        if new is None or new.first not in sides.added:
            continue
        for call in new.calls:
            reverse = len(call.arguments) > 1 or any("reverse" in word for one in call.arguments for word in one)
            if call.name in one_way and not reverse:
                yield Spot(
                    "change-migration-one-way", call.token.line if call.token.line in sides.added else new.first, call.name
                )
        if new.head == "def" and "downgrade" in new.words and "upgrade" in names:
            body = [one.key for one in sides.body(new, old=False)]
            if body and all(key == "pass" for key in body) and _upgrades(sides):
                yield Spot("change-migration-one-way", new.first, "downgrade")


def _upgrades(sides: Sides) -> bool:
    for one in sides.after:
        if one.head == "def" and "upgrade" in one.words:
            return any(inner.key != "pass" for inner in sides.body(one, old=False))
    return False
