from __future__ import annotations

from array import array

import pytest
from make_hunk import make_hunk

from reviewer.classify import staged_context
from reviewer.classify.staged_context import FIELDS, UNKNOWN, StagedContext, parse
from reviewer.classify.staged_sets import Piece, grouped, pooled


def context(**counts: float) -> StagedContext:
    found, wrong = parse({**dict.fromkeys(FIELDS, 0), **counts})
    assert not wrong
    return found


def piece(path: bytes, *lines: str, start: int = 1, known: StagedContext = UNKNOWN) -> Piece:
    hunk = make_hunk(path, *lines, start=start)
    return Piece(path, (start, hunk.old_count), len(hunk.added), len(hunk.removed), known, array("f", [1.0, 2.0]), array("i"))


def test_grouped_by_equal_context() -> None:
    one, other = context(c_files=2, c_add=2, c_del=0), context(c_files=1, c_add=1, c_del=0)
    pieces = [piece(b"a", "+x", known=one), piece(b"c", "+x", known=other), piece(b"b", "+y", known=one)]
    assert grouped(pieces) == [[0, 2], [1]]


def test_grouped_without_context_stand_alone() -> None:
    assert grouped([piece(b"a", "+x"), piece(b"b", "+x")]) == [[0], [1]]


@pytest.mark.parametrize(
    ("second", "counts"),
    [
        (piece(b"b", "+y"), {"c_files": 2, "c_add": 1, "c_del": 0}),
        (piece(b"b", "+y"), {"c_files": 1, "c_add": 2, "c_del": 0}),
        (piece(b"a", " y", "+y"), {"c_files": 2, "c_add": 2, "c_del": 0}),
    ],
    ids=["more lines than counted", "more files than counted", "overlap"],
)
def test_grouped_tells_sets_apart_that_look_alike(second: Piece, counts: dict[str, float]) -> None:
    from dataclasses import replace

    known = context(**counts)
    first = piece(b"a", " x", "+x", known=known)
    assert grouped([first, replace(second, context=known)]) == [[0], [1]]


def test_pooled_is_mean_and_most() -> None:
    from dataclasses import replace

    one = piece(b"a", "+x")
    other = replace(piece(b"b", "+x"), numbers=array("f", [3.0, 0.0]))
    found = pooled([one, other])
    assert found[:4] == [2.0, 1.0, 3.0, 2.0]
    assert len(found) == 6


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1, "3", [], True, 10**400])
def test_parse_says_which_field_is_no_count(bad: object) -> None:
    found, wrong = parse({"c_files": 1, "c_add": bad, "c_del": 0})
    assert found is UNKNOWN
    assert "c_add" in wrong


def test_parse_partly_known() -> None:
    found, wrong = parse({"c_files": 1, "c_add": 2, "c_del": 0, "c_more": "x"})
    assert not wrong
    assert (found.has_totals, found.has_kinds) == (True, False)
    assert parse({"c_f_src": 1})[1]
    assert parse([1])[1]
    assert parse(None) == parse({}) == (UNKNOWN, "")


def test_context_numbers_have_names() -> None:
    assert len(staged_context.numbers(context(c_files=3, c_add=5, c_del=1))) == len(staged_context.NAMES)
    assert set(staged_context.numbers(UNKNOWN)) == {0.0}
