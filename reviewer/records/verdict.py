"""What the gate says in the end, and what led to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from reviewer.records.change import Change
from reviewer.records.coverage import CoverageEntry
from reviewer.records.finding import Finding
from reviewer.records.fix import Mend
from reviewer.records.policy import Policy
from reviewer.records.profile import Profile


class Result(str, Enum):
    """The verdict in one word."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"
    INCOMPLETE = "incomplete"


class Disposition(str, Enum):
    """What one finding does to the commit."""

    BLOCKS = "blocks"
    WARNS = "warns"
    NOTES = "notes"
    SUPPRESSED = "suppressed"
    """A comment in the code silences it."""
    DISMISSED = "dismissed"
    """A person decided that it is no problem."""


@dataclass(frozen=True, slots=True)
class JudgedFinding:
    """A finding and what it does."""

    finding: Finding
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole outcome of one review."""

    result: Result
    change: Change
    policy: Policy
    findings: tuple[JudgedFinding, ...]
    """What blocks first, then by path and line."""
    coverage: tuple[CoverageEntry, ...]
    profiles: Mapping[tuple[bytes, int], Profile]
    """By (path, `Hunk.new_start`)."""
    dropped: int = 0
    """Findings that were dropped because their line was not touched or their snippet was not found there."""
    identities: Mapping[str, str] = field(default_factory=dict)
    """What exactly each reviewer was: reviewer name -> digest or version, such as the digest of a model file."""
    seconds: float = 0.0
    """Wall time of the review."""
    forced: tuple[str, ...] = ()
    """Roles in which a model spoke whose exam it has not passed, sorted."""
    mends: Mapping[str, Mend] = field(default_factory=dict)
    """Fixes that are proven, by the fingerprint of their finding; only where somebody asked for them."""
    notes: tuple[str, ...] = ()
    """Things the reader should know about the review itself, in words."""
