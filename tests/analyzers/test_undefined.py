"""Which undefined names are worth saying, told apart by what else the file leaves open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.analyzers._undefined import one_slip_apart, telling

LONG = "import os\n\n\n" + "def g():\n    return os\n\n\n" * 15


def test_telling_in_a_whole_file_tells_every_name():
    text = LONG + "def f(x):\n    return helper(x)\n"
    assert telling(text.encode(), [("helper", text.count("\n"))]) == {"helper"}


def test_telling_in_a_short_file_tells_modules_only():
    text = b"import os\n\n\ndef f(x):\n    return json.dumps(helper(x), os)\n"
    assert telling(text, [("json", 5), ("helper", 5)]) == {"json"}


@pytest.mark.parametrize(
    ("text", "undefined"),
    [
        ("def f(x: List):\n    return helper.g(x)\n" + LONG, [("List", 1), ("helper", 2)]),
        ("start(1)\n" + LONG, [("start", 1)]),
        (LONG.replace("import os", "os = 1"), [("helper", 6)]),
        (LONG, [("one", 5), ("two", 5), ("three", 9)]),
    ],
)
def test_telling_in_an_excerpt_tells_nothing(text: str, undefined: list[tuple[str, int]]):
    assert telling(text.encode(), undefined) == set()


def test_telling_in_an_excerpt_tells_slips_and_words_of_other_languages():
    text = b"def f(numbers):\n    total = 0\n    if this.x == null:\n        return numbes\n    return totla + other\n"
    undefined = [("this", 3), ("null", 3), ("numbes", 4), ("totla", 5), ("other", 5)]
    assert telling(text, undefined) == {"this", "null", "numbes", "totla"}


def test_telling_takes_no_module_for_a_slip():
    assert telling(b"def f(rindom):\n    return random(rindom)\n", [("random", 2)]) == set()


def test_telling_survives_lines_outside_the_file():
    assert telling(b"x", [("a", 99)]) == set()


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("count", "coumt", True), ("count", "coutn", True), ("count", "cont", True), ("count", "counts", True),
        ("count", "count", False), ("count", "cuont", True), ("count", "amount", False), ("ab", "ba", True),
        ("abcd", "badc", False), ("count", "coun", True), ("abc", "acbd", False), ("", "a", True),
    ],
)  # fmt: skip
def test_one_slip_apart(left: str, right: str, near: bool):
    assert one_slip_apart(left, right) is near


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_one_slip_apart_is_symmetric_and_changes_at_most_one_length(left: str, right: str):
    near = one_slip_apart(left, right)
    assert near is one_slip_apart(right, left)
    assert not near or (left != right and abs(len(left) - len(right)) <= 1)


@given(st.text("abc", min_size=1, max_size=8), st.data())
def test_one_slip_apart_knows_every_letter_left_out(word: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(word) - 1))
    assert one_slip_apart(word, word[:at] + word[at + 1 :])
