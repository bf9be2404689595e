"""Many objects with few processes: the reading side of verification."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from reviewer.attest.delta import Delta, DeltaEntry
from reviewer.attest.transitions import Entry
from reviewer.errors import GitError
from reviewer.git import Git
from reviewer.objects.interface import CommitObject, TreeChange, parse_commit

Pair = tuple[str, str]
"""Oids of two trees: before and after."""

_BATCH_BYTES = 32 * 1024 * 1024
"""Contents that are in memory together, unless one alone is larger."""

_BATCH_OBJECTS = 4000
_BATCH_PAIRS = 1000
"""For one process: far below the time limit of a git command, far above the cost of starting it."""

_BATCH_PATHS = 200
"""A command line takes 2 MB, a path at most 4 KB."""

_RETRIES = 64
"""Processes spent on finding out which object of a batch git cannot read."""

_DIFF = ("--stdin", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none", "--no-relative")

_K = TypeVar("_K")
_V = TypeVar("_V")


class Bulk:
    """Objects of a repository, seen through `reviewer.attest.scratch`."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._digests: dict[str, str] = {}

    def commits(self, oids: Iterable[str]) -> dict[str, CommitObject]:
        """Commits by oid; those that are not here, or no commits, are left out."""
        found = {}
        for oid, kind, content in self._contents(_unique(oids)):
            if kind == b"commit":
                found[oid] = parse_commit(oid, content)
        return found

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Contents by oid; those that are not here are left out."""
        return {oid: content for oid, kind, content in self._contents(_unique(oids)) if kind == b"blob"}

    def present(self, oids: Iterable[str]) -> frozenset[str]:
        """Which of the objects are here."""
        return frozenset(oid for oid, _, _ in self._sizes(_unique(oids)))

    def changes(self, pairs: Iterable[Pair]) -> dict[Pair, tuple[TreeChange, ...]]:
        """What differs between trees, sorted by path; pairs of which something is not here are left out."""
        found: dict[Pair, tuple[TreeChange, ...]] = {}
        wanted = list(dict.fromkeys(pairs))
        for start in range(0, len(wanted), _BATCH_PAIRS):
            for part in isolated(self._diff, wanted[start : start + _BATCH_PAIRS]):
                found.update(part)
        return found

    def deltas(self, changes: Sequence[tuple[TreeChange, ...]], *, sha1: bool) -> list[Delta | None]:
        """The deltas of changes; None where a new content is not here. In SHA-1 repositories contents are hashed again."""
        if sha1:
            self._digest({change.new_oid for entries in changes for change in entries if change.brings_blob})
        return [self._delta(entries, sha1=sha1) for entries in changes]

    def entries(self, tree: str, paths: Iterable[bytes]) -> dict[bytes, Entry]:
        """Mode and oid of paths in a tree; those that are not in it are left out."""
        names, found = list(paths), {}
        for start in range(0, len(names), _BATCH_PATHS):
            listed = self._git.run("ls-tree", "-z", "--full-tree", tree, "--", *names[start : start + _BATCH_PATHS])
            for line in listed.split(b"\0")[:-1]:
                fields, _, path = line.partition(b"\t")
                mode, _, oid = fields.decode("ascii").split(" ")
                found[path] = (int(mode, 8), oid)
        return found

    def _delta(self, entries: tuple[TreeChange, ...], *, sha1: bool) -> Delta | None:
        if not sha1:
            return Delta(tuple(DeltaEntry(change, "") for change in entries))
        digests = [self._digests.get(change.new_oid, "") if change.brings_blob else "" for change in entries]
        if any(change.brings_blob and not digest for change, digest in zip(entries, digests, strict=True)):
            return None
        return Delta(tuple(DeltaEntry(change, digest) for change, digest in zip(entries, digests, strict=True)))

    def _digest(self, oids: set[str]) -> None:
        for oid, kind, content in self._contents(sorted(oids - self._digests.keys())):
            if kind == b"blob":
                self._digests[oid] = hashlib.sha256(content).hexdigest()

    def _contents(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes, bytes]]:
        """Oid, type and content of every object that is here."""
        for batch in _batches(self._sizes(oids)):
            answer = self._git.run("cat-file", "--batch", stdin=_lines(batch))
            position = 0
            for oid in batch:
                end = answer.index(b"\n", position)
                _, kind, size = answer[position:end].split(b" ")
                start = end + 1
                yield oid, kind, answer[start : start + int(size)]
                position = start + int(size) + 1

    def _sizes(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes, int]]:
        """Oid, type and size in bytes of every object that is here."""
        if not oids:
            return
        answer = self._git.run("cat-file", "--batch-check", stdin=_lines(oids))
        for oid, line in zip(oids, answer.split(b"\n"), strict=False):
            words = line.split(b" ")
            if len(words) == 3:
                yield oid, words[1], int(words[2])

    def _diff(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[TreeChange, ...]]:
        answer = self._git.run("diff-tree", *_DIFF, stdin="".join(f"{old} {new}\n" for old, new in pairs).encode("ascii"))
        return dict(_parsed(answer))


def _parsed(answer: bytes) -> Iterator[tuple[Pair, tuple[TreeChange, ...]]]:
    """What `git diff-tree --stdin -z` prints: for each pair "<old> <new>", line feed, and its records (":...", NUL, path, NUL).
    A pair with a tree that cannot be read is left out by git."""
    position = 0
    while position < len(answer):
        end = answer.index(b"\n", position)
        old, new = answer[position:end].decode("ascii").split(" ")
        position = end + 1
        records = []
        while answer.startswith(b":", position):
            fields_end = answer.index(b"\0", position)
            path_end = answer.index(b"\0", fields_end + 1)
            old_mode, new_mode, old_oid, new_oid, status = answer[position + 1 : fields_end].decode("ascii").split(" ")
            path = answer[fields_end + 1 : path_end]
            records.append(TreeChange(path, int(old_mode, 8), int(new_mode, 8), old_oid, new_oid, status))
            position = path_end + 1
        yield (old, new), tuple(sorted(records))


def isolated(work: Callable[[Sequence[_K]], dict[_K, _V]], items: Sequence[_K]) -> Iterator[dict[_K, _V]]:
    """The results of a batch; if git fails on it, those of its parts that git does not fail on."""
    waiting, tries = [items] if items else [], 0
    while waiting:
        part = waiting.pop()
        tries += 1
        try:
            yield work(part)
        except GitError:
            if len(part) > 1 and tries < _RETRIES:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]


def _batches(sized: Iterable[tuple[str, bytes, int]]) -> Iterator[list[str]]:
    batch: list[str] = []
    total = 0
    for oid, _, size in sized:
        if batch and (total + size > _BATCH_BYTES or len(batch) == _BATCH_OBJECTS):
            yield batch
            batch, total = [], 0
        batch.append(oid)
        total += size
    if batch:
        yield batch


def _unique(oids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(oids))


def _lines(oids: Sequence[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode("ascii")
