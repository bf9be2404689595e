"""The private copies hold exactly the staged bytes, under names the repository has no say in."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Repo

from reviewer.errors import GitError
from reviewer.git import Git
from reviewer.intake import changes, contents
from reviewer.records import Change


def staged(repo: Repo) -> tuple[Git, Change]:
    git = Git(repo.path)
    return git, changes.staged(git, base_tree=git.tree_of("HEAD") or git.empty_tree(), tree="")


def test_staged_bytes_not_the_work_tree(repo: Repo) -> None:
    repo.stage("a.py", b"staged\r\n\xff\x00\n")
    repo.write("a.py", b"work tree\n")
    git, change = staged(repo)
    assert contents.from_git(git, change, limit=1000)[0][b"a.py"].data == b"staged\r\n\xff\x00\n"


def test_smudge_filters_are_not_run(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.py filter=evil eol=crlf ident\n")
    repo.git("config", "filter.evil.smudge", "sed s/a/EVIL/")
    repo.stage("a.py", b"a = '$Id$'\n")
    git, change = staged(repo)
    assert contents.from_git(git, change, limit=1000)[0][b"a.py"].data == b"a = '$Id$'\n"


def test_large_files_and_unknown_languages_are_left_out(repo: Repo) -> None:
    repo.stage("large.py", "x = 1\n" * 100)
    repo.stage("small.py", "x = 1\n")
    repo.stage("note.unknown", "x\n")
    git, change = staged(repo)
    assert set(contents.from_git(git, change, limit=100)[0]) == {b"small.py"}


def test_same_blob_twice(repo: Repo) -> None:
    repo.stage("a.py", "x = 1\n")
    repo.stage("b.py", "x = 1\n")
    git, change = staged(repo)
    assert {path: c.data for path, c in contents.from_git(git, change, limit=100)[0].items()} == {
        b"a.py": b"x = 1\n",
        b"b.py": b"x = 1\n",
    }


def test_copies_have_names_of_our_own(repo: Repo, tmp_path: Path) -> None:
    for path in ("evil name;rm -rf.py", "sub/-x.py", ".hidden.js"):
        repo.stage(path, "x = 1\n")
    git, change = staged(repo)
    folder = tmp_path / "private"
    folder.mkdir()
    copies = contents.write_copies(folder, change, contents.from_git(git, change, limit=100)[0])
    assert sorted(path.name for path in folder.iterdir()) == ["00000.js", "00001.py", "00002.py"]
    assert all(copy.read_bytes() == b"x = 1\n" for copy in copies.values())


def test_missing_object_is_an_error_that_helps(repo: Repo) -> None:
    repo.stage("a.py", "x = 1\n")
    git, change = staged(repo)
    oid = change.files[0].new_oid
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(GitError, match=oid) as caught:
        contents.from_git(git, change, limit=100)
    assert "partial or damaged" in caught.value.todo


def test_old_contents_come_by_the_new_path(repo: Repo) -> None:
    repo.stage("old.py", "".join(f"x{n} = 1\n" for n in range(30)))
    repo.commit()
    repo.git("mv", "old.py", "new.py")
    repo.stage("new.py", "".join(f"x{n} = 1\n" for n in range(29)))
    repo.stage("added.py", "y = 1\n")
    git, change = staged(repo)
    new, old = contents.from_git(git, change, limit=10_000)
    assert set(new) == {b"added.py"}
    assert old == {b"new.py": "".join(f"x{n} = 1\n" for n in range(30)).encode()}
