"""Which commit is being made: through real hooks of real commits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from attesting import commit, git_of, python_hook, run
from conftest import Repo

from reviewer import occasion
from reviewer.commit_call import Search
from reviewer.errors import CorruptIndexError, GitError
from reviewer.git import EMPTY_TREE, Git
from reviewer.occasion import commit_in_progress, staged_tree

TELL = """
import json, os, sys
from reviewer.git import Git
from reviewer.occasion import commit_in_progress, staged_tree
git = Git()
seen = commit_in_progress(git)
with open(os.environ["TOLD"], "a") as file:
    told = dict(base=seen.base_tree, parents=seen.parents, amend=seen.amend, merge=seen.merge)
    told.update(tree=staged_tree(git), attempt=seen.attempt)
    file.write(json.dumps(told) + "\\n")
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that hooks write into."""
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    return tmp_path / "told"


@pytest.fixture
def hooked(repo: Repo, told: Path) -> Repo:
    """A repository with two commits whose pre-commit hook tells the occasion."""
    for number in range(2):
        repo.stage("a.txt", f"{number}\n")
        repo.commit(f"commit {number}")
    python_hook(repo, "pre-commit", TELL)
    return repo


def last(told: Path) -> dict[str, object]:
    seen: dict[str, object] = json.loads(told.read_text().splitlines()[-1])
    return seen


def tree(repo: Repo, revision: str) -> str:
    return repo.git("rev-parse", f"{revision}^{{tree}}")


def assert_tells_the_commit(repo: Repo, told: Path, *, amend: bool) -> None:
    """What the hook saw is what became the commit."""
    seen = last(told)
    parents = repo.git("log", "-1", "--format=%P").split()
    base = tree(repo, parents[0]) if parents else EMPTY_TREE[40]
    assert seen["tree"] == tree(repo, "HEAD")
    assert (seen["base"], seen["parents"], seen["amend"]) == (base, parents, amend)


@pytest.mark.parametrize(
    ("words", "amend"),
    [
        (["-m", "x"], False),
        (["-m", "--amend"], False),
        (["-m--amend"], False),
        (["--message", "--amend"], False),
        (["--mess", "--amend"], False),
        (["-qm", "--amend"], False),
        (["--amend", "--no-edit"], True),
        (["--amend", "-m", "x"], True),
        (["--am", "-m", "x"], True),
        (["--amen", "-m", "x", "--", "a.txt"], True),
        (["-am", "x", "--amend"], True),
        (["--amend", "--no-amend", "-m", "x"], False),
        (["-m", "x", "--amend", "--reset-author"], True),
        (["-m", "x", "--author=A <--amend>"], False),
        (["-m", "x", "-S--amend", "--no-gpg-sign"], False),
    ],
)
def test_amend_is_told_from_the_command_line(hooked: Repo, told: Path, words: list[str], amend: bool) -> None:
    hooked.stage("a.txt", "changed\n")
    done = commit(hooked, *words)
    assert done.returncode == 0, done.stderr
    assert_tells_the_commit(hooked, told, amend=amend)


def test_amend_after_the_separator_is_a_path(hooked: Repo, told: Path) -> None:
    hooked.stage("--amend", "a file\n")
    assert commit(hooked, "-m", "x", "--", "--amend").returncode == 0
    assert_tells_the_commit(hooked, told, amend=False)


@pytest.mark.parametrize("alias", ["commit --amend", "!git commit --amend", "-c core.editor=true commit --amend -m x"])
def test_amend_through_an_alias(hooked: Repo, told: Path, alias: str) -> None:
    hooked.git("config", "alias.again", alias)
    hooked.stage("a.txt", "changed\n")
    done = run(hooked, "git", "again", "--no-edit")
    assert done.returncode == 0, done.stderr
    assert_tells_the_commit(hooked, told, amend=True)


def test_amend_of_the_root_commit_stands_on_the_empty_tree(repo: Repo, told: Path) -> None:
    repo.stage("a.txt", "1\n")
    repo.commit()
    python_hook(repo, "pre-commit", TELL)
    repo.stage("b.txt", "2\n")
    assert commit(repo, "--amend", "--no-edit").returncode == 0
    assert_tells_the_commit(repo, told, amend=True)


def test_first_commit_stands_on_the_empty_tree(repo: Repo, told: Path) -> None:
    python_hook(repo, "pre-commit", TELL)
    repo.stage("a.txt", "1\n")
    assert commit(repo, "-m", "x").returncode == 0
    assert_tells_the_commit(repo, told, amend=False)


@pytest.mark.parametrize("words", [["-a"], ["-i", "a.txt"], ["--", "a.txt"], ["-o", "a.txt"]])
def test_the_index_in_force_counts(hooked: Repo, told: Path, words: list[str]) -> None:
    hooked.stage("other.txt", "staged\n")
    hooked.write("a.txt", "in the work tree only\n")
    assert commit(hooked, "-m", "x", *words).returncode == 0
    assert_tells_the_commit(hooked, told, amend=False)


def test_worktree(hooked: Repo, told: Path, tmp_path: Path) -> None:
    hooked.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repo(tmp_path / "side")
    side.stage("b.txt", "1\n")
    assert commit(side, "-m", "x").returncode == 0
    assert_tells_the_commit(side, told, amend=False)
    assert commit(side, "--amend", "-m", "y").returncode == 0
    assert_tells_the_commit(side, told, amend=True)


def test_all_hooks_of_a_commit_share_its_attempt(hooked: Repo, told: Path) -> None:
    for name in ("prepare-commit-msg", "commit-msg"):
        python_hook(hooked, name, TELL)
    for number in range(2):
        hooked.stage("a.txt", f"more {number}\n")
        assert commit(hooked, "-m", "x").returncode == 0
    attempts = [json.loads(line)["attempt"] for line in told.read_text().splitlines()]
    assert len(set(attempts[:3])) == len(set(attempts[3:])) == 1
    assert attempts[0] != attempts[3]


def test_reword_in_a_rebase_is_an_amend(hooked: Repo, told: Path) -> None:
    env = {"GIT_SEQUENCE_EDITOR": "sed -i 1s/pick/reword/", "GIT_EDITOR": "echo word >"}
    done = run(hooked, "git", "rebase", "-q", "-i", "HEAD~1", env=env)
    assert done.returncode == 0, done.stderr
    assert_tells_the_commit(hooked, told, amend=True)


def test_merge_has_two_parents(hooked: Repo, told: Path) -> None:
    hooked.git("checkout", "-qb", "side", "HEAD~1")
    hooked.stage("b.txt", "1\n")
    hooked.commit("side")
    hooked.git("checkout", "-q", "main")
    python_hook(hooked, "commit-msg", TELL)
    hooked.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert last(told)["merge"] is True
    assert last(told)["parents"] == hooked.git("log", "-1", "--format=%P").split()


def test_merge_finished_by_commit(hooked: Repo, told: Path) -> None:
    hooked.git("checkout", "-qb", "side", "HEAD~1")
    hooked.stage("b.txt", "1\n")
    hooked.commit("side")
    hooked.git("checkout", "-q", "main")
    hooked.git("merge", "-q", "--no-commit", "side")
    assert commit(hooked, "-m", "merge").returncode == 0
    assert last(told)["merge"] is True
    assert_tells_the_commit(hooked, told, amend=False)


def test_through_pre_commit_and_without_a_commit(hooked: Repo, told: Path, tmp_path: Path) -> None:
    script = tmp_path / "tell.py"
    script.write_text(TELL)
    hooked.stage(
        ".pre-commit-config.yaml",
        "repos:\n- repo: local\n  hooks:\n  - {id: tell, name: tell, language: system, always_run: true, pass_filenames: false, "
        f"entry: python {script}}}\n",
    )
    (hooked.path / ".git/hooks/pre-commit").unlink()
    assert run(hooked, "pre-commit", "install").returncode == 0
    hooked.stage("a.txt", "changed\n")
    done = commit(hooked, "--amend", "--no-edit")
    assert done.returncode == 0, done.stderr
    assert_tells_the_commit(hooked, told, amend=True)
    hooked.stage("a.txt", "changed again\n")
    done = run(hooked, "pre-commit", "run")
    assert done.returncode == 0, done.stdout
    assert (last(told)["amend"], last(told)["base"]) == (False, tree(hooked, "HEAD"))


def test_a_commit_of_another_repository_above_us_does_not_count(hooked: Repo, make_repo: Callable[..., Repo], told: Path) -> None:
    other = make_repo("other")
    other.commit()
    inner = f"cd {other.path} && env -u GIT_INDEX_FILE -u GIT_DIR -u GIT_PREFIX {{}}"
    (hooked.path / ".git/hooks/tell.py").write_text(TELL)
    hook = hooked.path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\n" + inner.format(f"python {hook.with_name('tell.py')}") + "\n")
    assert commit(hooked, "--amend", "--no-edit", "--allow-empty").returncode == 0
    assert last(told)["amend"] is False


def test_where_no_process_can_be_seen_the_author_tells(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit("first")
    repo.stage("a", "1")
    repo.commit("second")
    monkeypatch.setattr(occasion, "find_commit", lambda: Search(None, complete=False))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo.path / ".git/index"))
    assert commit_in_progress(git_of(repo)).amend is False
    monkeypatch.setenv("GIT_AUTHOR_DATE", "@" + repo.git("log", "-1", "--format=%ad", "--date=raw"))
    assert commit_in_progress(git_of(repo)).amend is True
    assert commit_in_progress(git_of(repo)).base_tree == EMPTY_TREE[40]


def test_staged_tree_leaves_the_index_and_its_folder_alone(repo: Repo) -> None:
    repo.stage("a.txt", "1\n")
    repo.stage("d/b.txt", "1\n")
    index = repo.path / ".git/index"
    before, names = index.read_bytes(), sorted((repo.path / ".git").iterdir())
    assert staged_tree(git_of(repo)) == repo.git("write-tree")
    index.write_bytes(before)
    staged_tree(git_of(repo))
    assert index.read_bytes() == before
    assert sorted((repo.path / ".git").iterdir()) == names


def test_staged_tree_without_an_index_is_the_empty_tree(repo: Repo, make_repo: Callable[..., Repo]) -> None:
    assert staged_tree(git_of(repo)) == EMPTY_TREE[40]
    assert staged_tree(git_of(make_repo("strong", "--object-format=sha256"))) == EMPTY_TREE[64]


@pytest.mark.parametrize("form", ["--split-index", "--index-version=4", "--force-untracked-cache"])
def test_staged_tree_reads_every_form_of_index(repo: Repo, form: str) -> None:
    repo.stage("a.txt", "1\n")
    repo.git("update-index", form)
    repo.stage("b.txt", "2\n")
    shared = sorted((repo.path / ".git").glob("sharedindex.*"))
    assert staged_tree(git_of(repo)) == repo.git("write-tree")
    assert sorted((repo.path / ".git").glob("sharedindex.*")) == shared


def test_staged_tree_of_a_sparse_index(repo: Repo) -> None:
    for path in ("in/a", "out/b", "c"):
        repo.stage(path, path)
    repo.commit()
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    repo.stage("in/a", "changed")
    seen = staged_tree(git_of(repo))
    repo.commit()
    assert seen == tree(repo, "HEAD")


def test_staged_tree_in_sha256(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("strong", "--object-format=sha256")
    repo.stage("a.txt", "1\n")
    assert staged_tree(git_of(repo)) == repo.git("write-tree")


def test_staged_tree_leaves_intended_additions_out(repo: Repo) -> None:
    repo.stage("a.txt", "1\n")
    repo.write("later.txt", "2\n")
    repo.git("add", "-N", "later.txt")
    seen = staged_tree(git_of(repo))
    repo.commit()
    assert seen == tree(repo, "HEAD")


def test_staged_tree_with_conflicts_says_what_to_do(repo: Repo) -> None:
    repo.stage("a.txt", "1\n")
    repo.commit()
    repo.git("checkout", "-qb", "side")
    repo.stage("a.txt", "2\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.stage("a.txt", "3\n")
    repo.commit()
    repo.git("merge", "-q", "side", check=False)
    with pytest.raises(GitError, match="unmerged") as caught:
        staged_tree(git_of(repo))
    assert "git add" in caught.value.todo
    assert not list((repo.path / ".git").glob("hunkgate-index-*"))


def test_staged_tree_of_a_corrupt_index(repo: Repo) -> None:
    repo.stage("a.txt", "1\n")
    index = repo.path / ".git/index"
    index.write_bytes(b"DIRC" + b"\xff" * 60)
    with pytest.raises((CorruptIndexError, GitError)):
        staged_tree(git_of(repo))
    assert index.read_bytes() == b"DIRC" + b"\xff" * 60
    assert not list((repo.path / ".git").glob("hunkgate-index-*"))


def test_staged_tree_does_not_run_the_hook_for_index_writes(repo: Repo, told: Path) -> None:
    repo.stage("a.txt", "1\n")
    python_hook(repo, "post-index-change", "import os; open(os.environ['TOLD'], 'w')")
    staged_tree(Git(repo.path))
    assert not told.exists()
