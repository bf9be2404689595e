"""Reading only what changed says what reading both files says, whatever the edit."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mending import a_candidate

from reviewer.fix.interface import Candidate
from reviewer.proving import python_names, substance, syntax
from reviewer.proving.python_parts import PythonFile, parts
from reviewer.proving.reading import FRESH, Readings
from reviewer.proving.scope import keeps_signatures, stays_inside
from reviewer.records import Fix

STATEMENTS = [
    "import os",
    "from json import loads",
    "x = 1",
    "a = 1; b = [\n  2,\n]",
    "if x:\n    y = 2\nelse:\n    y = 3",
    "# a remark",
    "@wraps\n@other(\n  1)\ndef f(a, b=1):\n    '''Words.\n\n    More.'''\n    return a + b",
    "s = '''\ntext = 1\n'''",
    "",
    "class A:\n    z = 1\n\n    def m(self):\n        return eval(self.z)",
    "w = 1 \\\n",
    "t = (1,\n     2)",
    "    # indented remark",
    "try:\n    import re\nexcept ImportError:\n    re = None",
    "for i in range(3): print(i)",
    "run([quote(x), 'a'])",
    "match x:\n    case 1:\n        pass",
    "d = 'caf\xe9'",
    "# coding: utf-8",
    "print(f'{x!r:>{y}}')",
]

PIECES = [
    "x = 2",
    "'''",
    '"',
    "(",
    ")",
    "]",
    "\\",
    "\\\n",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "#",
    ":",
    ";",
    "else:\n",
    "elif x:\n",
    "import sys\n",
    "except E:\n",
    "finally:\n",
    "eval(literal_eval(x))",
    "[quote(x)]",
    "@d\n",
    "return",
    "def g():\n    pass\n",
    "case 2:\n",
    "é",
    "\r\n",
    "from __future__ import annotations\n",
    "# coding: latin-1\n",
    "# coding: utf-7\n",
    "\ufeff",
    "\x0c",
    "\r",
    "a",
    "0",
    "",
    "",
]


@st.composite
def mends(draw: st.DrawFn) -> Candidate:
    """A file and one to three edits of it."""
    text = "\n".join(draw(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=9))) + draw(st.sampled_from(["\n", ""]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    head = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"# coding: latin-1\n"]))
    content = head + text.encode("latin-1" if b"latin" in head else "utf-8") + b"\n\n\n" * (len(text) < 3)
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), min_size=2, max_size=6, unique=True)))
    edits = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        end = draw(st.sampled_from([start, min(start + 1, end), end]))
        edits.append((start, end, draw(st.sampled_from(PIECES)).encode("utf-8")))
    return a_candidate(content, *edits, language="python")


def _whole(content: bytes) -> ast.Module | None:
    file = PythonFile.read(content)
    return file.tree if file else None


@settings(max_examples=500, deadline=None)
@example(a_candidate(b"w = 1 \\\n\nx = 2\n", (8, 8, b"+ 2"), language="python"))
@example(a_candidate(b"if x:\n    y = 1\nz = 2\n", (16, 16, b"else:\n    y = 3\n"), language="python"))
@example(a_candidate(b"x = 1\n\ny = 2\n", (6, 6, b"\xef\xbb\xbfz = 1\n"), language="python"))
@example(a_candidate(b"x = 1\ny = 2\nd = '\xc3\xa9'\n", (0, 0, b"# coding: latin-1\n"), language="python"))
@given(mends())
def test_what_changed_is_all_that_differs(one: Candidate) -> None:
    file = PythonFile.read(one.content)
    found = parts(file, one.fix.replacements) if file else None
    if file is None or found is None:
        return
    after = _whole(one.mended)
    assert after is not None
    old, new = [ast.dump(node) for node in file.tree.body], [ast.dump(node) for node in after.body]
    gone, come = [ast.dump(node) for node in found.before], [ast.dump(node) for node in found.after]
    assert len(new) - len(old) == len(come) - len(gone)
    assert sorted([*old, *come]) == sorted([*new, *gone])
    assert (gone == come) is (old == new)


@settings(max_examples=200, deadline=None)
@given(mends(), st.sampled_from(["rule", "model m"]), st.integers(1, 12))
def test_every_step_says_the_same(one: Candidate, source: str, line: int) -> None:
    """What is kept of one candidate must not leak into the next, so all share what was read."""
    lines = one.content.count(b"\n") + 1
    mend = a_candidate(one.content, *[(e.start, e.end, e.text) for e in one.fix.replacements], language="python")
    mend = Candidate(mend.finding, Fix(mend.fix.replacements, source), one.content, one.oid, one.mode, "python")
    object.__setattr__(mend.finding, "start_line", min(line, lines))
    object.__setattr__(mend.finding, "end_line", min(line, lines))
    for step in (syntax.parses, stays_inside, keeps_signatures, substance.does_not_dodge):
        assert step(mend, SHARED) == step(mend, FRESH)
    assert python_names._newly_imported(mend, SHARED) == python_names._newly_imported(mend, FRESH)


SHARED = Readings()


@pytest.mark.parametrize("name", ["one function", "an import and a function"])
def test_a_long_file_is_not_read_again(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    body = b"".join(b"def f%d(a):\n    x = %d\n    return a\n\n\n" % (n, n) for n in range(300))
    content = b"import os\n\n\n" + body
    place = content.index(b"x = 150")
    edits = [(place + 4, place + 7, b"json.loads(a)")]
    edits += [(0, 0, b"import json\n")] if "import" in name else []
    one = a_candidate(content, *edits, language="python")
    read = Readings()
    assert read.python(content) is not None
    seen: list[int] = []
    real = ast.parse

    def parse(source: str | bytes, *args: object, **more: object) -> ast.AST:
        seen.append(len(source))
        return real(source, *args, **more)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(ast, "parse", parse)
    assert syntax.parses(one, read).said == "tree-sitter, Python's own parser"
    substance.does_not_dodge(one, read)
    assert seen
    assert max(seen) < 200
