"""A private, empty repository that sees all objects of the real one, and into which merges are written.

Reading through it has three merits. No setting, attribute, graft, replacement or merge driver of the repository under review
has a say. Nothing is ever fetched: an object that a partial clone does not have is missing. And what is written (trees that
only a replay needs) never reaches the real object store, which is closed for writing in the quarantine of pre-receive.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import StorageError
from reviewer.git import Git
from reviewer.private_folder import private_folder

_IDENTITY = b"hunkgate <hunkgate@localhost> 0 +0000"
"""Author and committer of commits that nobody ever sees."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """The private repository. Made by `scratch`."""

    git: Git
    objects: Path
    algorithm: str
    """Of the object ids: sha1 or sha256."""

    def commit(self, tree: str, *parents: str) -> str:
        """Write a commit of a tree; returns its oid.

        Raises:
            StorageError: there is no room.
        """
        lines = [b"tree " + tree.encode("ascii"), *(b"parent " + parent.encode("ascii") for parent in parents)]
        lines += [b"author " + _IDENTITY, b"committer " + _IDENTITY, b"", b""]
        return self._stored(b"commit", b"\n".join(lines))

    def _stored(self, kind: bytes, content: bytes) -> str:
        """Loose object format: zlib over "<type> <size>", NUL, content (gitformat-loose(5))."""
        whole = b"%s %d\0%s" % (kind, len(content), content)
        oid = hashlib.new(self.algorithm, whole, usedforsecurity=False).hexdigest()
        path = self.objects / oid[:2] / oid[2:]
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole, 1))
        except OSError as error:
            raise _no_room(error) from error
        return oid


@contextmanager
def scratch(git: Git) -> Iterator[Scratch]:
    """A private repository over the objects of the one that `git` is in; gone when the block is left.

    Raises:
        NotARepositoryError
        StorageError: there is no room for temporary files.
    """
    said = git.line("rev-parse", "--path-format=absolute", "--show-object-format", "--git-path", "objects")
    algorithm, objects = said.split("\n", 1)
    with private_folder() as folder:
        own = folder / "objects"
        try:
            for name in ("objects", "refs", "tree"):
                (folder / name).mkdir()
            (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
            (folder / "config").write_text(_settings(algorithm), encoding="ascii")
        except OSError as error:
            raise _no_room(error) from error
        yield Scratch(Git(folder / "tree", _variables(git, folder, own, objects)), own, algorithm)


def _settings(algorithm: str) -> str:
    format_ = "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
    return "[core]\n\tbare = false\n" + (format_ if algorithm == "sha256" else "\trepositoryformatversion = 0\n")


def _variables(git: Git, folder: Path, own: Path, objects: str) -> dict[str, str]:
    """The environment that keeps git in the private repository; see git(1)."""
    outer = {**os.environ, **git.variables}
    seen = [_quoted(objects)]
    if outer.get("GIT_ALTERNATE_OBJECT_DIRECTORIES"):
        seen.append(outer["GIT_ALTERNATE_OBJECT_DIRECTORIES"])
    return {
        "GIT_DIR": str(folder),
        # An empty one: attributes of the real one must not decide how a merge is made.
        "GIT_WORK_TREE": str(folder / "tree"),
        "GIT_COMMON_DIR": str(folder),
        "GIT_OBJECT_DIRECTORY": str(own),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(seen),
        "GIT_INDEX_FILE": str(folder / "index"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "XDG_CONFIG_HOME": str(folder),
        "GIT_NAMESPACE": "",
        # A path that starts with ":" is a path.
        "GIT_LITERAL_PATHSPECS": "1",
    }


def _quoted(path: str) -> str:
    """A path that holds the separator is quoted as C would (GIT_ALTERNATE_OBJECT_DIRECTORIES in git(1))."""
    if os.pathsep not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _no_room(error: OSError) -> StorageError:
    return StorageError(f"cannot make temporary files: {error.strerror}", todo="Free some space.")
