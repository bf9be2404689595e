"""Objects through the git command line: slower, but it opens everything that git opens (sha256, reftable, split index)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.errors import GitError
from reviewer.git import Git
from reviewer.objects import _history
from reviewer.objects.interface import CommitObject, TreeChange, missing, parse_commit

_BATCH = 32
"""Blobs read by one `git cat-file --batch`: their contents are in memory together."""


class CommandReader:
    """One repository, read by git."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def commit(self, revision: str) -> CommitObject:
        oid = _history.resolve(self._git, revision)
        return parse_commit(oid, self._object(oid, "commit"))

    def commits(self, span: str) -> tuple[str, ...]:
        return _history.commits(self._git, span)

    def new_commits(self, tip: str, remote: str) -> tuple[str, ...]:
        return _history.new_commits(self._git, tip, remote)

    def tree_changes(self, old: str, new: str) -> tuple[TreeChange, ...]:
        flags = ("-r", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none", "--no-relative")
        return tuple(sorted(_records(self._git.run("diff-tree", *flags, old, new, "--"))))

    def blob(self, oid: str) -> bytes:
        return self._object(oid, "blob")

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for start in range(0, len(oids), _BATCH):
            batch = oids[start : start + _BATCH]
            yield from zip(batch, self._batch(batch, "blob"), strict=True)

    def _object(self, oid: str, kind: str) -> bytes:
        return next(self._batch([oid], kind))

    def _batch(self, oids: Sequence[str], kind: str) -> Iterator[bytes]:
        answer = self._git.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids).encode("ascii"))
        return _contents(answer, oids, kind)


def _contents(answer: bytes, oids: Sequence[str], kind: str) -> Iterator[bytes]:
    """What `git cat-file --batch` says: "<oid> <kind> <size>", line feed, content, line feed; or "<oid> missing"."""
    position = 0
    for oid in oids:
        end = answer.index(b"\n", position)
        words = answer[position:end].split(b" ")
        if len(words) != 3:
            raise missing(oid)
        if words[1] != kind.encode():
            raise GitError(f"object {oid} is a {words[1].decode()}, not a {kind}")
        size = int(words[2])
        yield answer[end + 1 : end + 1 + size]
        position = end + 1 + size + 1


def _records(raw: bytes) -> Iterator[TreeChange]:
    """See "RAW OUTPUT FORMAT" in git-diff-tree(1), with -z."""
    parts = raw.split(b"\0")[:-1]
    for fields, path in zip(parts[::2], parts[1::2], strict=True):
        old_mode, new_mode, old_oid, new_oid, status = fields[1:].decode("ascii").split(" ")
        yield TreeChange(path, int(old_mode, 8), int(new_mode, 8), old_oid, new_oid, status)
