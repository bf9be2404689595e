"""Reviews a change with mends in it as the gate would: from a tree in a private object store, with the same reviewers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reviewer import pipeline
from reviewer.git import Git
from reviewer.intake import changes, contents
from reviewer.knowledge.memory import Memory
from reviewer.private_folder import private_folder
from reviewer.proving.reading import Readings
from reviewer.records import Machine, State, Verdict
from reviewer.sources import Sourced


@dataclass(frozen=True, slots=True)
class Bench:
    """What mends are tried on. Nothing is written into the repository."""

    git: Git
    sourced: Sourced
    """The staged change."""
    before: Verdict
    """What the deterministic reviewers said of it."""
    machine: Machine
    modules: frozenset[str] = field(default_factory=frozenset)
    """Names of the Python modules and packages that the staged tree holds."""
    check: tuple[str, ...] = ()
    """The user's own command that has to end with 0 in a copy of the mended tree; empty for none."""
    read: Readings = field(default_factory=Readings, compare=False)
    """What has been read of the files already."""

    @staticmethod
    def of(git: Git, sourced: Sourced, machine: Machine, before: Verdict | None = None, check: tuple[str, ...] = ()) -> Bench:
        """The bench for a change that is in the repository.

        Args:
            before: the verdict of the deterministic reviewers, if there is one already.

        Raises:
            GitError, StorageError
        """
        quick = deterministic(sourced)
        before = pipeline.review(quick, machine) if before is None else before
        return Bench(git, quick, before, machine, _modules(git, sourced.change.tree), check)

    def review(self, mended: Mapping[bytes, tuple[int, bytes]]) -> Verdict:
        """What the same reviewers say with some files mended.

        Args:
            mended: mode and content by path.

        Raises:
            GitError, StorageError
        """
        with private_folder() as folder:
            git = _aside(self.git, folder)
            tree = _tree(git, folder / "index", self.sourced.change.tree, mended)
            change = changes.between(git, base_tree=self.sourced.change.base_tree, tree=tree, source="the mended change")
            new, old = contents.from_git(git, change, limit=self.sourced.policy.max_file_bytes)
        # Nothing is kept in mind of a change that may never be; a finding is the same one whether it was dismissed or not.
        sourced = replace(self.sourced, change=change, contents=new, before=old, memory=Memory())
        return pipeline.review(sourced, self.machine)


def deterministic(sourced: Sourced) -> Sourced:
    """The same for the reviewers that always say the same."""
    others = tuple(name for name in sourced.policy.reviewers if name != pipeline.MODELS)
    return replace(sourced, policy=replace(sourced.policy, reviewers=others))


def failed_paths(verdict: Verdict) -> frozenset[tuple[bytes, str]]:
    """What could not be looked at, and by whom."""
    return frozenset((entry.path, entry.reviewer) for entry in verdict.coverage if entry.state is State.FAILED)


def _aside(git: Git, folder: Path) -> Git:
    """The same repository, with a place of our own for new objects (git(1), GIT_OBJECT_DIRECTORY)."""
    objects = folder / "objects"
    objects.mkdir()
    theirs = [str(git.path("objects")), os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")]
    own = {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(filter(None, theirs))}
    return Git(git.folder, {**git.variables, **own})


def _tree(git: Git, index: Path, base: str, mended: Mapping[bytes, tuple[int, bytes]]) -> str:
    git.run("read-tree", base, index=index)
    rows = []
    for path, (mode, content) in mended.items():
        oid = git.run("hash-object", "-w", "--no-filters", "--stdin", stdin=content).strip()
        rows.append(b"%06o %s 0\t%s\0" % (mode, oid, path))
    git.run("-c", "core.hooksPath=/dev/null", "update-index", "-z", "--index-info", stdin=b"".join(rows), index=index)
    return git.run("write-tree", "--missing-ok", index=index).decode("ascii").strip()


def _modules(git: Git, tree: str) -> frozenset[str]:
    names = git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", tree).split(b"\0")
    parts = {part for name in names if name.endswith(b".py") for part in name[:-3].split(b"/")}
    return frozenset(part.decode("utf-8", "replace") for part in parts)
