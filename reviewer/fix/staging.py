"""Mends go into the index: all of them or none, only over the very blobs that were reviewed, and never against another git.

The index is changed the way git does it (gitformat-index, lockfile.h): `index.lock` is made, so that no other git writes; what
the index holds is compared; git writes the new entries into a copy; the copy takes the place of the index by a rename.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import GitError, StorageError
from reviewer.git import Git
from reviewer.records import printable

_PLAINLY = ("-c", "core.hooksPath=/dev/null", "-c", "core.splitIndex=false")
"""A repository can name a folder of hooks, and there is one for index writes; the copy of an index shares nothing."""

_PLAIN_ENTRY = b"H"
"""How `git ls-files -v` marks an entry without flags: neither skip-worktree nor assume-unchanged, which writing would lose."""

_AGAIN = "Nothing was changed. Review and mend what is staged now: hunkgate fix"


@dataclass(frozen=True, slots=True)
class Mended:
    """One file of the index, before and after."""

    path: bytes
    mode: int
    oid: str
    """Of the blob that was reviewed."""
    before: bytes
    after: bytes


@contextmanager
def locked(git: Git) -> Iterator[Path]:
    """Hold the lock of the index; yields the index file.

    Raises:
        GitError: another git has it.
        StorageError: it cannot be made.
    """
    index = git.path("index")
    lock = index.with_name(index.name + ".lock")
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError as error:
        todo = "Nothing was changed. Wait for it, or remove the file if that git has crashed."
        raise GitError("another git is changing the index", where=str(lock), todo=todo) from error
    except OSError as error:
        raise StorageError(f"cannot lock the index: {error.strerror}", where=str(lock)) from error
    try:
        yield index
    finally:
        with suppress(FileNotFoundError):
            lock.unlink()


def check(git: Git, files: Sequence[Mended]) -> None:
    """Whether the index still holds what was reviewed.

    Raises:
        GitError: it does not; names the first file.
    """
    held = _entries(git, [file.path for file in files])
    for file in files:
        name = printable(file.path)
        if held.get(file.path) is None:
            raise GitError(f"{name} is not in the index any more", todo=_AGAIN)
        tag, mode, oid, stage = held[file.path]
        if stage != "0" or oid != file.oid or int(mode, 8) != file.mode:
            raise GitError(f"{name} was staged anew since the review", todo=_AGAIN)
        if tag != _PLAIN_ENTRY:
            todo = "Nothing was changed. Take the flag away with git update-index, then try again."
            raise GitError(f"{name} has a flag in the index (skip-worktree or assume-unchanged) that would be lost", todo=todo)


def prepared(git: Git, index: Path, files: Sequence[Mended]) -> Path:
    """A copy of the index with the mended files in it, beside the index.

    Args:
        index: the file, whose lock we hold.

    Raises:
        GitError, StorageError: nothing was changed but for blobs that nothing refers to.
    """
    entries = b"".join(b"%06o %s 0\t%s\0" % (file.mode, _stored(git, file.after), file.path) for file in files)
    copy = index.with_name(f"hunkgate-index-{os.getpid()}")
    done = False
    try:
        shutil.copyfile(index, copy)
        git.run(*_PLAINLY, "update-index", "-z", "--index-info", stdin=entries, index=copy)
        shutil.copymode(index, copy)
        done = True
    except OSError as error:
        raise StorageError(f"cannot write the index: {error.strerror}", where=str(copy), todo="Free some space.") from error
    finally:
        if not done:
            copy.unlink(missing_ok=True)
    return copy


def _stored(git: Git, content: bytes) -> bytes:
    """The oid of a blob with exactly these bytes, once it is in the repository."""
    return git.run("hash-object", "-w", "--no-filters", "--stdin", stdin=content).strip()


def _entries(git: Git, paths: Sequence[bytes]) -> Mapping[bytes, tuple[bytes, str, str, str]]:
    """By path: tag, mode, oid and stage. Format: git-ls-files(1), "-s" and "-v": `<tag> <mode> <oid> <stage>` TAB path NUL."""
    top = Git(git.top())
    out = top.run("--literal-pathspecs", "ls-files", "-z", "-s", "-v", "--full-name", "--", *paths)
    found = {}
    for row in filter(None, out.split(b"\0")):
        head, _, path = row.partition(b"\t")
        tag, mode, oid, stage = head.split(b" ")
        found[path] = (tag, mode.decode(), oid.decode(), stage.decode())
    return found
