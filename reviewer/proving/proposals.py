"""Which findings of a review have a fix, and which of the fixes go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.fix.edits import overlap, with_line_ends_of
from reviewer.fix.interface import Candidate, Proof, Unasked, failed
from reviewer.git import Git
from reviewer.proving.bench import Bench
from reviewer.proving.prove import prove_all
from reviewer.proving.text import APPLIES
from reviewer.records import Disposition, Finding, Fix, JudgedFinding, Machine, Verdict
from reviewer.sources import Sourced

ACTIVE = (Disposition.BLOCKS, Disposition.WARNS, Disposition.NOTES)
"""What nobody silenced or dismissed."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of all candidates."""

    shown: tuple[Proof, ...]
    """Proven, each by itself and all together; by path and place."""
    refused: tuple[Proof, ...]
    """Not shown; the step that failed has the reason."""
    unasked: tuple[Unasked, ...] = ()
    """What a model was to be asked about, and was not."""


def candidates(sourced: Sourced, findings: Sequence[Finding]) -> list[Candidate]:
    """The fixes that rules and tools propose for these findings, in the order of the findings."""
    files = {file.path: file for file in sourced.change.files}
    made = []
    for finding in findings:
        content = sourced.contents.get(finding.path)
        if finding.fix is not None and content is not None and content.whole:
            file = files[finding.path]
            fix = with_line_ends_of(content.data, finding.fix)
            made.append(Candidate(finding, fix, content.data, file.new_oid, file.new_mode, file.language))
    return made


def active(verdict: Verdict) -> list[Finding]:
    """The findings that count, the worst first; equal ones by place. The order decides which of two fixes of one place wins."""
    chosen = [judged for judged in verdict.findings if judged.disposition in ACTIVE]
    return [judged.finding for judged in sorted(chosen, key=_rank)]


def settle(proposed: Sequence[Candidate], bench: Bench) -> Settled:
    """Prove the candidates; of several that change the same bytes the first that is proven stands, and the others are counted.

    Raises:
        GitError, StorageError: the mended change cannot be made or reviewed.
    """
    shown: list[Proof] = []
    refused: list[Proof] = []
    waiting = list(proposed)
    while waiting:
        taken: list[Candidate] = []
        beaten: list[Candidate] = []
        for one in waiting:
            (beaten if _beater(one, taken) else taken).append(one)
        proofs = prove_all([*(proof.candidate for proof in shown), *taken], bench)
        shown = [proof for proof in proofs if proof.shown]
        refused += [proof for proof in proofs if not proof.shown]
        standing = [proof.candidate for proof in shown]
        waiting = []
        for one in beaten:
            winner = _beater(one, standing)
            if winner is None:
                waiting.append(one)
            else:
                said = f"it changes what the fix of {winner.finding.rule} in line {winner.finding.start_line} changes"
                refused.append(Proof(one, (failed(APPLIES, said),)))
    return Settled(tuple(sorted(shown, key=_place)), tuple(sorted(refused, key=_place)))


def with_mends(
    settled: Settled, mends: Sequence[Candidate], refused: Sequence[Proof], unasked: Sequence[Unasked], bench: Bench
) -> Settled:
    """What was settled, with further mends that are proven each by itself: now all together. Those that were there first stay.

    Args:
        refused: tries of whoever made the mends, that were not proven.
        unasked: findings that he was not asked about.

    Raises:
        GitError, StorageError: the mended change cannot be made or reviewed.
    """
    both = settle([*(proof.candidate for proof in settled.shown), *mends], bench) if mends else settled
    failures = [*settled.refused, *refused, *(both.refused if mends else ())]
    return Settled(both.shown, tuple(sorted(failures, key=_place)), tuple(unasked))


def proven(git: Git, sourced: Sourced, verdict: Verdict, machine: Machine) -> dict[str, Fix]:
    """The fixes of a verdict that may be shown, by the fingerprint of their finding: for reports that carry fixes along.

    Args:
        sourced: what the verdict is about; in the repository.

    Raises:
        GitError, StorageError: the mended change cannot be made or reviewed.
    """
    proposed = candidates(sourced, active(verdict))
    if not proposed:
        return {}
    shown = settle(proposed, Bench.of(git, sourced, machine, before=verdict)).shown
    return {proof.candidate.finding.fingerprint: proof.candidate.fix for proof in shown}


def smallest(proofs: Sequence[Proof]) -> Proof | None:
    """Of several candidates for one finding the smallest that is proven; None if none is."""
    return min((proof for proof in proofs if proof.shown), key=lambda proof: proof.candidate.size, default=None)


def _beater(one: Candidate, taken: Sequence[Candidate]) -> Candidate | None:
    """The candidate that takes what this one wants."""
    return next((other for other in taken if other.path == one.path and overlap(one.fix, other.fix)), None)


def _rank(judged: JudgedFinding) -> tuple[int, int, int, bytes, int, int, str]:
    finding = judged.finding
    rank = ACTIVE.index(judged.disposition), -finding.severity.rank, -finding.confidence.rank
    return (*rank, finding.path, finding.start_line, finding.start_column, finding.rule)


def _place(proof: Proof) -> tuple[bytes, int, str]:
    finding = proof.candidate.finding
    return finding.path, finding.start_line, finding.rule
