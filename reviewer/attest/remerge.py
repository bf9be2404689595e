"""Merge commits: proven if they are what git makes of their parents without help. Their parents are proven by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.attest.merges import NEEDED, Merged
from reviewer.attest.own import residual
from reviewer.attest.proof import Check, Class, Proof
from reviewer.attest.session import Session
from reviewer.attest.subject import Subject
from reviewer.attest.trust import Standing

_QUESTION = "is it what git makes of its parents"


def proofs_of(session: Session, subjects: Sequence[Subject]) -> list[Proof]:
    """What is proven about merges of two commits."""
    if not session.merger.supported:
        return [residual(subject, f"it is a merge; only {NEEDED} or newer can make it again") for subject in subjects]
    if session.git.line("rev-parse", "--is-shallow-repository") == "true":
        return [residual(subject, "it is a merge, and the history is cut off here (a shallow clone)") for subject in subjects]
    sides = [(subject.commit.parents[0], subject.commit.parents[1]) for subject in subjects]
    merges = session.merger.commits(sides)
    made = [(subject, merges.get(side)) for subject, side in zip(subjects, sides, strict=True)]
    pairs = [(merged.tree, subject.commit.tree) for subject, merged in made if merged]
    changes = session.bulk.changes(pairs)
    proofs = []
    for subject, merged in made:
        differing = changes.get((merged.tree, subject.commit.tree)) if merged else None
        if merged is None or differing is None:
            proofs.append(residual(subject, "it is a merge, and git cannot make it again: some history is not here"))
        else:
            proofs.append(_proof(subject, merged, frozenset(change.path for change in differing)))
    return proofs


def _proof(subject: Subject, merged: Merged, differing: frozenset[bytes]) -> Proof:
    oid = subject.commit.oid
    if merged.clean and not differing:
        check = Check(_QUESTION, True, f"git merge-tree gives {merged.tree}")
        return Proof(oid, Class.CLEAN_MERGE, (), Standing.NONE, (), (), (check,))
    reasons = []
    if merged.conflicts:
        reasons.append("it is a merge with conflicts, which somebody resolved")
    if differing - merged.conflicts:
        reasons.append("it is a merge that holds more than git makes of its parents")
    check = Check(_QUESTION, False, f"git merge-tree gives {merged.tree}, the commit has {subject.commit.tree}")
    return Proof(oid, Class.RESIDUAL, (), Standing.NONE, tuple(sorted(differing | merged.conflicts)), tuple(reasons), (check,))
