"""Frames: what goes in comes out, and garbage is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.backends.interface import ChatFormat, ModelFiles
from reviewer.engine import protocol

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
