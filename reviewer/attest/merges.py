"""Three-way merges by git itself, away from the repository and its settings: what would git have made of it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.attest.bulk import isolated
from reviewer.attest.scratch import Scratch
from reviewer.errors import GitError

NEEDED = "git 2.39"
"""The first that makes many merges in one process (`git merge-tree --stdin`)."""

_BATCH = 200
"""Merges made by one process."""

_COMMAND = ("merge-tree", "--write-tree", "--stdin", "--no-messages", "--allow-unrelated-histories")

_CLEAN = b"1"


@dataclass(frozen=True, slots=True)
class Merged:
    """What git makes of a merge."""

    tree: str
    """Oid; with conflict markers in its files if it is not clean."""
    conflicts: frozenset[bytes]
    """Paths that git cannot merge by itself."""
    clean: bool


Commits = tuple[str, str]
"""Oids of the commits that are merged: ours and theirs."""

Trees = tuple[str, str, str]
"""Oids of trees: the base, ours, theirs."""


class Merger:
    """Makes merges in a scratch repository."""

    def __init__(self, view: Scratch) -> None:
        self._view = view
        self._commits: dict[tuple[str, str], str] = {}
        self._supported: bool | None = None

    @property
    def supported(self) -> bool:
        """Whether git is new enough."""
        if self._supported is None:
            self._supported = self._view.git.completed(*_COMMAND, ok=range(256)).code == 0
        return self._supported

    def commits(self, wanted: Sequence[Commits]) -> dict[Commits, Merged]:
        """Merges of commits, by their history. Those that git cannot make (an object is missing) are left out."""
        found: dict[Commits, Merged] = {}
        unique = list(dict.fromkeys(wanted)) if self.supported else []
        for start in range(0, len(unique), _BATCH):
            for part in isolated(self._merge, unique[start : start + _BATCH]):
                found.update(part)
        return found

    def trees(self, wanted: Sequence[Trees]) -> dict[Trees, Merged]:
        """Merges of trees that have a common base. Those that git cannot make are left out.

        Raises:
            StorageError: there is no room for temporary files.
        """
        made = {trees: self._sides(trees) for trees in dict.fromkeys(wanted)} if self.supported else {}
        merged = self.commits(list(made.values()))
        return {trees: merged[commits] for trees, commits in made.items() if commits in merged}

    def _sides(self, trees: Trees) -> Commits:
        base, ours, theirs = trees
        root = self._commit(base, "")
        return self._commit(ours, root), self._commit(theirs, root)

    def _commit(self, tree: str, parent: str) -> str:
        key = (tree, parent)
        if key not in self._commits:
            self._commits[key] = self._view.commit(tree, *([parent] if parent else []))
        return self._commits[key]

    def _merge(self, wanted: Sequence[Commits]) -> dict[Commits, Merged]:
        asked = "".join(f"{ours} {theirs}\n" for ours, theirs in wanted).encode("ascii")
        answers = list(_answers(self._view.git.run(*_COMMAND, stdin=asked)))
        if len(answers) != len(wanted):
            raise GitError("git merge-tree did not answer every question")
        return dict(zip(wanted, answers, strict=True))


def _answers(said: bytes) -> Iterator[Merged]:
    """What `git merge-tree --stdin --no-messages` prints for each line: status, oid, one "<mode> <oid> <stage>", tab, path for
    every side of a conflict, and an empty field; each ends with a NUL."""
    fields = iter(said.split(b"\0")[:-1])
    for status in fields:
        tree = next(fields, b"").decode("ascii")
        conflicts = []
        for entry in fields:
            if not entry:
                break
            conflicts.append(entry.partition(b"\t")[2])
        yield Merged(tree, frozenset(conflicts), status == _CLEAN)
