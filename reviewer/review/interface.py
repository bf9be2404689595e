"""What every reviewer takes and gives. A reviewer is a module `by_<name>.py` in this folder with a function `review(job)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reviewer.records import CoverageEntry, Finding, Hunk, Machine, Policy, Profile, State
from reviewer.review._others import Others
from reviewer.rulebook.local import LocalRules


class Progress(Protocol):
    """Where long work says how far it is."""

    def step(self, text: str) -> None:
        """Say in a few words what is being done now."""


class Silent:
    """Progress that nobody watches."""

    def step(self, text: str) -> None:
        """Say nothing."""


SILENT = Silent()


@dataclass(frozen=True, slots=True)
class PrivateFile:
    """A staged file, copied into the gate's own folder under a name of the gate's making."""

    path: bytes
    """Where it stands in the repository."""
    copy: Path
    """Where the copy is. The name is ours, the ending tells the language."""
    content: bytes
    language: str
    whole: bool = True
    """False if only the hunks are known (patch text): all other lines are blank."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one reviewer is asked to look at."""

    hunks: Sequence[Hunk]
    """Only the hunks that the route gave to this reviewer, most important first."""
    files: Mapping[bytes, PrivateFile]
    """By path: the new content of every file with a hunk that could be read. Shared by all reviewers, read-only."""
    folder: Path
    """The gate's private folder; the copies are in it. A reviewer may write files below a folder of its own name in it."""
    profiles: Mapping[tuple[bytes, int], Profile]
    """By (path, Hunk.new_start)."""
    policy: Policy
    machine: Machine
    deadline: float
    """`time.monotonic()` at which model time is over. Deterministic reviewers may ignore it."""
    progress: Progress = SILENT
    before: Mapping[bytes, bytes] = field(default_factory=dict)
    """By path after the change: the old content of every changed file in a known language that could be read."""
    local_rules: LocalRules = field(default_factory=LocalRules)
    """The repository's own rules, from the tree that the change is based on."""
    others: Others = field(default_factory=lambda: Others.of(()))
    """What the deterministic reviewers say, as soon as it is known. Only models wait for that."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reviewer says. Every hunk of the job has exactly one coverage entry per engine (`CoverageEntry.reviewer`)."""

    findings: Sequence[Finding]
    """Unfiltered: the pipeline drops what is not on touched lines."""
    coverage: Sequence[CoverageEntry]
    identities: Mapping[str, str]
    """Engine name -> version and digest that make the review repeatable, such as {"rules": "ast-grep 0.51.1 rules 3f2a"}."""
    notes: Sequence[str] = ()
    harmless: frozenset[tuple[bytes, int, str]] = frozenset()
    """(path, line, CWE) where all that reaches a sink is known, and none of it does harm: who judges its form is wrong."""
    forced: frozenset[str] = frozenset()
    """Roles in which a model spoke whose exam it has not passed."""
    doubted: Mapping[tuple[bytes, int, str], str] = field(default_factory=dict)
    """(path, first line, rule) of findings of others that a model doubts, and the sentence that says so."""


class Reviewer(Protocol):
    """The module's contract."""

    def review(self, job: Job) -> Outcome:
        """Review all hunks of the job. Raises nothing for a broken tool or model: that is `FAILED` coverage."""


def cover(hunks: Sequence[Hunk], reviewer: str, state: State, reason: str = "") -> list[CoverageEntry]:
    """The same coverage entry for each hunk."""
    return [CoverageEntry(hunk.path, hunk.new_start, reviewer, state, reason) for hunk in hunks]
