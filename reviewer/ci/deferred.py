"""What a partial review left open, where a note tells: the findings beside the statement, whose digest is signed, name it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.attest import envelope, notes
from reviewer.attest.canonical import path_bytes
from reviewer.attest.proof import Proof
from reviewer.errors import AttestError
from reviewer.git import Git
from reviewer.records import State
from reviewer.records.statement import Statement, Word

_OPEN = (State.DEFERRED.value, State.FAILED.value)


def open_paths(git: Git, proof: Proof, changed: Sequence[bytes], refs: Sequence[str]) -> tuple[bytes, ...]:
    """The paths of a commit that its review put off, or that a reviewer failed on; all of them where that is not told.

    Args:
        changed: all paths of the commit.
        refs: of notes.
    """
    found: set[bytes] = set()
    for used in proof.used:
        if used.item.statement.result is not Word.PARTIAL:
            continue
        told = _told(git, used.item.statement, refs)
        # A replay may have carried the change to another path: then its names say nothing about this commit.
        if not told or not told <= set(changed):
            return tuple(changed)
        found |= told
    return tuple(path for path in changed if path in found)


def _told(git: Git, statement: Statement, refs: Sequence[str]) -> set[bytes]:
    """What the note of a statement says; empty if there is none with the findings that were signed."""
    for line in _lines(git, statement.tree, refs):
        try:
            if not any(one.statement == statement for one in envelope.read(line)):
                continue
        except AttestError:
            continue
        findings = envelope.read_findings(line, statement)
        if findings is not None:
            return set(_open_in(findings.get("coverage")))
    return set()


def _open_in(coverage: object) -> Iterator[bytes]:
    for entry in coverage if isinstance(coverage, list) else []:
        path = entry.get("path") if isinstance(entry, dict) and entry.get("state") in _OPEN else None
        if isinstance(path, str):
            yield path_bytes(path)


def _lines(git: Git, tree: str, refs: Sequence[str]) -> Iterator[bytes]:
    for ref in refs:
        for name in (ref, *notes.fetched_refs(git)) if ref == notes.REF else (ref,):
            found = git.completed("notes", f"--ref={name}", "show", tree, ok=(0, 1, 128))
            if found.code == 0:
                yield from (line for line in found.out.split(b"\n") if line)
