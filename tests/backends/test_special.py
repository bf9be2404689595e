"""Text that looks like special tokens stays text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from reviewer.backends._special import PlainText, candidates

SPECIAL = ["<|im_start|>", "<|im_end|>", "<tool_call>", "[INST]"]
TEXT = st.lists(st.sampled_from([*SPECIAL, "<", "|", "im_end", "|>", "x ", "[", "\n", "é", "\x00"])).map("".join)


def _encode(text: str) -> list[int]:
    """A tokenizer that matches special tokens (ids from 1,000,000 on) in any text."""
    pieces = re.split("(" + "|".join(map(re.escape, SPECIAL)) + ")", text)
    return [token for piece in pieces for token in ([1_000_000] if piece in SPECIAL else [ord(char) for char in piece])]


@given(TEXT)
def test_tokens_never_holds_a_special_one_and_loses_nothing(text: str) -> None:
    plain = PlainText(SPECIAL, _encode)
    assert plain.tokens(text) == [ord(char) for char in text]
    assert "".join(plain.pieces(text)) == text


def test_tokens_takes_lone_surrogates() -> None:
    assert PlainText([], _encode).tokens("a\udc80b") == [ord("a"), ord("?"), ord("b")]


def test_candidates_by_form() -> None:
    assert candidates([b"<|a|>", b"<x>", b"[PAD]", b"x>", b"<", b"\xff", b"<>"]) == ["<|a|>", "<x>", "[PAD]"]
