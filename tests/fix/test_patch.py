"""A patch is what git reads: checked with real `git apply`, on files of every kind."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from conftest import Repo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mending import a_candidate, put, staged

from reviewer.fix.edits import applied, line_after, lines_after, with_line_ends_of
from reviewer.fix.patch import blob_oid, file_patch, hunks
from reviewer.fix.shown import patch_of
from reviewer.records import Fix, Replacement

PIECES = [b"a", b"bb", b" ", b"\t", b"\n", b"\n", b"\n", b"\r\n", b"\xe9", "\u00e9".encode(), b"\\", b"+", b"-", b"@@", b"\r"]
BYTES = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def _git_apply(repo: Repo, patch: bytes, *args: str) -> None:
    argv = ["git", "apply", "--whitespace=nowarn", *args]
    done = subprocess.run(argv, cwd=repo.path, input=patch, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, patch)


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, tuple[Replacement, ...]]:
    content = draw(BYTES)
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), min_size=2, max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    made = [Replacement.at(content, start, end, draw(BYTES.map(lambda text: text[:6]))) for start, end in pairs]
    fix = Fix.of(made, "rule")
    return content, fix.replacements if fix else made[:1]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(edited())
def test_patch_of_random_edits_is_applied_by_git(repo: Repo, case) -> None:
    content, replacements = case
    put(repo, b"f", content)
    after = applied(content, replacements)
    patch = file_patch(b"f", 0o100644, blob_oid(content, 40), content, replacements)
    if after == content:
        assert patch == b""
        return
    _git_apply(repo, patch, "--check", "--cached")
    _git_apply(repo, patch, "--cached")
    assert staged(repo, b"f") == after
    assert blob_oid(after, 40) in patch.decode("latin-1")


PATHS = [b"a.py", b"a b.py", b'quo"te.py', b"back\\slash.py", b"tab\there.py", b"line\nfeed.py", b"caf\xe9.py", b"-d/*.py"]


@pytest.mark.parametrize("path", PATHS)
def test_patch_names_any_path(repo: Repo, path: bytes) -> None:
    content = b"one\ntwo\n"
    put(repo, path, content)
    _git_apply(repo, patch_of([a_candidate(content, (4, 7, b"three"), path=path)]), "--cached")
    assert staged(repo, path) == b"one\nthree\n"


def test_patch_in_a_sha256_repository(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("long", "--object-format=sha256")
    put(repo, b"a.py", b"one\n")
    patch = patch_of([a_candidate(b"one\n", (0, 3, b"two"), digits=64)])
    assert repo.git("rev-parse", ":a.py") in patch.decode()
    _git_apply(repo, patch, "--cached")
    assert staged(repo, b"a.py") == b"two\n"
    assert repo.git("rev-parse", ":a.py") in patch.decode()


def test_patch_joins_hunks_whose_context_meets() -> None:
    content = b"".join(b"%d\n" % number for number in range(30))
    far = a_candidate(content, (0, 1, b"A"), (content.index(b"20"), content.index(b"20") + 2, b"B"))
    near = a_candidate(content, (0, 1, b"A"), (content.index(b"7"), content.index(b"7") + 1, b"B"))
    assert len(hunks(content, far.fix.replacements)) == 2
    assert len(hunks(content, near.fix.replacements)) == 1


def test_lines_are_followed_through_edits() -> None:
    content = b"one\ntwo\nthree\nfour\n"
    edits = (Replacement.at(content, 4, 7, b"2\n2b"), Replacement.at(content, 8, 14, b""))
    assert applied(content, edits) == b"one\n2\n2b\nfour\n"
    assert [line_after(edits, content, line) for line in (1, 2, 4)] == [1, 2, 4]
    assert lines_after(edits, content, 2, 2) == (2, 3)


def test_fix_gets_the_line_ends_of_its_file() -> None:
    fix = Fix((Replacement.at(b"a\r\nb\r\n", 0, 1, b"x\ny\r\nz"),), "rule")
    assert with_line_ends_of(b"a\r\nb\r\n", fix).replacements[0].text == b"x\r\ny\r\nz"
    assert with_line_ends_of(b"a\nb\r\n", fix) == fix


def test_least_replacement_keeps_characters_whole() -> None:
    content = "x = '\u00e9'\n".encode()
    least = Replacement.least(content, 0, len(content), "x = '\u00e8'\n".encode())
    assert (content[least.start : least.end], least.text) == ("\u00e9".encode(), "\u00e8".encode())
    assert (least.start_column, least.end_column) == (6, 7)


def test_replacements_that_clash_make_no_fix() -> None:
    content = b"abcdef"
    one, other = Replacement.at(content, 0, 3, b"x"), Replacement.at(content, 2, 4, b"y")
    assert Fix.of([one, other], "rule") is None
    assert Fix.of([one, one], "rule") == Fix((one,), "rule")
    assert Fix.of([Replacement.at(content, 2, 2, b"x"), Replacement.at(content, 2, 2, b"y")], "rule") is None
