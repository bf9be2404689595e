"""What former runs have looked at, so that the models need not do it again.

A summary says: of the change from this base tree to this tree, under this policy and by this engine, models have looked at these
paths. It says nothing of signatures: these are checked in every run, since a key may have been revoked. Where summaries are kept,
and which of them are believed, is for a shelf to say: a folder (`folder_shelf`), or signed in a ref of notes (`notes_shelf`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from reviewer.attest.canonical import path_bytes, path_text
from reviewer.attest.summary import ENGINE
from reviewer.ci.carried import finding_of, json_of
from reviewer.ci.span import Commits
from reviewer.git import Git
from reviewer.records import Finding

_FORM = 1

_MOST_USED = 20
"""Summaries of one range that are read, the latest commits' first."""

KEY = ("form", "base", "tree", "policy", "engine")
"""What a summary is about. It counts only if all of these are those of this run."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a shelf has about a tree."""

    contents: tuple[Mapping[str, Any], ...]
    """Summaries that are believed."""
    refused: tuple[str, ...] = ()
    """Why others are not, in words."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    commits: tuple[str, ...]
    """Oids."""
    passed: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A key that attested what it should not have."""

    key: str
    """Sha256 (hex) of the public key."""
    commit: str
    """Oid of the commit that it attested."""
    rule: str
    path: bytes
    at: str
    """When that was found: RFC 3339, UTC."""


class Shelf(Protocol):
    """A place where runs keep what later runs want to know."""

    def trees(self) -> frozenset[str]:
        """Trees that there is a summary of."""

    def about(self, key: Mapping[str, Any]) -> Found:
        """The summaries about one range: `KEY`."""

    def put(self, content: Mapping[str, Any], ended: Ended) -> None:
        """Keep a summary.

        Raises:
            StorageError, AttestError, GitError: it cannot be kept.
        """

    def marks(self) -> tuple[Mark, ...]:
        """The marks that are believed."""

    def mark(self, mark: Mark) -> None:
        """Keep a mark.

        Raises:
            StorageError, AttestError, GitError: it cannot be kept.
        """

    def forgive(self, key: str) -> None:
        """Forget the marks of a key.

        Raises:
            StorageError, AttestError, GitError: it cannot be done.
        """


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run looked at."""

    commit: str
    """Oid of the last commit of that run, as this range has it."""
    block: frozenset[str]
    """Oids of the commits that it was about."""
    paths: frozenset[bytes]
    findings: tuple[Finding, ...]
    """What models said then."""


@dataclass(frozen=True, slots=True)
class Former:
    """What former runs have looked at."""

    summaries: tuple[Summary, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    """What was not believed, in words."""
    marked: frozenset[str] = frozenset()
    """Keys (sha256, hex) all of whose commits are looked at again."""

    def paths(self, commit: str) -> frozenset[bytes]:
        """What was looked at after this commit, in a range that it is part of."""
        return frozenset[bytes]().union(*(summary.paths for summary in self.summaries if commit in summary.block))


@dataclass(frozen=True, slots=True)
class Store:
    """Summaries of runs under one policy."""

    shelf: Shelf
    policy: str
    """Digest."""

    def read(self, git: Git, commits: Commits) -> Former:
        """What is known of a range."""
        there = self.shelf.trees()
        found: list[Summary] = []
        refused: list[str] = []
        for oid, tree in _trees(git, commits) if there else ():
            if len(found) == _MOST_USED:
                break
            if tree not in there:
                continue
            base = git.tree_of(_fork(git, commits.base, oid)) or git.empty_tree()
            known = self.shelf.about(self._key(base, tree))
            refused += known.refused
            for content in known.contents:
                block = git.run("rev-list", f"{commits.base}..{oid}").decode("ascii").split()
                found.append(_summary(content, oid, block))
        marked = frozenset(mark.key for mark in self.shelf.marks())
        return Former(tuple(found), tuple(_counted(refused)), marked)

    def write(
        self, git: Git, commits: Commits, paths: frozenset[bytes], findings: Sequence[Finding], *, passed: bool = True
    ) -> None:
        """Keep what this run looked at.

        Raises:
            StorageError, AttestError, GitError: it cannot be kept.
        """
        base = git.tree_of(commits.fork) if commits.fork else None
        tree = git.tree_of(commits.head)
        assert tree is not None, "every commit has a tree"
        content: dict[str, Any] = {
            **self._key(base or git.empty_tree(), tree),
            "paths": sorted(path_text(path) for path in paths),
            "findings": [json_of(finding) for finding in findings],
        }
        self.shelf.put(content, Ended(commits.oids, passed))

    def _key(self, base: str, tree: str) -> dict[str, Any]:
        return dict(zip(KEY, (_FORM, base, tree, self.policy, ENGINE), strict=True))


def _counted(refused: Sequence[str]) -> Iterator[str]:
    for reason in dict.fromkeys(refused):
        yield f"{refused.count(reason)} summaries of former runs are not believed: {reason}"


def _trees(git: Git, commits: Commits) -> Iterator[tuple[str, str]]:
    """Commits and their trees, the latest first."""
    listed = git.run("log", "--topo-order", "--no-show-signature", "--format=%H %T", f"{commits.base}..{commits.head}", "--")
    for line in listed.decode("ascii").split("\n")[:-1]:
        oid, _, tree = line.partition(" ")
        yield oid, tree


def _fork(git: Git, base: str, oid: str) -> str:
    found = git.completed("merge-base", base, oid, ok=(0, 1))
    return found.out.decode("ascii").strip()


def _summary(content: Mapping[str, Any], oid: str, block: Sequence[str]) -> Summary:
    paths, findings = content.get("paths"), content.get("findings")
    known = [path_bytes(path) for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
    said = [finding_of(item) for item in findings] if isinstance(findings, list) else []
    return Summary(oid, frozenset(block), frozenset(known), tuple(finding for finding in said if finding is not None))
