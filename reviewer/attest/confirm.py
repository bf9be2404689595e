"""When the commit is there: is it the one that was attested? Then what waits is noted. Else it is told what is attested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reviewer import config
from reviewer.attest import attempt, notes_store, waiting
from reviewer.attest.trailer import ATTESTATION
from reviewer.attest.waiting import Waiting
from reviewer.errors import HunkgateError
from reviewer.git import Git
from reviewer.objects.command import CommandReader
from reviewer.objects.interface import CommitObject
from reviewer.records import Policy

if TYPE_CHECKING:
    from reviewer.attest.proof import Proof

MOST = 500
"""Commits of one rebase that are verified; of more nothing is said."""

_RECENT = 100
"""Entries of the reflog that are searched for a commit whose git was killed before its note was written."""


def settle(git: Git) -> str:
    """Complete the commit that HEAD has just come to, if prepare-commit-msg or commit-msg left something of it.

    Returns:
        One line for the committer; empty if there is nothing to say.

    Raises:
        HunkgateError: what waited is lost; the commit is there, whatever happens.
    """
    name = attempt.name_here()
    attested, captured = waiting.take(git, name), attempt.recorded(git, name)
    rescue(git)
    attempt.forget_abandoned(git)
    if attested is not None:
        return _confirmed(git, attested)
    # In a rebase all is told at its end, by post-rewrite.
    if captured is None or git.path("rebase-merge").is_dir():
        return ""
    return _told(git, captured)


def rescue(git: Git) -> None:
    """Write the notes of commits whose git ended before its hooks did, or whose hooks were not installed.

    Raises:
        HunkgateError: they could not be written.
    """
    left = [kept for kept in waiting.abandoned(git) if kept.line]
    if not left:
        return
    logged = git.completed("log", "-g", f"-{_RECENT}", "--format=%T", "HEAD", "--", ok=(0, 128))
    made = frozenset(logged.out.decode("ascii").split())
    for kept in left:
        if kept.tree in made:
            notes_store.append(git, kept.tree, kept.line)


def rewritten(git: Git, oids: Sequence[str]) -> str:
    """One line about the commits that a rebase made; empty if there is nothing to say: none was ever attested.

    Args:
        oids: full.

    Raises:
        HunkgateError
    """
    policy = config.load_policy(git).policy
    rescue(git)
    attempt.recorded(git, attempt.name_here())
    attempt.forget_abandoned(git)
    if not policy.attest or len(oids) > MOST or not (policy.store.in_notes or _any_attested(git, oids)):
        return ""
    proofs = _verified(git, policy, list(dict.fromkeys(oids)))
    open_ = [proof for proof in proofs if not proof.proven]
    total = f"{len(proofs)} rewritten commits" if len(proofs) > 1 else "the rewritten commit"
    if not open_:
        return f"{total}: still proven to be reviewed"
    return f"{total}: {len(open_)} not proven to be reviewed, the first {open_[0].commit[:12]} because {open_[0].reasons[0]}"


def _confirmed(git: Git, attested: Waiting) -> str:
    commit = _head(git)
    if (commit.tree, _base_of(git, commit)) != (attested.tree, attested.base):
        return "this commit is not what was attested (another tree, or another parent): its attestation does not count"
    if attested.line:
        notes_store.append(git, attested.tree, attested.line)
    return ""


def _told(git: Git, captured: str) -> str:
    commit = _head(git)
    if commit.tree != captured:
        return ""
    policy = config.load_policy(git, _base_of(git, commit)).policy
    if not policy.attest:
        return ""
    proof = _proof(git, commit, policy)
    if proof is not None and proof.proven:
        return f"made without commit-msg, and still proven to be reviewed ({proof.klass.value})"
    why = f"; {proof.reasons[0]}" if proof is not None and _carries(commit.message) else ""
    return f"this commit is not attested: it was made without commit-msg{why}"


def _proof(git: Git, commit: CommitObject, policy: Policy) -> Proof | None:
    """What is proven; None if nothing can be, which is told without a search."""
    if _carries(commit.message) or len(commit.parents) > 1 or policy.store.in_notes:
        return _verified(git, policy, [commit.oid])[0]
    return None


def _verified(git: Git, policy: Policy, oids: Sequence[str]) -> list[Proof]:
    # Most commits need no verification, and its modules take longer to import than all others of these hooks.
    from reviewer.attest.verify import local_verifier

    return local_verifier(git, policy.repository).verify_all(oids)


def _any_attested(git: Git, oids: Sequence[str]) -> bool:
    said = git.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids).encode("ascii"))
    return _carries(said)


def _carries(message: bytes) -> bool:
    return f"{ATTESTATION}:".encode("ascii") in message


def _head(git: Git) -> CommitObject:
    return CommandReader(git).commit("HEAD")


def _base_of(git: Git, commit: CommitObject) -> str:
    return (git.tree_of(commit.parents[0]) if commit.parents else None) or git.empty_tree()


def said_of(error: HunkgateError) -> str:
    """An error in the one line that a hook has."""
    return f"the attestation of this commit is not complete: {error}".replace("\n", " ")
