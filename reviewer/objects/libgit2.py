"""Objects through libgit2: no process per object. Importing it takes 64 ms, so hooks on a commit's way use `command`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pygit2
from pygit2.enums import ObjectType, RepositoryOpenFlag

from reviewer.errors import GitError
from reviewer.git import EMPTY_TREE, Git
from reviewer.objects import _history, _trees
from reviewer.objects.interface import CommitObject, TreeChange, missing, parse_commit


class LibGit2Reader:
    """One repository, read by libgit2. Only its object store is used; what a tree change is, is our own code.

    Raises:
        GitError: libgit2 cannot open it (sha256, reftable, unknown extensions, another owner).
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        folder = git.line("rev-parse", "--absolute-git-dir")
        try:
            self._objects = pygit2.Repository(folder, RepositoryOpenFlag.FROM_ENV).odb
        except (pygit2.GitError, KeyError) as error:
            raise GitError(f"libgit2 cannot open this repository: {error}", where=folder) from error

    def commit(self, revision: str) -> CommitObject:
        oid = _history.resolve(self._git, revision)
        return parse_commit(oid, self._read(ObjectType.COMMIT, oid))

    def commits(self, span: str) -> tuple[str, ...]:
        return _history.commits(self._git, span)

    def new_commits(self, tip: str, remote: str) -> tuple[str, ...]:
        return _history.new_commits(self._git, tip, remote)

    def tree_changes(self, old: str, new: str) -> tuple[TreeChange, ...]:
        return tuple(sorted(_trees.changes(partial(self._read, ObjectType.TREE), old, new)))

    def blob(self, oid: str) -> bytes:
        return self._read(ObjectType.BLOB, oid)

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for oid in oids:
            yield oid, self.blob(oid)

    def _read(self, kind: ObjectType, oid: str) -> bytes:
        if oid in EMPTY_TREE.values():
            # Git knows the empty tree without having it stored.
            return b""
        try:
            found, content = self._objects.read(oid)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise missing(oid) from error
        if found != kind:
            raise GitError(f"object {oid} is not a {kind.name.lower()}")
        return content
