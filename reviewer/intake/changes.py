"""From a repository to a Change: what is staged, or what lies between two trees."""

from __future__ import annotations

from reviewer.errors import UsageError
from reviewer.git import DIFF_FLAGS, Git
from reviewer.intake import raw_diff
from reviewer.records import Change


def staged(git: Git, *, base_tree: str, tree: str) -> Change:
    """The staged change: the index in force (GIT_INDEX_FILE counts) against `base_tree`.

    Args:
        base_tree: oid of the tree that the commit will stand on.
        tree: oid of the tree that will be committed.

    Raises:
        GitError, or its subclass for a corrupt index.
    """
    with git.reading("diff-index", "--cached", *DIFF_FLAGS, "--ita-invisible-in-index", base_tree) as stream:
        files = tuple(raw_diff.parse(stream))
    return Change("the staged change", base_tree, tree, files)


def between(git: Git, *, base_tree: str, tree: str, source: str) -> Change:
    """What it takes to get from one tree to another.

    Args:
        source: what to call it in a report.
    """
    with git.reading("diff-tree", "-r", *DIFF_FLAGS, base_tree, tree) as stream:
        files = tuple(raw_diff.parse(stream))
    return Change(source, base_tree, tree, files)


def of_commit(git: Git, revision: str) -> Change:
    """What a commit changed against its first parent; a root commit against the empty tree.

    Raises:
        UsageError: there is no such commit.
    """
    commit = _commit(git, revision)
    base = git.tree_of(f"{commit}^") or git.empty_tree()
    return between(git, base_tree=base, tree=_tree(git, commit), source=f"commit {commit[:12]}")


def of_range(git: Git, text: str) -> Change:
    """What a range `A..B` changed as a whole: A's tree against B's. `A...B` starts at their merge base, as in git diff.

    Raises:
        UsageError: not a range, or no such commits.
    """
    separator = "..." if "..." in text else ".."
    old, found, new = text.partition(separator)
    if not found:
        raise UsageError(f"{text!r} is not a range", todo="Write A..B, for example: origin/main..HEAD")
    first, last = _commit(git, old or "HEAD"), _commit(git, new or "HEAD")
    if separator == "...":
        first = git.line("merge-base", first, last)
    return between(git, base_tree=_tree(git, first), tree=_tree(git, last), source=f"{first[:12]}..{last[:12]}")


def _commit(git: Git, revision: str) -> str:
    found = git.commit_of(revision)
    if found is None:
        raise UsageError(f"there is no commit {revision!r}", todo="See 'git log --oneline' for the ones there are.")
    return found


def _tree(git: Git, commit: str) -> str:
    tree = git.tree_of(commit)
    assert tree is not None, "every commit has a tree"
    return tree
