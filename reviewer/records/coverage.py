"""What was looked at, by whom, and what was not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(str, Enum):
    """What became of one hunk at one reviewer."""

    REVIEWED = "reviewed"
    SKIPPED = "skipped"
    """Not meant for this reviewer; `reason` says why."""
    DEFERRED = "deferred"
    """Meant for it, but outside the time budget: somebody has to finish it."""
    FAILED = "failed"
    """The reviewer could not do it; `reason` is the cause."""


@dataclass(frozen=True, slots=True)
class CoverageEntry:
    """One hunk, one reviewer, one state."""

    path: bytes
    hunk: int
    """First line of the hunk in the new file (`Hunk.new_start`); -1 for a file without hunks."""
    reviewer: str
    state: State
    reason: str = ""
    """In words; empty only for `REVIEWED`."""
