"""What the parts of one verification share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.attest import notes
from reviewer.attest.bulk import Bulk
from reviewer.attest.judge import Judge
from reviewer.attest.merges import Merger
from reviewer.git import Git


@dataclass(frozen=True, slots=True)
class Sources:
    """Where statements come from, beside the messages of the commits to be verified."""

    revisions: Sequence[Sequence[str]] = ()
    """Oids of further commits, such as those of a pull request's head: one list a head, oldest first."""
    notes: Sequence[str] = (notes.REF,)
    """Refs of notes."""


@dataclass(frozen=True, slots=True)
class Session:
    """One verification."""

    git: Git
    """In the repository itself."""
    bulk: Bulk
    merger: Merger
    judge: Judge
    sources: Sources
