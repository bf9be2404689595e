"""Which lines are known again, and which are nobody's."""

from __future__ import annotations

import ast
import subprocess
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.provenance import tokens
from reviewer.provenance.records import Generated, as_table, from_table, generated
from reviewer.provenance.share import Share, share
from reviewer.provenance.tokens import says_something, shingles
from reviewer.records import Change, FileChange, Hunk, Line, LineKind, Status

OURS = Path(tokens.__file__).resolve().parents[1]
"""The gate's own code serves as examples."""


def record(code: str, model: str = "tiny") -> Generated:
    return generated(code, request="", model=model, digest="ab" * 32, sampling="greedy", question="")


def change(text: str, kind: LineKind = LineKind.ADDED) -> Change:
    rows = tuple(Line(kind, line, 0, number) for number, line in enumerate(text.encode().split(b"\n"), 1))
    hunk = Hunk(b"a.py", "python", 0, 0, 1, len(rows), "", rows)
    return Change("x", "", "", (FileChange(b"a.py", Status.ADDED, b"a.py", 0, 0o100644, "", "", "python", (hunk,)),))


def functions(name: str) -> list[str]:
    source = (OURS / name).read_text(encoding="utf-8")
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    found = [ast.get_source_segment(source, node, padded=True) for node in nodes if (node.end_lineno or 0) - node.lineno >= 5]
    return [textwrap.dedent(code) for code in found if code]


def formatted(code: str, *args: str) -> str:
    done = subprocess.run(["ruff", "format", "--isolated", *args, "-"], input=code.encode(), capture_output=True, check=True)
    return done.stdout.decode()


FORMATS = [
    ("--line-length", "50"),
    ("--line-length", "120", "--config", "format.quote-style='single'"),
    ("--config", "format.indent-style='tab'", "--config", "format.skip-magic-trailing-comma=true"),
]


@pytest.mark.parametrize("args", FORMATS, ids=lambda args: " ".join(args))
@pytest.mark.parametrize("name", ["judge.py", "provenance/share.py", "git.py", "fix/edits.py"])
def test_formatted_code_is_known_whole(name: str, args: tuple[str, ...]) -> None:
    for code in functions(name):
        found = share(change(formatted(code, *args)), [record(code)])
        assert found.lines == found.of, code


def test_other_code_of_the_same_house_is_not_claimed() -> None:
    """The figure of docs/provenance.md is 0.1 %; this is a smaller sample."""
    records = [record(code) for name in ("git.py", "judge.py", "fix/edits.py") for code in functions(name)]
    lines = of = 0
    for path in sorted((OURS / "classify").glob("*.py")) + sorted((OURS / "attest").glob("*.py")):
        found = share(change(path.read_text(encoding="utf-8")), records)
        lines, of = lines + found.lines, of + found.of
    assert of > 2000
    assert lines / of < 0.005


CODE = """\
def total(rows, rate):
    amount = sum(row.price * row.count for row in rows)
    return amount * (1 + rate) - row.discount
"""
NOBODYS = ["", "}", "  });", "return None", "    pass", "else:", "import os", "from a import b", "#include <x.h>", "@property"]
NOBODYS += ["if __name__ == '__main__':", "def __init__(self):", "return self", "x()"]
OTHER = st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()))


@pytest.mark.parametrize("line", NOBODYS)
def test_lines_that_anybody_writes_say_nothing(line: str) -> None:
    assert not says_something(line)


@pytest.mark.parametrize("line", ["x = 1", "return a + b", "for row in rows:", "const total = price * count;"])
def test_lines_that_say_something(line: str) -> None:
    assert says_something(line)


def test_removed_and_unchanged_lines_are_not_counted() -> None:
    for kind in (LineKind.REMOVED, LineKind.CONTEXT):
        assert share(change(CODE, kind), [record(CODE)]) == Share(0, {})


def test_added_line_between_committed_ones_is_known_by_them() -> None:
    rows = CODE.encode().split(b"\n")
    kinds = (LineKind.CONTEXT, LineKind.ADDED, LineKind.CONTEXT)
    lines = tuple(Line(kind, text, 0, number) for number, (kind, text) in enumerate(zip(kinds, rows, strict=False), 1))
    whole = change("")
    hunk = Hunk(b"a.py", "python", 1, 2, 1, 3, "", lines)
    file = FileChange(b"a.py", Status.MODIFIED, b"a.py", 0o100644, 0o100644, "", "", "python", (hunk,))
    found = share(Change("x", "", "", (file,)), [record(CODE)])
    assert (whole.source, found.lines, found.of) == ("x", 1, 1)


def test_part_of_a_line_is_not_enough() -> None:
    text = "check(amount)\nreport(sum(row.price for row in others))\n"
    assert share(change(text), [record(CODE)]).lines == 0


def test_short_code_must_be_there_whole() -> None:
    short = "def add(a, b):\n    return a + b\n"
    assert share(change(short), [record(short)]).lines == 2
    assert share(change("def add(a, b):\n    return a - b\n"), [record(short)]).lines == 0
    assert share(change("def sub(a, b):\n    return a + b\n"), [record(short)]).lines == 0


def test_each_line_counts_for_one_model() -> None:
    found = share(change(CODE), [record(CODE, "one"), record(CODE, "two")])
    assert found.lines == found.of == 3
    assert [one.model for one in found.records] == ["one"]


@given(st.lists(st.text(alphabet="abc ()=+,\n\t'\"#;{}", max_size=40), max_size=12))
def test_share_is_never_more_than_there_is(parts: list[str]) -> None:
    text = "\n".join(parts)
    found = share(change(text), [record(text), record(CODE)])
    assert 0 <= found.lines <= found.of <= text.count("\n") + 1


@given(st.text(max_size=300))
def test_record_survives_its_file(code: str) -> None:
    made = record(code)
    assert from_table(as_table(made)) == made


@given(
    st.dictionaries(
        st.sampled_from(list(as_table(record(CODE)))), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()))
    )
)
def test_any_other_file_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_table({**as_table(record(CODE)), "version": 2, **table} if table.get("version") != 1 else {"version": 1})


@given(st.text(alphabet="ab1 \t", max_size=60))
def test_white_space_and_brackets_change_nothing(code: str) -> None:
    dressed = f"({code.replace(' ', '   ')},);"
    assert list(shingles(tokens.tokens(code))) == list(shingles(tokens.tokens(dressed)))
