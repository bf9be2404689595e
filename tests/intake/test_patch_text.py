"""Patch text that people hand in: what unidiff can read arrives whole, what it cannot is an error that says what to do."""

from __future__ import annotations

import contextlib

import pytest
from conftest import Repo
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import PatchError
from reviewer.git import Git
from reviewer.intake import changes, contents, patch_text
from reviewer.records import LineKind, Status

SIMPLE = b"""--- a/x.py
+++ b/x.py
@@ -1,2 +1,3 @@ def f():
 one
-two
+deux
+three
"""


def test_simple_patch() -> None:
    (file,) = patch_text.parse(SIMPLE, name="p").files
    (hunk,) = file.hunks
    assert (file.path, file.status, file.language) == (b"x.py", Status.MODIFIED, "python")
    assert (hunk.section, hunk.new_start, hunk.new_count) == ("def f():", 1, 3)
    assert [(line.text, line.new_number) for line in hunk.added] == [(b"deux", 2), (b"three", 3)]


def test_same_hunks_as_the_staged_change(repo: Repo) -> None:
    repo.stage("a.py", "".join(f"line {n}\n" for n in range(40)))
    repo.commit()
    repo.stage("a.py", "".join(f"line {n}\n" for n in range(40)).replace("line 3\n", "line three\n").replace("line 30\n", ""))
    repo.stage("caf\u00e9 x.py", "new\n")
    git = Git(repo.path)
    base = git.tree_of("HEAD") or ""
    text = git.run("diff", "--cached", "--no-color")
    parsed = {file.path: file.hunks for file in patch_text.parse(text, name="p").files}
    assert parsed == {file.path: file.hunks for file in changes.staged(git, base_tree=base, tree="").files}


def test_not_utf8_travels_unchanged() -> None:
    (file,) = patch_text.parse(b"--- /dev/null\n+++ b/l.py\n@@ -0,0 +1 @@\n+x = '\xe9\xff'\n", name="p").files
    assert file.hunks[0].added[0].text == b"x = '\xe9\xff'"


def test_line_separators_do_not_break_it() -> None:
    line = "a\u2028b\x0bc\x0cd\re".encode()
    (file,) = patch_text.parse(b"--- /dev/null\n+++ b/l.py\n@@ -0,0 +1 @@\n+" + line + b"\n", name="p").files
    assert file.hunks[0].added[0].text == line


def test_deleted_file_has_its_old_path() -> None:
    (file,) = patch_text.parse(b"--- a/x.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n", name="p").files
    assert (file.path, file.status, file.hunks[0].lines[0].kind) == (b"x.py", Status.DELETED, LineKind.REMOVED)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("b/plain.py", b"plain.py"),
        ('"b/caf\\303\\251.py"', b"caf\xc3\xa9.py"),
        ('"b/q\\"u\\\\o\\tt\\ne.py"', b'q"u\\o\tt\ne.py'),
        ("b/trailing tab.py\t", b"trailing tab.py"),
    ],
)
def test_unquoted(written: str, meant: bytes) -> None:
    assert patch_text.unquoted(written) == meant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no change in this text"),
        (b"hello\nworld\n", "no change in this text"),
        (b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n", "cannot read the patch"),
        (b"diff --cc x\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n -b\n++c\n", "combined diff"),
        (
            b"diff --git a/a b/c.py b/a b/c.py\nnew file mode 100644\n--- /dev/null\n+++ b/a b/c.py\n@@ -0,0 +1 @@\n+x\n",
            "cannot read the patch",
        ),
    ],
)
def test_what_cannot_be_read_is_said(text: bytes, says: str) -> None:
    with pytest.raises(PatchError, match=says) as caught:
        patch_text.parse(text, name="fix.diff")
    assert caught.value.todo
    assert caught.value.where == "fix.diff"


def test_contents_keep_line_numbers() -> None:
    text = b"--- a/x.py\n+++ b/x.py\n@@ -5,2 +5,2 @@\n five\n-six\n+sixx\n@@ -20 +20,2 @@\n twenty\n+more\n"
    change = patch_text.parse(text, name="p")
    found = contents.from_hunks(change, limit=10_000)[b"x.py"]
    lines = found.data.split(b"\n")
    assert (lines[4], lines[5], lines[19], lines[20]) == (b"five", b"sixx", b"twenty", b"more")
    assert not found.whole


@given(st.binary(max_size=300))
def test_any_bytes_give_a_change_or_a_patch_error(data: bytes) -> None:
    with contextlib.suppress(PatchError):
        assert patch_text.parse(SIMPLE + data, name="p").files[0].path == b"x.py"
