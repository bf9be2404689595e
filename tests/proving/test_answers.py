"""The other ways to read an answer invent nothing, and each is proven like the answer itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.proving.answers import ways
from reviewer.review._model_fix import Rewrite

CODE = """class A:
    def f(self, x):
        if x = 1:
            return 0
            more()
        total = sum(x)
            half = total // 2
        return half
"""


def read(first: int, last: int, *lines: str, code: str = CODE) -> list[str]:
    """The whole file after each way."""
    old = code.split("\n")
    return [
        "\n".join([*old[: way.first - 1], *way.lines, *old[way.last :]])
        for way in ways(Rewrite(first, last, lines), code.encode())
    ]


def test_a_line_that_follows_already_is_left_out_first() -> None:
    made = read(3, 3, "        if x == 1:", "            return 0")
    assert made[0] == CODE.replace("x = 1", "x == 1")
    assert made[1] == CODE.replace("x = 1:", "x == 1:\n            return 0")


def test_lines_that_stand_above_already_are_left_out_first() -> None:
    assert read(3, 3, "    def f(self, x):", "        if x == 1:")[0] == CODE.replace("x = 1", "x == 1")


def test_a_block_at_a_wrong_margin_is_also_read_at_those_around_it() -> None:
    made = read(7, 7, "    half = total // 2")
    assert made[0] == CODE.replace("            half", "    half")
    assert CODE.replace("            half", "        half") in made[1:]


def test_margins_within_a_block_stay() -> None:
    made = read(7, 7, "  if x:", "      half = 1", "", "  y = 2")
    assert CODE.replace("            half = total // 2", "        if x:\n            half = 1\n\n        y = 2") in made


def test_an_answer_is_never_emptied() -> None:
    assert read(3, 3, "            return 0")[0] == CODE.replace("        if x = 1:", "            return 0")


LINES = ["", "x", "  y = 1", "\tz", "        return half", "            return 0", " \t", "\xe9"]


@given(st.integers(1, 8), st.integers(0, 3), st.lists(st.sampled_from(LINES), min_size=1, max_size=5))
def test_no_way_brings_a_word_that_the_answer_has_not(first: int, more: int, lines: list[str]) -> None:
    answer = Rewrite(first, min(8, first + more), tuple(lines))
    found = ways(answer, CODE.encode())
    assert answer in found
    assert len(found) == len(set(found)) <= 8
    words = [line.strip() for line in lines]
    for way in found:
        assert (way.first, way.last) == (answer.first, answer.last)
        said = [line.strip() for line in way.lines]
        assert any(said == words[start : start + len(said)] for start in range(len(words)))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"a\r\nb"])
def test_any_file(content: bytes) -> None:
    assert ways(Rewrite(1, 1, ("x",)), content)
