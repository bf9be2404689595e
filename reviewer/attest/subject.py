"""The commits that are verified: what each changes, and what its message says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.attest.bulk import Bulk
from reviewer.attest.delta import Delta, is_sha1
from reviewer.attest.trailer import Attested, Refused, found
from reviewer.attest.transitions import malformed
from reviewer.git import EMPTY_TREE
from reviewer.objects.interface import CommitObject, TreeChange, missing

MAX_STATEMENTS = 1000
"""Attestations read from one message: a squash has one for each of its commits."""

_SLICE = 2000
"""Commits read together."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A commit, and how it differs from its first parent."""

    commit: CommitObject
    base: str
    """Tree of the first parent; the empty tree if there is none, or none here."""
    entries: tuple[TreeChange, ...]
    delta: Delta | None
    """None if a new content is not here."""
    found: tuple[Attested | Refused, ...]
    """What its message says."""
    orphaned: bool
    """It has a parent, which is not here (a shallow clone)."""

    @property
    def paths(self) -> tuple[bytes, ...]:
        return tuple(entry.path for entry in self.entries)

    @property
    def is_merge(self) -> bool:
        return len(self.commit.parents) > 1

    @property
    def hindrance(self) -> str:
        """Why nothing can cover it, in words; empty if something may."""
        if self.orphaned:
            return "its parent is not in this repository (a shallow clone)"
        if len(self.commit.parents) > 2:
            return "it is a merge of more than two commits (an octopus), which always is reviewed"
        if malformed(self.entries):
            return "its tree is malformed: it has the same path twice"
        if self.delta is None:
            return "some of its content is not in this repository (a partial clone)"
        return ""


def read(bulk: Bulk, oids: Sequence[str]) -> Iterator[Subject]:
    """The commits in the order asked for.

    Raises:
        GitError: a commit or tree is not here.
    """
    for start in range(0, len(oids), _SLICE):
        yield from _read(bulk, oids[start : start + _SLICE])


def _read(bulk: Bulk, oids: Sequence[str]) -> Iterator[Subject]:
    commits = bulk.commits(oids)
    for oid in oids:
        if oid not in commits:
            raise missing(oid)
    firsts = {commit.parents[0] for commit in commits.values() if commit.parents}
    parents = {**bulk.commits(firsts - commits.keys()), **commits}
    bases = [_base(commits[oid], parents) for oid in oids]
    pairs = [(base, commits[oid].tree) for oid, base in zip(oids, bases, strict=True)]
    changes = bulk.changes(pairs)
    for pair in pairs:
        if pair not in changes:
            raise missing(pair[1])
    deltas = bulk.deltas([changes[pair] for pair in pairs], sha1=bool(pairs) and is_sha1(pairs[0][1]))
    for oid, base, pair, delta in zip(oids, bases, pairs, deltas, strict=True):
        commit = commits[oid]
        orphaned = bool(commit.parents) and commit.parents[0] not in parents
        yield Subject(commit, base, changes[pair], delta, found(commit.message)[:MAX_STATEMENTS], orphaned)


def _base(commit: CommitObject, parents: dict[str, CommitObject]) -> str:
    parent = parents.get(commit.parents[0]) if commit.parents else None
    return parent.tree if parent else EMPTY_TREE[len(commit.tree)]
