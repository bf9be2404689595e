"""What a condition asks, and what the code behind it does with the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.change._sides import Sides
from reviewer.change._statements import Statement

LONGEST = 100
"""Words of a condition."""

LEAVE = frozenset({"return", "raise", "throw", "continue", "break", "panic", "abort"})

_BELOW = 20
"""Statements below a condition that are looked at."""

_NOTHING = frozenset({"None", "null", "nil", "undefined"})
_IS, _IS_NOT = (("is",), ("==",), ("===",)), (("is", "not"), ("!=",), ("!==",))
_REFUSING = frozenset({"raise", "throw", "abort", "panic"})
_REFUSALS = frozenset({"401", "403", "404", "False", "false", "forbidden", "Forbidden", "unauthorized", "Unauthorized"})
_LENGTHS = (("length",), ("Length",), ("Count",), ("size", "(", ")"), ("length", "(", ")"), ("size",))
_READERS = frozenset({"charAt", "get", "at", "codePointAt", "charCodeAt", "elementAt"})
_ENDS = frozenset({";", ":", "{", "&&", "||", "and", "or", ","})


@dataclass(frozen=True, slots=True)
class Change:
    """One run of words that another one took the place of."""

    place: int
    """Index of the first word, the same on both sides."""
    gone: str
    """The words, spaces between them; empty if words only came."""
    came: str


@dataclass(frozen=True, slots=True)
class NoneTest:
    """A condition that asks for nothing but whether there is a value."""

    value: tuple[str, ...]
    is_none: bool
    """Whether it holds when there is none."""


def one_change(old: Sequence[str], new: Sequence[str]) -> Change | None:
    """What changed, if that is one run of at most two words."""
    shorter = min(len(old), len(new))
    start = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    same = 0
    while same < shorter - start and old[-1 - same] == new[-1 - same]:
        same += 1
    gone, came = old[start : len(old) - same], new[start : len(new) - same]
    if not 0 < max(len(gone), len(came)) <= 2:
        return None
    return Change(start, " ".join(gone), " ".join(came))


def bare(head: Statement) -> tuple[str, ...]:
    """The words that are asked: without the word in front, the brackets around, and what begins the block."""
    asked = head.words
    while asked and asked[0] in ("}", "else", "if", "elif", "while"):
        asked = asked[1:]
    if asked and asked[-1] in (":", "{"):
        asked = asked[:-1]
    return asked[1:-1] if asked[:1] == ("(",) and _closes(asked) == len(asked) - 1 else asked


def _closes(opened: Sequence[str]) -> int:
    depth = 0
    for place, word in enumerate(opened):
        depth += (word == "(") - (word == ")")
        if not depth:
            return place
    return -1


def is_middle_of_for(sides: Sides, statement: Statement) -> bool:
    """Whether a statement is the condition of Go's `for i := 0; i < n; i++ {`, which is three of them."""
    if sides.language != "go" or not 0 < statement.index < len(sides.after) - 1:
        return False
    return sides.after[statement.index - 1].head == "for" and sides.after[statement.index + 1].words[-1] == "{"


def shown(head: Statement) -> str:
    """A condition in short."""
    return " ".join(bare(head))[:40]


def below(sides: Sides, head: Statement) -> Iterator[Statement]:
    """What stands behind the first word of a condition in the same function of the new file, its own block first."""
    for one in sides.after[head.index + 1 : head.index + 1 + _BELOW]:
        if one.depth < head.depth:
            return
        yield one


def measured(right: Sequence[str]) -> tuple[str, ...]:
    """Whose length stands on the right of a comparison; empty if something else does."""
    depth = 0
    stop = len(right)
    for place, word in enumerate(right):
        depth += (word in "([") - (word in ")]")
        if depth < 0 or (depth == 0 and word in _ENDS):
            stop = place
            break
    side = tuple(right[:stop])
    if side[:2] == ("len", "(") and _closes(side[1:]) == len(side) - 2:
        return side[2:-1]
    ends = (end for end in _LENGTHS if side[-len(end) - 1 :] == (".", *end))
    length = next(ends, None)
    return () if length is None else side[: -len(length) - 1]


def reads_at(statement: Statement, owner: Sequence[str], index: str) -> bool:
    """Whether a statement reads an element of something at an index."""
    text = f" {statement.key} "
    name = " ".join(owner)
    if f" {name} [ {index} ] " in text:
        return True
    if list(owner[-3:]) == ["[", "0", "]"] and f" ] [ {index} ] " in text and f" {owner[0]} [ " in text:
        return True  # one row of many
    return any(f" {name} . {reader} ( {index} ) " in text for reader in _READERS)


def none_test(head: Statement) -> NoneTest | None:
    """What a condition asks, if it is `x is None`, `x.y != null` or the like."""
    asked = bare(head)
    if len(asked) < 3 or asked[-1] not in _NOTHING:
        return None
    for signs, is_none in ((_IS_NOT, False), (_IS, True)):
        for sign in signs:
            value = asked[: -len(sign) - 1]
            if asked[len(value) : -1] == sign and value and all(word == "." or word.isidentifier() for word in value):
                return NoneTest(value, is_none)
    return None


def is_used(statements: Sequence[Statement], value: Sequence[str]) -> bool:
    """Whether something of a value is asked for before it gets another one."""
    name = " ".join(value)
    for one in statements:
        text = f" {one.key} "
        place = max(text.find(f" {name} . "), text.find(f" {name} [ "))
        if place >= 0 and not text[:place].endswith(" ."):
            return True
        if assigns(one, value):
            return False
    return False


def assigns(statement: Statement, value: Sequence[str]) -> bool:
    """Whether a statement does nothing but give a value another one, whatever it was."""
    rest = f" {statement.key} ".partition(" = ")[2]
    return statement.words[: len(value) + 1] == (*value, "=") and f" {' '.join(value)} " not in f" {rest}"


def refuses(body: Sequence[Statement]) -> bool:
    """Whether a block turns something down."""
    return any(
        one.head in _REFUSING or (one.head in ("return", "res", "response") and not _REFUSALS.isdisjoint(one.words))
        for one in body[:4]
    )
