"""New code in a file: every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import UsageError
from reviewer.generate.placing import Spot, difference, placed, spot

BYTES = st.binary(max_size=80).map(lambda data: data.replace(b"\0", b""))


@given(st.lists(BYTES, max_size=8).map(b"\n".join), st.integers(1, 20), st.text("ab ():\n\t", min_size=1).filter(str.strip))
def test_every_other_byte_stays(content: bytes, line: int, code: str) -> None:
    count = content.count(b"\n") + (not content.endswith(b"\n")) if content else 0
    where = spot(content, min(line, count + 1), "a.py")
    try:
        made = placed(where, code, "a.py")
    except UsageError:
        assert not code.isascii()
        return
    head, tail = content[: where.offset], content[where.offset :]
    assert made.content.startswith(head)
    assert made.content.endswith(tail)
    assert made.code.strip(b"\r\n") in made.content
    assert len(made.content) - len(content) >= len(made.code) - 2


@pytest.mark.parametrize(
    ("content", "line", "made"),
    [
        (b"", None, b"def f():\n    pass\n"),
        (b"x = 1\n", None, b"x = 1\ndef f():\n    pass\n"),
        (b"x = 1", None, b"x = 1\ndef f():\n    pass"),
        (b"x = 1\r\ny = 2\r\n", 2, b"x = 1\r\ndef f():\r\n    pass\r\ny = 2\r\n"),
        (b"class A:\n\n    y = 2\n", 2, b"class A:\n    def f():\n        pass\n\n    y = 2\n"),
        (b"class A:\n\ty = 2\n", 2, b"class A:\n\tdef f():\n\t\tpass\n\ty = 2\n"),
        (b"\xe9 = 1\n", 1, b"def f():\n    pass\n\xe9 = 1\n"),
    ],
)
def test_indentation_line_ends_and_encoding_of_the_file(content: bytes, line: int | None, made: bytes) -> None:
    assert placed(spot(content, line, "a.py"), "    def f():\n        pass\n\n", "a.py").content == made


def test_other_encodings_take_ascii_only() -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        placed(Spot(b"\xe9 = 1\n", 1), "x = '\u20ac'", "a.py")


@pytest.mark.parametrize("line", [0, -1, 4])
def test_lines_that_are_not_there(line: int) -> None:
    with pytest.raises(UsageError, match="the file has 2 lines"):
        spot(b"a\nb\n", line, "a.py")


def test_difference_of_a_new_file() -> None:
    assert difference(b"a b.py", None, b"x\n") == "--- /dev/null\n+++ b/a b.py\n@@ -0,0 +1 @@\n+x\n"
