"""Batches as bytes: what a device gets, and what a message carries."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_hunk import make_hunk

from reviewer.classify import hunk_numbers, hunk_words
from reviewer.classify.model import piece
from reviewer.classify.rows import BATCH, FEATURES, Row, batch, from_json, rows, to_json
from reviewer.classify.staged_context import parse


def some() -> list[Row]:
    context, _ = parse({"c_files": 2, "c_add": 9, "c_del": 1})
    hunks = [make_hunk(b"a.py", "+x = 1"), make_hunk(b"b.py", "-y = 2", "+y = 3")]
    return rows([*(piece(hunk, context) for hunk in hunks), piece(make_hunk(b"c.go", "+z := 1"))])


def test_a_row_has_every_feature_and_hunks_of_a_set_share_what_is_common() -> None:
    one, other, alone = some()
    assert {len(row.numbers) for row in (one, other, alone)} == {len(FEATURES)}
    of_the_set = slice(len(hunk_numbers.NAMES), None)
    assert one.numbers[of_the_set] == other.numbers[of_the_set] != alone.numbers[of_the_set]


def test_a_batch_is_as_large_as_the_network_wants_and_the_rest_is_zero() -> None:
    members = some()
    inputs = batch(members)
    numbers = struct.unpack(f"<{BATCH * len(FEATURES)}f", inputs["numbers"])
    assert list(numbers[: len(FEATURES)]) == list(members[0].numbers)
    assert not any(numbers[3 * len(FEATURES) :])
    words = struct.unpack(f"<{BATCH * hunk_words.BUCKETS}f", inputs["words"])
    present = {place for place, weight in enumerate(words[: hunk_words.BUCKETS]) if weight}
    assert present == set(members[0].words)
    assert words[members[0].words[0]] == pytest.approx((len(members[0].words) + 1) ** -0.5)
    assert not any(words[3 * hunk_words.BUCKETS :])


def test_rows_survive_a_message() -> None:
    assert from_json(to_json(some())) == some()
    assert from_json(to_json([])) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(JSON)
def test_whatever_a_message_carries_is_rows_or_an_error(value: object) -> None:
    try:
        found = from_json(value)
    except ValueError:
        return
    assert all(len(one.numbers) == len(FEATURES) for one in found)


@pytest.mark.parametrize("word", [-1, hunk_words.BUCKETS])
def test_a_word_beyond_the_buckets_is_no_row(word: int) -> None:
    numbers = array("f", bytes(4 * len(FEATURES)))
    with pytest.raises(ValueError, match="no rows of this network"):
        from_json(to_json([Row(numbers, array("i", [word]))]))
