"""Text that was written to make a pattern read it again and again: a megabyte is read once.

There are no times here. A pattern whose time grows with the square takes hours for these, and the suite's own limit ends it.
"""

from __future__ import annotations

import pytest
from make_hunk import make_file, make_hunk

from reviewer import proc
from reviewer.analyzers import cppcheck, squawk
from reviewer.analyzers._undefined import telling
from reviewer.analyzers.interface import Source
from reviewer.change import copies
from reviewer.change._sides import Sides
from reviewer.change.interface import Context
from reviewer.classify.complexity import measure
from reviewer.records import Change
from reviewer.review import _suppressions, _touched

MEGABYTE = 1_000_000


def test_blank_lines_before_a_forgotten_import():
    text = b"def f():\n    return json.dumps(1)\n" + b"\n" * MEGABYTE + b"x\n"
    assert telling(text, [("json", 2)]) == set()


def test_blank_lines_before_a_statement_of_another_dialect(tmp_path):
    content = b"SELECT 1;\n" + b"\n" * MEGABYTE + b"GO\n"
    source = Source(b"migrations/1.sql", tmp_path / "1.sql", content)
    analysis = squawk.analyze([source], program=proc.find_tool("squawk"), folder=tmp_path, timeout=60.0)
    assert list(analysis.skipped) == [b"migrations/1.sql"]


@pytest.mark.parametrize(("end", "name"), [(b"int x;\n", "00000.c"), (b"class A;\n", "00000.cpp"), (b"public:\n", "00000.cpp")])
def test_blank_lines_in_a_header(tmp_path, end: bytes, name: str):
    assert cppcheck._name(0, Source(b"a.h", tmp_path / "a.h", b"\n" * MEGABYTE + end)) == name


def test_a_reason_that_is_white_space():
    line = b"+x = 1  # hunkgate: ignore[a] because" + b" " * MEGABYTE + b"-"
    texts = _touched.Texts.of(Change("the staged change", "", "", (make_file(make_hunk(b"a.py", line)),)))
    (suppression,) = _suppressions.found(texts)
    assert suppression.reason.startswith("because")


@pytest.mark.parametrize("text", ['"\\' * (MEGABYTE // 2), "'\\" * (MEGABYTE // 2), "'\"" * (MEGABYTE // 2)])
def test_quotes_without_a_partner(text: str):
    assert list(copies._statements_by_signs(text))
    lines = [b"+if x: " + text[:900].encode() for _ in range(1000)]
    assert measure(make_hunk(b"a.py", *lines), 1).decisions >= 1000


def test_quotes_without_a_partner_in_a_new_file():
    text = "\n".join(['x = "\\' + '"\\' * 400] * 200)
    sides = Sides(b"a.js", "javascript", "", text, (), True, False)
    assert list(copies.find(sides, Context([sides]))) == []
