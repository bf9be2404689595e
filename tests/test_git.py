"""What git says becomes an error that says what to do; what the repository wants run is not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Repo

from reviewer.errors import BareRepositoryError, CorruptIndexError, GitError, NotARepositoryError
from reviewer.git import EMPTY_TREE, Git, environment
from reviewer.intake import changes


def test_not_a_repository(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError) as caught:
        Git(tmp_path).top()
    assert "git init" in caught.value.todo


def test_bare_repository(make_repo) -> None:
    repo = make_repo("bare", "--bare")
    with pytest.raises(BareRepositoryError) as caught:
        Git(repo.path).top()
    assert "clone" in caught.value.todo


def test_corrupt_index(repo: Repo) -> None:
    repo.stage("a", "a\n")
    index = repo.path / ".git" / "index"
    index.write_bytes(b"XXXX" + index.read_bytes()[4:])
    with pytest.raises(CorruptIndexError) as caught:
        Git(repo.path).run("ls-files")
    assert "Nothing was changed" in caught.value.todo


def test_truncated_index(repo: Repo) -> None:
    repo.stage("a", "a\n")
    index = repo.path / ".git" / "index"
    index.write_bytes(index.read_bytes()[:20])
    with pytest.raises(CorruptIndexError):
        Git(repo.path).run("ls-files")


def test_a_missing_object_is_told_from_other_failures(repo: Repo) -> None:
    repo.stage("a", "a\n")
    oid = repo.git("rev-parse", ":a")
    repo.commit()
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    (repo.path / "a").unlink()
    with pytest.raises(GitError, match="an object is not in this repository") as caught:
        changes.of_commit(Git(repo.path), "HEAD")
    assert "git fsck" in caught.value.todo


def test_git_missing(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="git is not installed"):
        Git(repo.path).run("status")


def test_unknown_revisions_are_none(repo: Repo) -> None:
    git = Git(repo.path)
    assert (git.tree_of("HEAD"), git.commit_of("nope"), git.tree_of("--all")) == (None, None, None)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_empty_tree(make_repo, form: str) -> None:
    repo = make_repo(form, f"--object-format={form}")
    assert Git(repo.path).empty_tree() == repo.git("hash-object", "-t", "tree", os.devnull)
    assert Git(repo.path).empty_tree() in EMPTY_TREE.values()


def test_environment_keeps_the_hooks_index_and_drops_what_runs_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "evil")
    monkeypatch.setenv("GIT_SSH_COMMAND", "evil")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    found = environment()
    assert found["GIT_INDEX_FILE"] == "elsewhere"
    assert not {"GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT"} & set(found)


def test_config_scopes(repo: Repo) -> None:
    repo.git("config", "user.signingkey", "local")
    git = Git(repo.path)
    assert git.config("user.signingkey") == "local"
    assert git.config("user.signingkey", scopes=("--global",)) is None


def test_file_at(repo: Repo) -> None:
    repo.stage("a.txt", "hello\n")
    repo.commit()
    git = Git(repo.path)
    assert (git.file_at("HEAD", "a.txt"), git.file_at("HEAD", "b.txt")) == (b"hello\n", None)


def test_a_partial_clone_is_not_fetched_for(repo: Repo, tmp_path: Path) -> None:
    repo.stage("a.py", "one\n")
    repo.commit()
    repo.stage("a.py", "two\n")
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.path}", str(clone))
    with pytest.raises(GitError) as caught:
        Git(clone).run("cat-file", "blob", "HEAD~1:a.py")
    assert "partial clone" in str(caught.value)
    assert Git(clone).run("cat-file", "blob", "HEAD:a.py") == b"two\n"
