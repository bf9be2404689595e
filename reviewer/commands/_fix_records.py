"""Mends that a model wrote leave a record, so that the commit that holds them says so (docs/provenance.md)."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from reviewer.fix.interface import MODEL, Candidate
from reviewer.git import Git
from reviewer.models.catalogue import entry
from reviewer.models.lock import resolved
from reviewer.provenance.records import generated
from reviewer.provenance.store import keep
from reviewer.records import Machine

SAMPLING = "greedy"


def remember(git: Git, candidates: Sequence[Candidate], machine: Machine) -> None:
    """Keep a record of each that a model wrote; nothing is kept of what rules and tools proposed.

    Raises:
        GitError, StorageError: it cannot be kept. The mends are in all the same.
    """
    for one in candidates:
        if one.by_model:
            name = one.origin.removeprefix(MODEL)
            digest = resolved(entry(name, machine.endpoints)).sha256
            made = generated(
                new_lines(one), request=one.finding.message, model=name, digest=digest, sampling=SAMPLING, question=""
            )
            keep(git, made)


def new_lines(candidate: Candidate) -> str:
    """The lines that the mend changes or puts in, as they are afterwards."""
    before, after = candidate.content.split(b"\n"), candidate.mended.split(b"\n")
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    lines = [line for kind, _, _, start, end in blocks if kind in ("insert", "replace") for line in after[start:end]]
    return b"\n".join(lines).decode("utf-8", "replace")
