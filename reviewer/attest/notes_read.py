"""What is noted about one tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reviewer.attest import envelope, notes, notes_store
from reviewer.attest.envelope import Envelope
from reviewer.errors import AttestError
from reviewer.git import Git


@dataclass(frozen=True, slots=True)
class Noted:
    """One statement. Its signature is not checked."""

    envelope: Envelope
    findings: dict[str, Any] | None
    """As docs/predicate.md describes them; None if they are not here, or not those that the statement is about."""
    source: str
    """Ref."""


@dataclass(frozen=True, slots=True)
class About:
    """All of them, the oldest first."""

    noted: tuple[Noted, ...]
    problems: tuple[str, ...]
    """What could not be read, in words."""


def about(git: Git, tree: str) -> About:
    """What is noted about a tree, by oneself and by others whose notes were fetched.

    Raises:
        GitError: a note is not here (a partial clone).
        AttestError: a ref is not at a commit.
    """
    found: dict[bytes, Noted] = {}
    problems = []
    for ref in (notes.REF, *notes.fetched_refs(git)):
        commit = notes_store.tip(git, ref)
        lines = notes_store.lines_of(notes_store.content_about(git, commit, tree)) if commit else ()
        for line in sorted(lines):
            noted = _read(line, ref)
            if noted is None:
                problems.append(f"a line in {ref} is refused: it is not an envelope with a statement of this version")
            else:
                found.setdefault(line, noted)
    return About(tuple(sorted(found.values(), key=lambda noted: noted.envelope.statement.at)), tuple(dict.fromkeys(problems)))


def _read(line: bytes, ref: str) -> Noted | None:
    try:
        signed = envelope.read(line)
    except AttestError:
        return None
    return Noted(signed[0], envelope.read_findings(line, signed[0].statement), ref) if signed else None
