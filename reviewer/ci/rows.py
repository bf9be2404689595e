"""The commits of a range: what is proven of each, and what has to be looked at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from reviewer.attest.generation import Generation, Said, changed_paths
from reviewer.attest.proof import Class, Proof
from reviewer.ci.deferred import open_paths
from reviewer.ci.fates import Fate, Look
from reviewer.ci.former import Former
from reviewer.ci.generated import Ruling, Rulings, rulings_of
from reviewer.ci.sampling import chosen
from reviewer.ci.span import Commits
from reviewer.ci.standards import Standards
from reviewer.git import Git
from reviewer.records import Policy, PrePush
from reviewer.records.statement import Word


class Why(str, Enum):
    """Why a commit is looked at again."""

    NOT = ""
    RESIDUAL = "not proven"
    PARTIAL = "its review was partial"
    SAMPLED = "sampled"
    WATCHED = "its key attested what blocks"
    GENERATED = "lines of it were generated"


class Standing(str, Enum):
    """Where a commit stands in the end."""

    PROVEN = "proven"
    FORMER = "reviewed by a former run"
    HERE = "reviewed here"
    IDLE = "needs no model"
    """What is not proven of it was left to the deterministic reviewers, as it would have been at its author's."""
    OPEN = "NOT PROVEN"


_SILENT = Ruling(Generation("", Said.SILENT))


@dataclass(frozen=True, slots=True)
class Row:
    """One commit before the models look."""

    proof: Proof
    why: Why
    paths: tuple[bytes, ...]
    """What is not proven of it, what its review left open, or all that it changed if it is in the sample."""
    again: tuple[bytes, ...]
    """Of these, what no former run has looked at."""
    ruling: Ruling = _SILENT
    generated: tuple[bytes, ...] = ()
    """Of `again`, what the settings want reviewed because lines of it were generated."""


@dataclass(frozen=True, slots=True)
class Done:
    """One commit in the end."""

    row: Row
    standing: Standing
    seen: tuple[bytes, ...]
    """Paths that were reviewed again by a model now."""
    idle: Mapping[bytes, str]
    """Paths that have nothing for a model to judge, and why."""
    unseen: Mapping[bytes, str]
    """Paths that a model should have looked at, and why it did not."""
    unmet: Mapping[bytes, str] = field(default_factory=dict)
    """Paths whose generated lines were not reviewed as the settings want it, and why."""


def rows_of(git: Git, commits: Commits, standards: Standards, former: Former, share: float, secret: bytes) -> list[Row]:
    """The commits with what has to be looked at.

    Raises:
        GitError, ToolMissingError, StorageError: see `Verifier.verify_all`.
    """
    proofs = standards.verifier.verify_all(commits.oids)
    whys = [_chosen(proof, former, share, secret) for proof in proofs]
    rulings = rulings_of(git, commits, standards.policy, proofs)
    known = [_row(git, proof, standards, former, why) for proof, why in zip(proofs, whys, strict=True)]
    return [_with_generated(row, rulings, standards.policy, former) for row in known]


def _chosen(proof: Proof, former: Former, share: float, secret: bytes) -> Why:
    """Whether it would be looked at although it is proven. Of a marked key that is every commit."""
    keys = {used.item.signature.key_digest for used in proof.used if used.item.signature}
    if not former.marked.isdisjoint(keys):
        return Why.WATCHED
    return Why.SAMPLED if chosen(proof.commit, share, secret) else Why.NOT


def _row(git: Git, proof: Proof, standards: Standards, former: Former, sampled: Why) -> Row:
    if not proof.proven:
        why, paths = Why.RESIDUAL, proof.residual
    elif proof.result is Word.PARTIAL:
        why, paths = Why.PARTIAL, changed_paths(git, proof.commit)
        paths = paths if sampled is not Why.NOT else open_paths(git, proof, paths, standards.notes)
    elif sampled is not Why.NOT and proof.klass is not Class.CLEAN_MERGE:
        why, paths = sampled, changed_paths(git, proof.commit)
    else:
        return Row(proof, Why.NOT, (), ())
    done = former.paths(proof.commit)
    return Row(proof, why, paths, tuple(path for path in paths if path not in done))


def _with_generated(row: Row, rulings: Rulings, policy: Policy, former: Former) -> Row:
    """The row with the files that are looked at because of generated lines in them."""
    ruling = rulings.of(row.proof.commit)
    known = former.paths(row.proof.commit)
    wanted = tuple(path for path in rulings.paths(row.proof.commit, policy) if path not in known)
    paths = tuple(dict.fromkeys((*row.paths, *rulings.paths(row.proof.commit, policy))))
    why = Why.GENERATED if row.why is Why.NOT and paths else row.why
    return Row(row.proof, why, paths, tuple(dict.fromkeys((*row.again, *wanted))), ruling, wanted)


def done(row: Row, found: Mapping[bytes, Fate], generated: Mapping[bytes, Fate]) -> Done:
    """Where a commit stands.

    Args:
        found: what became of each path that the models were to look at.
        generated: the same of those in which lines were generated, as far as they were reviewed as the settings want it.
    """
    seen = tuple(path for path in row.again if found[path].look is Look.SEEN)
    idle = {path: found[path].reason for path in row.again if found[path].look is Look.IDLE}
    unseen = {path: found[path].reason for path in row.again if found[path].look is Look.OPEN}
    unmet = {path: generated[path].reason for path in row.generated if generated[path].look is Look.OPEN}
    return Done(row, _standing(row, seen, unseen), seen, idle, unseen, unmet)


def _standing(row: Row, seen: Sequence[bytes], unseen: Mapping[bytes, str]) -> Standing:
    if row.why in (Why.NOT, Why.SAMPLED, Why.WATCHED, Why.GENERATED):
        return Standing.PROVEN
    if unseen:
        return Standing.OPEN
    if seen:
        return Standing.HERE
    return Standing.IDLE if row.again or not row.paths else Standing.FORMER


def demands_proof(policy: Policy, *, asked: bool) -> bool:
    """Whether a commit that is neither proven nor reviewed here stops the job. The command line can only ask for more."""
    return asked or policy.pre_push is PrePush.BLOCK


def open_ones(done_ones: Sequence[Done]) -> list[Done]:
    """The commits that are neither proven nor reviewed."""
    return [one for one in done_ones if one.standing is Standing.OPEN]


def unmet_ones(done_ones: Sequence[Done]) -> list[Done]:
    """The commits whose generated lines were not reviewed as the settings want it."""
    return [one for one in done_ones if one.unmet]
