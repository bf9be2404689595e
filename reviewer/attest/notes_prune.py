"""Which notes are still good for something.

A note about the tree of a commit is. So is one on the way from such a tree to such a tree: the parts of a squash, whose own trees
are in no commit any more, prove it. Others are about commits that were thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from reviewer.attest import envelope, notes, notes_store
from reviewer.attest.bulk import Bulk
from reviewer.attest.notes_store import Edit, lines_of
from reviewer.errors import AttestError
from reviewer.git import Git

_NOT_CODE = ("--exclude=refs/notes/*", "--exclude=refs/stash")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of it."""

    dropped: tuple[str, ...]
    """Trees about which there are no notes any more."""
    kept: int
    """Trees about which there are some."""
    remote: int
    """Of the kept ones, those that only a remote can do without: it would bring them back."""


def prune(git: Git, *, dry_run: bool) -> Pruned:
    """Drop the notes about trees that no commit has any more; reflogs count.

    Raises:
        AttestError: this clone does not know all commits, or others kept writing.
        GitError, StorageError: the notes are as they were.
    """
    if git.line("rev-parse", "--is-shallow-repository") == "true":
        what = "this is a shallow clone: which trees are still reachable cannot be told"
        raise AttestError(what, todo="Fetch the rest: git fetch --unshallow")
    result = Pruned((), 0, 0)

    def edit(commit: str) -> Edit | None:
        nonlocal result
        result = _planned(git, commit)
        return Edit(removed=result.dropped, what="Notes pruned by hunkgate") if result.dropped and not dry_run else None

    notes_store.update(git, edit)
    return result


def _planned(git: Git, commit: str) -> Pruned:
    if not commit:
        return Pruned((), 0, 0)
    listed = notes.listed_in(git, f"{commit}^{{tree}}")
    about = {tree for tree, _, _ in listed}
    of_remotes = {tree for ref in notes.fetched_refs(git) for tree, _, _ in notes.listed_in(git, f"{ref}^{{tree}}")}
    useful = about & needed(_trees(git), _steps(git, listed))
    dropped = about - useful - of_remotes
    return Pruned(tuple(sorted(dropped)), len(about) - len(dropped), len((about - useful) & of_remotes))


def needed(reachable: Collection[str], steps: Mapping[str, Iterable[str]]) -> set[str]:
    """The reachable trees, and those on a way of steps from one of them to another.

    Args:
        steps: by tree, the trees it was compared with.
    """
    forward: defaultdict[str, set[str]] = defaultdict(set)
    for tree, bases in steps.items():
        for base in bases:
            forward[base].add(tree)
    return set(reachable) | (_closure(reachable, forward) & _closure(reachable, steps))


def _closure(start: Collection[str], steps: Mapping[str, Iterable[str]]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        new = set(steps.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def _trees(git: Git) -> frozenset[str]:
    """Of all commits that a ref, a reflog or a HEAD leads to; the empty tree, which root commits stand on, too."""
    listed = git.run(
        "rev-list", "--no-commit-header", "--format=%T", *_NOT_CODE, "--all", "--reflog", "--stdin", stdin=_heads(git)
    )
    return frozenset([*listed.decode("ascii").split(), git.empty_tree()])


def _heads(git: Git) -> bytes:
    """HEAD may be detached, or unborn."""
    head = git.commit_of("HEAD")
    return f"{head}\n".encode("ascii") if head else b""


def _steps(git: Git, listed: Iterable[tuple[str, str, int]]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    contents = Bulk(git).blobs(blob for _, blob, size in listed if size <= notes.MAX_BYTES)
    for content in contents.values():
        for line in lines_of(content):
            try:
                statement = envelope.read(line)[0].statement
            except (AttestError, IndexError):
                continue
            found[statement.tree].add(statement.base)
    return found
