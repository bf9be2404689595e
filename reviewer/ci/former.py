"""What former runs have looked at, so that the models need not do it again.

A summary says: of the change from this base tree to this tree, under this policy and by this engine, models have looked at these
paths. It says nothing of signatures: these are checked in every run, since a key may have been revoked. With a secret, summaries
carry an HMAC-SHA256 and others are not believed; without, whoever can write the folder can say what was reviewed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.attest.canonical import path_bytes, path_text
from reviewer.attest.summary import ENGINE
from reviewer.ci.carried import finding_of, json_of
from reviewer.ci.span import Commits
from reviewer.errors import StorageError
from reviewer.git import Git
from reviewer.records import Finding
from reviewer.report._streams import save

_FORM = 1

_MOST_BYTES = 8 * 1024 * 1024

_MOST_USED = 20
"""Summaries of one range that are read, the latest commits' first."""

_KEPT = 500
"""Summaries in the folder; the oldest go."""


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

    def paths(self, commit: str) -> frozenset[bytes]:
        """What was looked at after this commit, in a range that it is part of."""
        return frozenset[bytes]().union(*(summary.paths for summary in self.summaries if commit in summary.block))


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of summaries."""

    folder: Path
    policy: str
    """Digest."""
    secret: bytes = field(default=b"", repr=False)

    def read(self, git: Git, commits: Commits) -> Former:
        """What is known of a range."""
        there = self._files()
        if not there:
            return Former()
        found: list[Summary] = []
        refused = 0
        for oid, tree in _trees(git, commits):
            if len(found) == _MOST_USED:
                break
            if tree not in there:
                continue
            base = git.tree_of(_fork(git, commits.base, oid)) or git.empty_tree()
            content = _load(self.folder / self._name(base, tree))
            if content is None:
                continue
            if self._believed(content, base, tree):
                block = git.run("rev-list", f"{commits.base}..{oid}").decode("ascii").split()
                found.append(_summary(content, oid, block))
            else:
                refused += 1
        remark = f"{refused} summaries of former runs in {self.folder} are not believed: they do not carry our signature"
        return Former(tuple(found), (remark,) if refused else ())

    def write(self, git: Git, commits: Commits, paths: frozenset[bytes], findings: Sequence[Finding]) -> None:
        """Keep what this run looked at.

        Raises:
            StorageError
        """
        base = git.tree_of(commits.fork) if commits.fork else None
        tree = git.tree_of(commits.head)
        assert tree is not None, "every commit has a tree"
        content: dict[str, Any] = {
            **self._key(base or git.empty_tree(), tree),
            "paths": sorted(path_text(path) for path in paths),
            "findings": [json_of(finding) for finding in findings],
        }
        content["mac"] = self._mac(content)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot make the folder for summaries: {error.strerror}", where=str(self.folder)) from error
        save(self.folder / self._name(content["base"], tree), json.dumps(content) + "\n")
        self._prune()

    def _key(self, base: str, tree: str) -> dict[str, Any]:
        return {"form": _FORM, "base": base, "tree": tree, "policy": self.policy, "engine": ENGINE}

    def _name(self, base: str, tree: str) -> str:
        text = json.dumps(self._key(base, tree), sort_keys=True)
        return f"{tree}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"

    def _mac(self, content: Mapping[str, Any]) -> str:
        if not self.secret:
            return ""
        rest = {key: value for key, value in content.items() if key != "mac"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        return hmac.new(self.secret, b"hunkgate summary " + text.encode(), hashlib.sha256).hexdigest()

    def _believed(self, content: Mapping[str, Any], base: str, tree: str) -> bool:
        mac = content.get("mac")
        own = {key: content.get(key) for key in self._key("", "")} == self._key(base, tree)
        return own and isinstance(mac, str) and hmac.compare_digest(mac.encode("utf-8", "replace"), self._mac(content).encode())

    def _files(self) -> frozenset[str]:
        """Trees that there is a summary of."""
        try:
            return frozenset(entry.name.partition("-")[0] for entry in os.scandir(self.folder) if entry.name.endswith(".json"))
        except OSError:
            return frozenset()

    def _prune(self) -> None:
        aged = []
        for entry in os.scandir(self.folder):
            # Another job may be pruning, too.
            with suppress(FileNotFoundError):
                aged.append((entry.stat(follow_symlinks=False).st_mtime, entry.path))
        for _, name in sorted(aged)[: max(0, len(aged) - _KEPT)]:
            with suppress(OSError):
                Path(name).unlink()


def _trees(git: Git, commits: Commits) -> Iterator[tuple[str, str]]:
    """Commits and their trees, the latest first."""
    listed = git.run("log", "--topo-order", "--no-show-signature", "--format=%H %T", f"{commits.base}..{commits.head}", "--")
    for line in listed.decode("ascii").split("\n")[:-1]:
        oid, _, tree = line.partition(" ")
        yield oid, tree


def _fork(git: Git, base: str, oid: str) -> str:
    found = git.completed("merge-base", base, oid, ok=(0, 1))
    return found.out.decode("ascii").strip()


def _load(file: Path) -> dict[str, Any] | None:
    try:
        with file.open("rb") as stream:
            content = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _summary(content: Mapping[str, Any], oid: str, block: Sequence[str]) -> Summary:
    paths, findings = content.get("paths"), content.get("findings")
    known = [path_bytes(path) for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
    said = [finding_of(item) for item in findings] if isinstance(findings, list) else []
    return Summary(oid, frozenset(block), frozenset(known), tuple(finding for finding in said if finding is not None))
