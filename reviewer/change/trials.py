"""Tests that were switched off, or that ask for less than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.change._book import Words, words
from reviewer.change._sides import Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, quoted, replaced, taken_away

_COMPARE = frozenset({"==", "!=", "<", "<=", ">", ">=", "is", "in"})


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Only in files of tests."""
    skipping = words("trials", "change-test-skipped")
    asserting = words("trials", "change-assertion-removed")["asserting"]
    pairs = [pair.split(" ") for pair in sorted(words("trials", "change-assertion-weakened")["weaker"])]
    for edit in sides.edits:
        old, new = edit.old, edit.new
        if new is None:
            continue
        if _skips(new, skipping) and new.first in sides.added and sides.old and not (old and _skips(old, skipping)):
            yield Spot("change-test-skipped", new.first, quoted(new))
        if old is not None:
            yield from (Spot("change-assertion-weakened", at(sides, edit), what) for what in _weaker(old, new, pairs))
    for edit, old in taken_away(sides, context):
        if _asserts(old, asserting) and not replaced(sides, edit):
            yield Spot("change-assertion-removed", at(sides, edit), quoted(old))


def _weaker(old: Statement, new: Statement, pairs: Sequence[Sequence[str]]) -> Iterator[str]:
    for strong, weak in pairs:
        if strong in old.words and weak in new.words and weak not in old.words:
            yield f"{strong} → {weak}"
    if (
        old.head == new.head == "assert"
        and new.words == old.words[: len(new.words)]
        and not _COMPARE.isdisjoint(old.words[len(new.words) :])
    ):
        yield " ".join(old.words[len(new.words) :])[:40]


def _skips(statement: Statement, skipping: Words) -> bool:
    text = statement.key.replace(" ", "")
    if any(text.startswith(start) for start in skipping["starts"]):
        return True
    return any(call.dotted in skipping["calls"] for call in statement.calls[:2])


def _asserts(statement: Statement, asserting: frozenset[str]) -> bool:
    return statement.head == "assert" or any(call.name in asserting or call.name.startswith("assert") for call in statement.calls)
