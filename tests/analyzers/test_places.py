"""From bytes, offsets and foreign columns to git's lines and to characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.analyzers._places import Places, Span

TEXT = "ä😀x = 1\r\nlast".encode()


def test_offsets_are_told_in_characters():
    assert Places(TEXT).offsets(6, 7) == Span(1, 1, 3, 4)


def test_offsets_across_lines():
    assert Places(TEXT).offsets(6, len(TEXT)) == Span(1, 2, 3, 5)


def test_byte_columns_are_told_in_characters():
    assert Places(TEXT).byte_columns(1, 2, 1, 6) == Span(1, 1, 2, 3)


def test_a_lone_carriage_return_ends_no_line():
    assert Places(b"a\rb\nc").offsets(4, 5) == Span(2, 2, 1, 2)


def test_lines_outside_the_file_are_moved_to_its_edge():
    places = Places(b"a\nb\n")
    assert (places.lines(0), places.lines(9), places.lines(2, 1)) == (Span(1, 1), Span(2, 2), Span(2, 2))


def test_an_empty_file_has_one_line():
    assert Places(b"").offsets(0, 5) == Span(1, 1, 1, 1)


@given(st.binary(max_size=60), st.integers(-5, 80), st.integers(-5, 80))
def test_places_are_always_inside_the_file(content: bytes, start: int, end: int):
    places = Places(content)
    lines = content.split(b"\n")
    for span in (
        places.offsets(start, end),
        places.byte_columns(start, end, end, start),
        places.characters(start, end, end, start),
    ):
        assert 1 <= span.start_line <= span.end_line <= len(lines)
        assert 1 <= span.start_column <= len(lines[span.start_line - 1]) + 1
        assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1
        assert span.start_line < span.end_line or span.start_column <= span.end_column


@given(st.text(max_size=40))
def test_offsets_point_at_the_same_text(text: str):
    content = text.encode()
    for at, letter in enumerate(text):
        if letter == "\n":
            continue
        offset = len(text[:at].encode())
        span = Places(content).offsets(offset, offset + len(letter.encode()))
        assert text.split("\n")[span.start_line - 1][span.start_column - 1 : span.end_column - 1] == letter
