"""Tests that were switched off, or that ask for less than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reviewer.change._sides import Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, quoted, replaced, taken_away


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Only in files of tests."""
    if not sides.is_test:
        return
    skipping = context.words["change-test-skipped"]
    asserting = context.words["change-assertion-removed"]["asserting"]
    for edit in sides.edits:
        new = edit.new
        if new is not None and edit.old is None and sides.old and _skips(new, skipping) and new.first in sides.added:
            yield Spot("change-test-skipped", new.first, quoted(new))
        if new is not None and edit.old is not None:
            for pair in sorted(context.words["change-assertion-weakened"]["weaker"]):
                strong, weak = pair.split(" ")
                if strong in edit.old.words and weak in new.words and not {weak} & set(edit.old.words):
                    yield Spot("change-assertion-weakened", at(sides, edit), f"{strong} → {weak}")
    for edit, old in taken_away(sides, context):
        if _asserts(old, asserting) and not replaced(sides, edit):
            yield Spot("change-assertion-removed", at(sides, edit), quoted(old))


def _skips(statement: Statement, words: Mapping[str, frozenset[str]]) -> bool:
    text = statement.key.replace(" ", "")
    if any(text.startswith(start) for start in words["starts"]):
        return True
    return any(call.dotted in words["calls"] for call in statement.calls[:2])


def _asserts(statement: Statement, asserting: frozenset[str]) -> bool:
    return statement.head == "assert" or any(call.name in asserting or call.name.startswith("assert") for call in statement.calls)
