"""Frames: what goes in comes out, and garbage is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.backends.interface import ChatFormat, ModelFiles, Piece, Written
from reviewer.engine import protocol
from reviewer.errors import BackendError, OutOfTimeError
from reviewer.records import Dialect, Endpoint

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters()), JSON))
def test_frame_round_trip(message: dict[str, object]) -> None:
    frame = protocol.encoded(message)
    assert protocol.length(frame[:4]) == len(frame) - 4
    assert protocol.decoded(frame[4:]) == message


@given(st.binary(max_size=40))
def test_decoded_garbage_is_refused_or_an_object(body: bytes) -> None:
    try:
        message = protocol.decoded(body)
    except protocol.FrameError:
        return
    assert isinstance(message, dict)


def test_length_refuses_what_no_message_has() -> None:
    with pytest.raises(protocol.FrameError):
        protocol.length(b"\xff\xff\xff\xff")


def test_encoded_refuses_what_is_too_long() -> None:
    with pytest.raises(protocol.FrameError):
        protocol.encoded({"text": "x" * (protocol.LIMIT + 1)})


def test_encoded_keeps_lone_surrogates() -> None:
    assert protocol.decoded(protocol.encoded({"text": "a\udc80"})[4:]) == {"text": "a\udc80"}


def test_files_round_trip() -> None:
    files = ModelFiles("n", Path("/w"), "ab", Path("/c"), ChatFormat("1", "2", "3", "4"))
    assert protocol.files_from_json(protocol.files_to_json(files)) == files


def test_files_round_trip_of_an_endpoint() -> None:
    endpoint = Endpoint("big", "http://127.0.0.1:1", "m:7b", Dialect.OLLAMA, "KEY", 5.0, 2048)
    files = ModelFiles("n", Path(), "", Path(), ChatFormat("", "", "", ""), endpoint)
    frame = protocol.encoded(protocol.files_to_json(files))
    assert protocol.files_from_json(protocol.decoded(frame[4:])) == files


@given(st.lists(st.tuples(st.text(), st.booleans())))
def test_prefix_round_trip(pieces: list[tuple[str, bool]]) -> None:
    prefix = [Piece(text, special) for text, special in pieces]
    assert protocol.prefix_from_json(protocol.prefix_to_json(prefix)) == prefix


def test_written_round_trip() -> None:
    written = Written('{"a": 1}', 7, True)
    assert protocol.written_from_json(protocol.written_to_json(written)) == written


@pytest.mark.parametrize(
    "value", [None, [], {}, {"text": 1, "tokens": 1, "finished": True}, {"text": "", "tokens": 1, "finished": 1}]
)
def test_written_garbage_is_refused(value: object) -> None:
    with pytest.raises(protocol.FrameError):
        protocol.written_from_json(value)


@pytest.mark.parametrize("error", [BackendError("no", where="there", todo="Do."), OutOfTimeError("late")])
def test_error_round_trip(error: BackendError) -> None:
    with pytest.raises(BackendError) as caught:
        protocol.value(protocol.error_to_json(error))
    assert type(caught.value) is type(error)
    assert (caught.value.what, caught.value.where, caught.value.todo) == (error.what, error.where, error.todo)


def test_value_of_a_reply() -> None:
    assert protocol.value({"ok": [1, 2]}) == [1, 2]
    assert protocol.value({"ok": None}) is None
