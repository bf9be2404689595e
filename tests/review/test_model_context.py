"""What a model is shown: every new line once, inside its function, under a ceiling of tokens."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_hunk import make_hunk
from real_model import MACHINE, real_model

from reviewer.engine.client import Worker
from reviewer.engine.install import model_files, settings_for
from reviewer.models.exam.loading import load
from reviewer.records import Hunk, Line, LineKind
from reviewer.review import _model_roles as roles
from reviewer.review._model_context import CEILING, Context, Source, contexts, shown
from reviewer.review._model_exam import hunk_and_source
from reviewer.review._model_scope import enclosing, is_definition, names_called, signatures
from reviewer.review._model_session import Opened
from reviewer.review._model_tokens import estimate

LINES = st.lists(
    st.tuples(st.sampled_from("+- "), st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"")))
    .map(lambda pair: pair[0].encode() + pair[1]),
    max_size=90,
)  # fmt: skip


def source(text: str) -> Source:
    return Source(text, tuple(text.split("\n")))


def change(text: str, *new: int) -> tuple[Hunk, Source]:
    """A hunk with three lines of context in which some lines of a file are new."""
    lines = text.split("\n")
    first, last = max(new[0] - 3, 1), min(new[-1] + 3, len(lines))
    made = [
        Line(
            LineKind.ADDED if number in new else LineKind.CONTEXT,
            lines[number - 1].encode(),
            0 if number in new else number,
            number,
        )
        for number in range(first, last + 1)
    ]
    return Hunk(b"a.py", "python", first, 0, first, last - first + 1, "", tuple(made)), source(text)


@given(LINES)
def test_contexts_hold_every_new_line_once(lines: list[bytes]) -> None:
    hunk = make_hunk(b"a.py", *lines)
    told = [row.line for context in contexts(hunk, None) for row in context.labels.values()]
    assert told == [line.new_number for line in hunk.added if shown(line.text).strip()]


@given(LINES, st.lists(st.text("ab ():\n\t{}def", max_size=40), max_size=30).map("\n".join))
def test_contexts_keep_the_ceiling_whatever_the_file_is(lines: list[bytes], text: str) -> None:
    hunk = make_hunk(b"a.py", *lines)
    for context in contexts(hunk, source(text)):
        assert estimate(context.material) <= CEILING + max(row.cost for row in context.rows)
        assert list(context.labels) == list(range(1, len(context.labels) + 1))


@given(st.lists(st.text(max_size=12), min_size=1, max_size=20), st.data())
def test_enclosing_holds_the_lines_it_is_asked_about(lines: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    found = enclosing(lines, first, last)
    assert found is None or (found.start <= first and last in found and found.stop <= len(lines) + 1)


PYTHON = """\
import os


def helper(name: str) -> str:
    return name


class Store:
    size = 3

    @property
    def path(self):
        return self.name

    def find(self, name):
        if name:
            value = helper(name)
            return self.load(value)
        return None

    def load(self, value):
        return open(value)
"""

GO = """\
package db

func quote(s string) string {
	return s
}

func (d *DB) Find(
	name string,
) error {
	if name == "" {
		return nil
	}
	return d.run(quote(name))
}

func other() {}
"""


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (PYTHON, 17, range(15, 20)), (PYTHON, 13, range(11, 14)), (PYTHON, 15, range(15, 20)), (PYTHON, 1, None),
        (GO, 13, range(7, 15)), (GO, 4, range(3, 6)),
    ],
)  # fmt: skip
def test_enclosing_finds_the_innermost_definition(text: str, line: int, expected: range | None) -> None:
    assert enclosing(text.split("\n"), line, line) == expected


def test_context_is_the_function_and_the_heads_of_what_it_calls() -> None:
    (context,) = contexts(*change(PYTHON, 17, 18))
    # The head of load is among the lines around the change.
    assert context.calls == ("def helper(name: str) -> str:",)
    fence = re.search(r"<(diff-\w+)>", context.material)
    assert fence is not None
    assert context.material.split("\n") == [
        "File: a.py",
        "Calls: def helper(name: str) -> str:",
        f"<{fence[1]}>",
        "  ",
        "      def find(self, name):",
        "          if name:",
        "1+             value = helper(name)",
        "2+             return self.load(value)",
        "          return None",
        "  ",
        "      def load(self, value):",
        f"</{fence[1]}>",
        "",
    ]


def test_context_shows_removed_lines_without_labels() -> None:
    (context,) = contexts(make_hunk(b"a.py", " def f():", "-    return 1", "+    return 2", "+", "+    pass\r"), None)
    body = context.material.split("\n")[2:-2]
    assert body == ["  def f():", "-     return 1", "1+     return 2", "+ ", "2+     pass"]


def test_context_a_function_that_is_too_long_gives_way_around_the_hunk() -> None:
    text = "def long():\n" + "".join(f"    value_{number} = compute(number, {number})\n" for number in range(900))
    (context,) = contexts(*change(text, 500))
    assert context.section == "def long():"
    assert estimate(context.material) <= CEILING
    before = [row for row in context.rows if "value_" in row.text]
    assert len(before) > 40
    assert [row.text.strip() for row in context.labels.values()] == ["value_498 = compute(number, 498)"]


def test_context_a_hunk_that_is_too_long_comes_in_parts() -> None:
    hunk = make_hunk(b"a.py", *[f"+value_{number} = compute(number, {number})" for number in range(300)])
    made = contexts(hunk, None)
    assert len(made) > 2
    assert all(estimate(context.material) <= CEILING for context in made)
    assert sum(len(context.labels) for context in made) == 300


def test_context_moves_with_the_code_without_changing() -> None:
    def material(shift: int) -> list[str]:
        return [context.material for context in contexts(*change("\n" * shift + PYTHON, 17 + shift))]

    assert material(0) == material(40)


def test_shown_spells_out_what_nobody_can_see() -> None:
    assert shown("a\u202eb\u200bc\x1b[2K\u2028d \t\u00e9\u4e2d") == "a\\u{202e}b\\u{200b}c\\u{1b}[2K\\u{2028}d \t\u00e9\u4e2d"
    assert len(shown("x" * 5000)) < 400


@pytest.mark.parametrize(
    "line",
    ["def f(x):", "  async def f():", "func (d *DB) Find(", "export const f = (a) => {", "public static int of(String s) {",
     "fn f() {", "int main(void)", "  render() {", "class A:", "static struct node *make(int x)"],
)  # fmt: skip
def test_is_definition(line: str) -> None:
    assert is_definition(line)


@pytest.mark.parametrize(
    "line", ["if (x) {", "return f(x)", "f(x);", "x = f(y)", "else if (a) {", "for (;;) {", "", "obj.call(x) {"]
)
def test_is_no_definition(line: str) -> None:
    assert not is_definition(line)


def test_signatures_are_of_whole_names_and_not_shown_twice() -> None:
    text = "def load(a):\n    pass\ndef reload(b):\n    pass\ndef other(c):\n    load(other(1))\n"
    assert signatures(text, ["load", "other", "load"], range(5, 7)) == ["def load(a):"]
    assert names_called("    value = load(self.find(x)) if (a) else print(b)") == ["load", "find"]


@pytest.mark.model
def test_estimate_is_no_less_than_the_truth_and_keeps_all_that_is_told_under_2000_tokens() -> None:
    real_model("openvino_genai")
    opened = Opened(MACHINE, MACHINE.model)
    long = make_hunk(b"a.py", *[f"+value_{number} = compute(number, {number})" for number in range(300)])
    shown_of: list[Context] = [*contexts(long, None), *contexts(*change(PYTHON, 17))]
    shown_of += [context for sample in load().samples[:60] for context in contexts(*hunk_and_source(sample))]
    texts = [context.material for context in shown_of]
    whole = [f"{q.system}{q.material}{q.question}" for q in map(roles.review, shown_of)]
    with tempfile.TemporaryDirectory() as folder, Worker(opened.python, opened.backend, Path(folder)) as worker:
        deadline = time.monotonic() + 120
        worker.load(model_files(opened.store, opened.entry, opened.backend), settings_for(opened.entry, MACHINE), deadline)
        counts = worker.count(texts, deadline)
        assert all(estimate(text) >= count for text, count in zip(texts, counts, strict=True))
        assert max(worker.count(whole, deadline)) <= 2000
