"""The staged change against git's own word: every path, mode, count and byte, whatever the names and contents look like."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from conftest import Repo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import GitError
from reviewer.git import Git
from reviewer.intake import changes, raw_diff
from reviewer.records import Change, FileChange, LineKind, Status

ODD_PATHS = [
    b"plain.py", b"with space.py", b"tab\there.py", b"line\nfeed.py", b'quo"te.py', b"back\\slash.py", b"a b/c.py", b" b/lead.py",
    b"caf\xc3\xa9.py", b"latin\xe9.py", b"-dash.py", b"sub/dir/x.py", b"diff --git a/x b/x",
]  # fmt: skip


def staged(repo: Repo) -> Change:
    git = Git(repo.path)
    base = git.tree_of("HEAD") or git.empty_tree()
    return changes.staged(git, base_tree=base, tree="")


def by_path(change: Change) -> dict[bytes, FileChange]:
    return {file.path: file for file in change.files}


def new_text(file: FileChange) -> list[bytes]:
    return [line.text for hunk in file.hunks for line in hunk.added]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse some of these names")
def test_odd_paths_arrive_byte_for_byte(repo: Repo) -> None:
    for path in ODD_PATHS:
        repo.stage(path, b"one\n")
    found = by_path(staged(repo))
    assert set(found) == set(ODD_PATHS)
    assert all(new_text(file) == [b"one"] for file in found.values())


def test_unborn_head_is_all_additions(repo: Repo) -> None:
    repo.stage("a.py", "x = 1\n")
    (file,) = staged(repo).files
    assert (file.status, file.old_mode, file.new_mode) == (Status.ADDED, 0, 0o100644)


def test_nothing_staged_is_an_empty_change(repo: Repo) -> None:
    repo.commit()
    assert staged(repo).files == ()


def test_rename_with_edit_keeps_both_paths(repo: Repo) -> None:
    repo.stage("old name.py", "".join(f"line {n}\n" for n in range(20)))
    repo.commit()
    repo.git("mv", "old name.py", "new.py")
    repo.stage("new.py", "".join(f"line {n}\n" for n in range(20)) + "more\n")
    (file,) = staged(repo).files
    assert (file.status, file.old_path, file.path) == (Status.RENAMED, b"old name.py", b"new.py")
    assert new_text(file) == [b"more"]


def test_mode_change_alone_has_no_hunks(repo: Repo) -> None:
    repo.stage("run.sh", "#!/bin/sh\n")
    repo.commit()
    repo.git("update-index", "--chmod=+x", "run.sh")
    (file,) = staged(repo).files
    assert (file.old_mode, file.new_mode, file.hunks, file.opaque) == (0o100644, 0o100755, (), "")


def test_type_change_from_link_to_file_shows_the_file(repo: Repo) -> None:
    (repo.path / "x.py").symlink_to("elsewhere")
    repo.git("add", "x.py")
    repo.commit()
    (repo.path / "x.py").unlink()
    repo.stage("x.py", "eval(1)\n")
    repo.stage("z.py", "after\n")
    found = by_path(staged(repo))
    assert (found[b"x.py"].status, new_text(found[b"x.py"])) == (Status.TYPE_CHANGED, [b"eval(1)"])
    assert new_text(found[b"z.py"]) == [b"after"]


def test_symbolic_link_is_opaque(repo: Repo) -> None:
    (repo.path / "x.py").symlink_to("/etc/passwd")
    repo.git("add", "x.py")
    (file,) = staged(repo).files
    assert (file.opaque, file.hunks) == ("symbolic link", ())


def test_submodule_is_opaque(repo: Repo, make_repo) -> None:
    inner = make_repo("inner")
    inner.stage("a", "a\n")
    inner.commit()
    repo.git("submodule", "add", "-q", str(inner.path), "lib")
    assert by_path(staged(repo))[b"lib"].opaque == "submodule"


def test_binary_is_opaque_but_a_nul_does_not_hide_source(repo: Repo) -> None:
    repo.stage("data.bin", b"\x00\x01\x02")
    repo.stage("code.py", b"x = 1\n# \x00\neval(y)\n")
    found = by_path(staged(repo))
    assert found[b"data.bin"].opaque == "binary"
    assert new_text(found[b"code.py"]) == [b"x = 1", b"# \x00", b"eval(y)"]


def test_gitattributes_cannot_hide_code(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.py -diff binary\n")
    repo.stage("code.py", "eval(y)\n")
    assert new_text(by_path(staged(repo))[b"code.py"]) == [b"eval(y)"]


def test_textconv_external_diff_and_filters_are_never_run(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    script = tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch '{trap}'\ncat \"$1\" 2>/dev/null\n")
    script.chmod(0o755)
    repo.stage("code.py", "x = 1\n")
    repo.stage(".gitattributes", "*.py diff=evil filter=evil\n")
    for key in ("diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.smudge", "core.fsmonitor"):
        repo.git("config", key, str(script))
    trap.unlink(missing_ok=True)
    assert new_text(by_path(staged(repo))[b"code.py"]) == [b"x = 1"]
    assert not trap.exists()


def test_diff_configuration_changes_nothing(repo: Repo) -> None:
    repo.stage("a.py", "one\ntwo\nthree\n")
    repo.commit()
    repo.stage("a.py", "one\n  two\nthree\n")
    plain = staged(repo)
    for key, value in {"diff.noprefix": "true", "diff.mnemonicPrefix": "true", "diff.context": "0", "diff.renames": "false",
                       "diff.wordRegex": ".", "color.diff": "always", "diff.ignoreSubmodules": "all", "core.quotePath": "true",
                       "diff.suppressBlankEmpty": "true", "diff.relative": "true"}.items():  # fmt: skip
        repo.git("config", key, value)
    assert staged(repo) == plain


def test_crlf_and_missing_last_line_feed_are_kept(repo: Repo) -> None:
    repo.stage("dos.py", b"a\r\nb\r\n")
    repo.stage("open.py", b"a\nb")
    found = by_path(staged(repo))
    assert new_text(found[b"dos.py"]) == [b"a\r", b"b\r"]
    assert new_text(found[b"open.py"]) == [b"a", b"b"]


def test_lines_that_look_like_diff_headers_are_content(repo: Repo) -> None:
    lines = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\ndiff --git a/q b/q\n\\ No newline at end of file\n"
    repo.stage("tricky.txt", lines)
    repo.commit()
    repo.stage("tricky.txt", lines + b"-- more\n++ more\n")
    repo.stage("zlast.txt", b"end\n")
    found = by_path(staged(repo))
    assert new_text(found[b"tricky.txt"]) == [b"-- more", b"++ more"]
    assert new_text(found[b"zlast.txt"]) == [b"end"]


def test_lone_carriage_returns_and_separators_do_not_split_lines(repo: Repo) -> None:
    text = "a\rb\x0bc\x0cd\u2028e\u0085f\n".encode()
    repo.stage("sep.py", text)
    assert new_text(by_path(staged(repo))[b"sep.py"]) == [text.rstrip(b"\n")]


def test_unmerged_path_is_said(repo: Repo) -> None:
    repo.stage("a.txt", "base\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "other")
    repo.stage("a.txt", "theirs\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.stage("a.txt", "ours\n")
    repo.stage("b.txt", "fine\n")
    repo.commit()
    repo.git("merge", "other", check=False)
    repo.stage("c.txt", "new\n")
    found = by_path(staged(repo))
    assert found[b"a.txt"].opaque == "unmerged"
    assert new_text(found[b"c.txt"]) == [b"new"]


def test_intent_to_add_is_not_staged(repo: Repo) -> None:
    repo.commit()
    repo.write("later.py", "x\n")
    repo.git("add", "-N", "later.py")
    assert staged(repo).files == ()


def test_a_huge_patch_is_counted_through_but_not_kept(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_diff, "MAX_PATCH_BYTES", 1000)
    repo.stage("big.py", "x = 1\n" * 1000)
    repo.stage("small.py", "y = 2\n")
    found = by_path(staged(repo))
    assert found[b"big.py"].hunks == ()
    assert "larger than" in found[b"big.py"].opaque
    assert new_text(found[b"small.py"]) == [b"y = 2"]


def test_a_huge_line_is_not_kept(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_diff, "MAX_LINE_BYTES", 100_000)
    repo.stage("min.js", "a" * 500_000 + "\nnext\n")
    repo.stage("small.js", "y\n")
    found = by_path(staged(repo))
    assert "a line is longer than" in found[b"min.js"].opaque
    assert new_text(found[b"small.js"]) == [b"y"]


def test_truncated_output_is_refused() -> None:
    with pytest.raises(GitError, match="middle of a hunk"):
        _ = list(raw_diff.parse(io.BytesIO(
            b":000000 100644 " + b"0" * 40 + b" " + b"1" * 40 + b" A\0a\0\0diff --git a/a b/a\n@@ -0,0 +1,2 @@\n+one\n"
        )))  # fmt: skip


def test_another_files_patch_is_refused() -> None:
    raw = b":000000 100644 " + b"0" * 40 + b" " + b"1" * 40 + b" A\0a\0\0"
    patch = b"diff --git a/a b/a\nindex " + b"0" * 40 + b".." + b"2" * 40 + b"\n@@ -0,0 +1 @@\n+one\n"
    with pytest.raises(GitError, match="another file's patch"):
        _ = list(raw_diff.parse(io.BytesIO(raw + patch)))


@pytest.mark.parametrize("kind", ["sha256", "split-index", "worktree", "subdirectory", "sparse-index"])
def test_repository_kinds(make_repo, kind: str) -> None:
    repo = make_repo("kind", *(["--object-format=sha256"] if kind == "sha256" else []))
    repo.stage("dir/a.py", "one\n")
    repo.stage("other/b.py", "two\n")
    repo.commit()
    folder = repo.path
    if kind == "split-index":
        repo.git("update-index", "--split-index")
    elif kind == "worktree":
        folder = repo.path.parent / "tree"
        repo.git("worktree", "add", "-q", str(folder))
    elif kind == "sparse-index":
        repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "dir")
    (folder / "dir" / "a.py").write_text("changed\n")
    place = folder / "dir" if kind == "subdirectory" else folder
    Repo(place).git("add", "a.py" if kind == "subdirectory" else "dir/a.py")
    git = Git(place)
    base = git.tree_of("HEAD")
    assert base is not None
    (file,) = changes.staged(git, base_tree=base, tree="").files
    assert (file.path, new_text(file)) == (b"dir/a.py", [b"changed"])


FILE_BODY = st.lists(
    st.sampled_from([b"x = 1", b"", b"@@ -1 +1 @@", b"--- a/x", b"diff --git a/a b/a", b"\xff\xfe", b"y\r", b"\\ No"]),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.dictionaries(st.sampled_from(["a.py", "b c.txt", "d/e.go"]), FILE_BODY, max_size=3),
       after=st.dictionaries(st.sampled_from(["a.py", "b c.txt", "d/e.go", "n.sh"]), FILE_BODY, max_size=4),
       last=st.booleans())  # fmt: skip
def test_applying_the_hunks_gives_the_staged_file(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, list[bytes]], after: dict[str, list[bytes]], last: bool
) -> None:
    repo = Repo(tmp_path_factory.mktemp("r"))
    repo.git("init", "-q")
    for path, lines in before.items():
        repo.write(path, b"\n".join(lines))
    repo.git("add", "-A")
    repo.commit()
    for path in before:
        (repo.path / path).unlink()
    for path, lines in after.items():
        repo.write(path, b"\n".join(lines) + (b"\n" if last else b""))
    repo.git("add", "-A")
    for file in staged(repo).files:
        old = _lines(repo, "HEAD:", file.old_path) if file.status is not Status.ADDED else []
        new = _lines(repo, ":", file.path) if file.status is not Status.DELETED else []
        assert _applied(old, file) == new


def _lines(repo: Repo, where: str, path: bytes) -> list[bytes]:
    data = Git(repo.path).run("cat-file", "blob", where + os.fsdecode(path))
    lines = data.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def _applied(old: list[bytes], file: FileChange) -> list[bytes]:
    result: list[bytes] = []
    at = 0
    for hunk in file.hunks:
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        result += old[at:start]
        result += [line.text for line in hunk.lines if line.kind is not LineKind.REMOVED]
        at = start + hunk.old_count
    return result + old[at:]
