"""What became of each path that models were to look at. "Looked and found nothing" and "did not look" never look alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from reviewer.records import CoverageEntry, FileChange, State

_SUBMODULE = 0o160000

BLOCKED = "the change is blocked already"
UNCHANGED = "the range as a whole does not change it"
NOT_ASKED = "the settings ask for no model"


class Look(str, Enum):
    """Whether a model looked."""

    SEEN = "seen"
    IDLE = "idle"
    """There is nothing for a model to judge."""
    OPEN = "open"
    """It should have, and did not."""


@dataclass(frozen=True, slots=True)
class Fate:
    """One path."""

    look: Look
    reason: str = ""
    """In words; empty only for `SEEN`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the fates follow from."""

    files: Sequence[FileChange]
    """Of the range, as far as they were to be looked at."""
    wanted: frozenset[tuple[bytes, int]]
    """Hunks for the models, as path and first line."""
    left_out: Sequence[CoverageEntry]
    """Hunks and files that are not for models, and why."""
    coverage: Sequence[CoverageEntry]
    """What the models say of theirs; empty if they were not asked."""
    took_part: bool
    """A model was there."""
    asks: bool
    """The settings ask for models."""


def fates(again: frozenset[bytes], facts: Facts) -> dict[bytes, Fate]:
    """What became of each path.

    Args:
        again: old and new names.
    """
    by_name: dict[bytes, list[FileChange]] = {}
    for file in facts.files:
        for name in {file.path, file.old_path}:
            by_name.setdefault(name, []).append(file)
    states = {(entry.path, entry.hunk): entry for entry in facts.coverage}
    return {path: _fate(by_name.get(path, []), facts, states) for path in again}


def _fate(files: Sequence[FileChange], facts: Facts, states: Mapping[tuple[bytes, int], CoverageEntry]) -> Fate:
    if not files:
        return Fate(Look.IDLE, UNCHANGED)
    if any(_SUBMODULE in (file.old_mode, file.new_mode) for file in files):
        return Fate(Look.OPEN, "nobody can look into a submodule")
    if not facts.asks:
        return Fate(Look.IDLE, NOT_ASKED)
    places = [(file.path, hunk.new_start) for file in files for hunk in file.hunks]
    wanted = [place for place in places if place in facts.wanted]
    missing = next(_missing(wanted, facts, states), None)
    if missing is not None:
        return Fate(Look.OPEN, missing)
    if any(states[place].state is State.REVIEWED for place in wanted):
        return Fate(Look.SEEN)
    return Fate(Look.IDLE, _why_idle(files, facts, [states[place] for place in wanted]))


def _missing(
    wanted: Sequence[tuple[bytes, int]], facts: Facts, states: Mapping[tuple[bytes, int], CoverageEntry]
) -> Iterator[str]:
    """Why hunks were not looked at that should have been."""
    for place in wanted:
        entry = states.get(place)
        if entry is None:
            yield BLOCKED
        elif entry.state is not State.REVIEWED and not (entry.state is State.SKIPPED and facts.took_part):
            yield entry.reason


def _why_idle(files: Sequence[FileChange], facts: Facts, told: Sequence[CoverageEntry]) -> str:
    paths = {file.path for file in files}
    reasons = [entry.reason for entry in (*told, *facts.left_out) if entry.path in paths]
    return ", ".join(dict.fromkeys(reasons)) or "nothing for a model to judge"
