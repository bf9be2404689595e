"""What the memory of a review starts from, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.git import Git
from reviewer.records import Change, Finding


@dataclass(frozen=True, slots=True)
class Known:
    """What the memory starts from."""

    git: Git
    change: Change
    contents: Mapping[bytes, bytes]
    """The new content of files that are at hand; others are read from the change's tree."""
    base_tree: str
    """The tree whose dismissals count."""
    top: Path | None = None
    """The work tree in which to look for dismissals that were not staged; None if none is asked."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The findings with the decisions about them."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    """Dismissals that are refused, expired or do not count, in words."""
