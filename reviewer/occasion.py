"""Which commit is being made: the tree that would be committed, and what it stands on."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reviewer.commit_call import CommitCall, find_commit
from reviewer.errors import CorruptIndexError, GitError, StorageError
from reviewer.git import Git


@dataclass(frozen=True, slots=True)
class Occasion:
    """The commit that is being made."""

    base_tree: str
    """Oid of the first parent's tree; of the empty tree for a root commit."""
    parents: tuple[str, ...]
    amend: bool
    merge: bool
    """It will have more than one parent."""
    attempt: str
    """Names this run of git: equal in all hooks of one `git commit`."""
    call: CommitCall | None
    """The command, if it is a `git commit` and can be seen."""


def staged_tree(git: Git) -> str:
    """Oid of the tree that the index in force would commit. The index file is not written: git works on a copy of it.

    The index in force is the one of GIT_INDEX_FILE, which `git commit -a`, `-i` and `-- path` set for their hooks.

    Raises:
        GitError: entries are unmerged, or the index is corrupt.
        StorageError: the copy cannot be written.
    """
    with _private_copy(git) as index:
        if index is None:
            return git.empty_tree()
        try:
            return _write_tree(git, index)
        except GitError as error:
            if "unmerged" not in str(error):
                raise
            raise GitError(
                "the index has unmerged entries, so there is no tree to commit",
                todo="Resolve the conflicts and stage the files with git add.",
            ) from error


def commit_in_progress(git: Git) -> Occasion:
    """What the commit whose hook we are in stands on; outside of a hook, what `git commit` would stand on.

    `git commit --amend` is told from the command line of the `git commit` above us. Where the processes above us cannot be
    seen, it is an amend if the author that git exports to its hooks is, to the second, the author of HEAD.

    Raises:
        GitError
    """
    # Only git's own commit hooks have this variable; without it a `git commit` above us is about another repository.
    in_hook = "GIT_INDEX_FILE" in os.environ
    search = find_commit() if in_hook else None
    call = search.call if search else None
    attempt = call.process if call else f"group-{os.getpgrp() if hasattr(os, 'getpgrp') else os.getppid()}"
    head = git.commit_of("HEAD")
    if head is None:
        return Occasion(git.empty_tree(), (), amend=False, merge=False, attempt=attempt, call=call)
    unseen = search is not None and not search.complete
    if call.amend if call else unseen and _author_is_that_of(git, head):
        parents = tuple(git.line("rev-parse", f"{head}^@").split())
        base = git.tree_of(parents[0]) if parents else git.empty_tree()
        amend = True
    else:
        parents = (head, *_merge_heads(git))
        base = git.tree_of(head)
        amend = False
    if base is None:
        raise GitError("the commit that this one stands on is not in this repository", todo="Fetch it: git fetch --unshallow")
    return Occasion(base, parents, amend=amend, merge=len(parents) > 1, attempt=attempt, call=call)


def _write_tree(git: Git, index: Path) -> str:
    # A split index would write another shared file, a hook could watch index writes, and objects that a partial clone
    # lacks need not be here to be named.
    options = ("-c", "core.splitIndex=false", "-c", "core.hooksPath=/dev/null")
    return git.run(*options, "write-tree", "--missing-ok", index=index).decode("ascii").strip()


@contextmanager
def _private_copy(git: Git) -> Iterator[Path | None]:
    """A copy of the index in force, in the git folder; None if there is no index yet. It is removed in any case."""
    original = git.path("index")
    if not original.exists():
        yield None
        return
    folder = git.line("rev-parse", "--absolute-git-dir")
    try:
        handle, name = tempfile.mkstemp(prefix="hunkgate-index-", dir=folder)
        os.close(handle)
    except OSError as error:
        raise _no_copy(folder, error) from error
    copy = Path(name)
    try:
        try:
            shutil.copyfile(original, copy)
        except OSError as error:
            raise _no_copy(folder, error) from error
        _check_whole(copy, original)
        yield copy
    finally:
        for left in (copy, copy.with_name(copy.name + ".lock")):
            with suppress(FileNotFoundError):
                left.unlink()


def _check_whole(copy: Path, original: Path) -> None:
    """Compare the index with the checksum at its end, which git itself does not do when it reads one.

    Format: gitformat-index(5): SHA-1 or SHA-256 of all that stands before it; all zeros if `index.skipHash` is set.

    Raises:
        CorruptIndexError: they differ.
    """
    data = copy.read_bytes()
    for algorithm in ("sha1", "sha256"):
        size = hashlib.new(algorithm).digest_size
        if data[-size:] in (hashlib.new(algorithm, data[:-size], usedforsecurity=False).digest(), bytes(size)):
            return
    raise CorruptIndexError(
        "git cannot read the index: its checksum is wrong",
        where=str(original),
        todo="Nothing was changed. Keep a copy of the file, then rebuild it with: rm .git/index && git reset",
    )


def _no_copy(folder: str, error: OSError) -> StorageError:
    return StorageError(f"cannot copy the index: {error.strerror}", where=folder, todo="Free some space, or allow writing there.")


def _merge_heads(git: Git) -> tuple[str, ...]:
    """The commits that are being merged: git keeps one a line in MERGE_HEAD until the merge is committed."""
    try:
        return tuple(git.path("MERGE_HEAD").read_text("ascii").split())
    except FileNotFoundError:
        return ()


def _author_is_that_of(git: Git, commit: str) -> bool:
    """Whether GIT_AUTHOR_NAME, _EMAIL and _DATE, as git commit exports them, are those of an existing commit."""
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE")
    name, email, date = (os.environ.get(key, "") for key in names)
    wanted = os.fsencode(f"\nauthor {name} <{email}> {date.removeprefix('@')}\n")
    header = git.run("cat-file", "commit", commit).partition(b"\n\n")[0]
    return bool(date) and wanted in b"\n" + header + b"\n"
