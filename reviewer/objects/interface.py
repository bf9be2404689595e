"""What every reader of git objects offers. Which one to use is decided by `reviewer.objects.choose`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from reviewer.errors import GitError

GITLINK = 0o160000
"""Mode of a submodule: its oid is a commit of another repository."""


@dataclass(frozen=True, slots=True)
class CommitObject:
    """A commit as it is stored; replacements and grafts do not count."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    message: bytes
    """All after the header, as stored, in whatever encoding."""


@dataclass(frozen=True, slots=True, order=True)
class TreeChange:
    """One record of `git diff-tree -r --raw -z --no-renames --no-abbrev`. Ordered by path."""

    path: bytes
    old_mode: int
    new_mode: int
    old_oid: str
    """Zeros if there was no entry."""
    new_oid: str
    """Zeros if there is none."""
    status: str
    """A, D, M, or T where the kind of entry (file, link, submodule) changed."""

    @property
    def record(self) -> bytes:
        """The record byte by byte, NULs included."""
        fields = f":{self.old_mode:06o} {self.new_mode:06o} {self.old_oid} {self.new_oid} {self.status}"
        return fields.encode("ascii") + b"\0" + self.path + b"\0"

    @property
    def brings_blob(self) -> bool:
        """The new entry has content in this repository."""
        return self.new_mode not in (0, GITLINK)


class ObjectReader(Protocol):
    """All methods raise GitError for an object that is missing or malformed."""

    def commit(self, revision: str) -> CommitObject:
        """The commit that a revision names; anything that git understands."""

    def commits(self, span: str) -> tuple[str, ...]:
        """Oids of the commits of a range such as "A..B", oldest first."""

    def new_commits(self, tip: str, remote: str) -> tuple[str, ...]:
        """Oids of the commits of `tip` that no branch of a remote has, as far as its last fetch tells; oldest first.

        Args:
            remote: its name; all remotes if empty.
        """

    def tree_changes(self, old: str, new: str) -> tuple[TreeChange, ...]:
        """What differs between two trees, sorted by path, without renames."""

    def blob(self, oid: str) -> bytes:
        """Content of a file."""

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Content of many files, in the order asked for; only few are in memory at a time."""


def parse_commit(oid: str, raw: bytes) -> CommitObject:
    """A commit from its stored bytes (gitformat: header lines, an empty line, the message).

    Raises:
        GitError: it is malformed.
    """
    header, _, message = raw.partition(b"\n\n")
    fields = [line.split(b" ", 1) for line in header.split(b"\n")]
    try:
        parents = tuple(field[1].decode("ascii") for field in fields if field[0] == b"parent")
        if fields[0][0] != b"tree":
            raise ValueError
        return CommitObject(oid, fields[0][1].decode("ascii"), parents, message)
    except (IndexError, ValueError) as error:
        raise GitError(f"commit {oid} is malformed", todo="Run: git fsck") from error


def missing(oid: str) -> GitError:
    """The error for an object that is not here."""
    return GitError(f"object {oid} is not in this repository", todo="Fetch it, for example: git fetch --unshallow")
