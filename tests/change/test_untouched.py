"""Which parts of a file are left out of a comparison, and that nothing is lost by it."""

from __future__ import annotations

import ast
from collections import Counter

import pytest
from compared import hunks_of
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.change._blocks import blocks
from reviewer.change._sides import Sides
from reviewer.change._untouched import untouched

PYTHON = """import os


@cached
def area(a):
    size = a * a
    return size


class Shop:
    name = "x"

    def open(self):
        if self.name:
            return True
        return False

    def close(self):
        self.name = ""
        return None
"""

GO = "package a\n\nfunc area(a int) int {\n\tb := a * a\n\treturn b\n}\n\nfunc half(a int) int {\n\treturn a / 2\n}\n"


def _sides(old: str, new: str, path: bytes = b"a.py") -> Sides:
    hunks = hunks_of(path, old, new)
    return Sides(path, hunks[0].language, old, new, blocks(hunks), True)


def test_untouched_functions_with_their_decorators() -> None:
    assert untouched(PYTHON.split("\n"), [14], "python") == [range(1, 10), range(18, 22)]


def test_untouched_classes_as_a_whole() -> None:
    assert untouched(PYTHON.split("\n"), [7], "python") == [range(1, 4), range(10, 22)]


def test_untouched_where_blocks_stand_in_braces() -> None:
    assert untouched(GO.split("\n"), [9], "go") == [range(3, 7)]


@pytest.mark.parametrize(
    "lines",
    [
        ['TEXT = """', "def area(a):", "    return a", "    # more", '"""'],
        ["def area(a):", '    """', "text", "    more", "x", '    """'],
        ["def area(", "    a,", "):", "    return a"],
    ],
    ids=["code in a text", "a text at the left edge", "brackets"],
)
def test_untouched_takes_whole_texts_and_brackets_only(lines: list[str]) -> None:
    for part in untouched([*lines, "", "x = 1"], [len(lines) + 2], "python"):
        text = "\n".join(lines[part.start - 1 : part.stop - 1])
        assert text.count('"""') % 2 == 0
        assert text.count("(") == text.count(")")


def test_before_and_after_keep_their_line_numbers() -> None:
    sides = _sides(
        PYTHON, PYTHON.replace("return True", "return 1\n        # why").replace("import os\n", "import os\nimport re\n")
    )
    assert {one.key: one.first for one in sides.after}["return False"] == 18
    assert {one.key: one.first for one in sides.before}["return False"] == 16
    assert "size = a * a" not in {one.key for one in sides.after}


_BODY = st.lists(
    st.sampled_from(["a = 1", "use(a)", "if a:\n        go(a)", "return a", "# why", 'x = """\n    text\n    """']),
    min_size=1,
    max_size=4,
)
_NAMES = st.sampled_from(["one", "two", "three", "four"])
_FUNCTION = st.builds(
    lambda name, body: f"def {name}(a):\n" + "".join(f"    {line}\n" for line in body) + "    done(a)\n", _NAMES, _BODY
)
_MODULE = st.lists(st.one_of(_FUNCTION, st.just("A = 1\n"), st.just('"""Text\ndef no():\n    x\n"""\n')), min_size=1, max_size=6)


@settings(deadline=None)
@given(old=_MODULE, new=_MODULE)
def test_what_is_left_out_and_what_is_not_are_the_whole(old: list[str], new: list[str]) -> None:
    before, after = "\n\n".join(old), "\n\n".join(new)
    if before == after:
        return
    sides = _sides(before, after)
    for part, whole in ((sides.before, sides.all_before), (sides.after, sides.all_after)):
        assert Counter(one.key for one in [*part, *sides.between]) == Counter(one.key for one in whole)


@settings(deadline=None)
@given(old=_MODULE, new=_MODULE)
def test_excerpt_is_a_module_where_the_whole_is_one(old: list[str], new: list[str]) -> None:
    before, after = "\n\n".join(old), "\n\n".join(new)
    if before != after:
        assert ast.parse(_sides(before, after).excerpt("pass")).body
