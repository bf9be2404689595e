"""What a commit's own message proves about it: the classes EXACT and DELTA, which need no other object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reviewer.attest.judge import Judge
from reviewer.attest.proof import Check, Class, Proof, Used
from reviewer.attest.subject import Subject
from reviewer.attest.trailer import Attested, Refused
from reviewer.attest.transitions import submodules
from reviewer.attest.trust import Checked, Standing

FORM = "is the attestation well-formed"
BASE = "was it reviewed on the parent's tree"
TREE = "is the reviewed tree the commit's"
SAME = "was the same change reviewed"
SIGNED = "is it signed by a key that counts here, and acceptable"

_RANK = (
    Standing.VALID,
    Standing.UNSIGNED,
    Standing.REFUSED,
    Standing.UNTRUSTED,
    Standing.REVOKED,
    Standing.INVALID,
    Standing.NONE,
)
"""Of several attestations the one that proves most counts."""


def proof_of(subject: Subject, judge: Judge) -> Proof:
    """The most that any attestation of its message proves. What is RESIDUAL may still be covered by others."""
    if subject.hindrance:
        return residual(subject, subject.hindrance)
    if subject.is_merge:
        return residual(subject, "it is a merge, and no attestation covers a merge")
    proofs = [_proof(item, subject, judge) for item in subject.found]
    if not proofs:
        return residual(subject, "it has no attestation")
    best = min(proofs, key=lambda proof: _RANK.index(proof.standing))
    if best.proven or best.standing is Standing.VALID:
        return best
    others = tuple(reason for proof in proofs if proof is not best for reason in proof.reasons)
    return replace(best, reasons=tuple(dict.fromkeys(best.reasons + others)))


def residual(subject: Subject, reason: str) -> Proof:
    """Nothing covers the commit."""
    check = Check("can an attestation cover it", False, reason)
    return Proof(subject.commit.oid, Class.RESIDUAL, (), Standing.NONE, subject.paths, (reason,), (check,))


def covered(subject: Subject, klass: Class, used: Sequence[Used], checks: Sequence[Check]) -> Proof:
    """A commit that is covered whole; but what a submodule points at was seen by nobody."""
    oid, unseen = subject.commit.oid, tuple(sorted(submodules(subject.entries)))
    if not unseen:
        return Proof(oid, klass, tuple(used), Standing.VALID, (), (), tuple(checks))
    reason = "it changes a submodule, which always is reviewed; its other paths are covered"
    check = Check("is it free of submodules", False, reason)
    return Proof(oid, Class.RESIDUAL, tuple(used), Standing.VALID, unseen, (reason,), (*checks, check))


@dataclass(frozen=True, slots=True)
class _Fit:
    base: bool
    tree: bool

    @property
    def klass(self) -> Class:
        return Class.EXACT if self.base and self.tree else Class.DELTA


def _proof(item: Attested | Refused, subject: Subject, judge: Judge) -> Proof:
    if isinstance(item, Refused):
        what = f"the attestation at line {item.line} of its message is refused: {item.reason}"
        check = Check(FORM, False, f"line {item.line}: {item.reason}")
        return _not_covered(subject, Checked(Standing.INVALID, "", what), [check], None)
    statement = item.statement
    fit = _Fit(statement.base == subject.base, statement.tree == subject.commit.tree)
    checks = [
        Check(FORM, True, f"{statement.result.value}, {statement.engine}"),
        Check(BASE, fit.base, f"reviewed {statement.base}, parent {subject.base}"),
        Check(TREE, fit.tree, f"reviewed {statement.tree}, commit {subject.commit.tree}"),
    ]
    assert subject.delta is not None
    checked = judge.check(item, subject.delta, subject.base)
    if fit.klass is Class.DELTA:
        same = checked.standing not in (Standing.INVALID, Standing.UNSIGNED)
        checks.append(Check(SAME, same, "the signature is over the same changes of the same paths" if same else checked.reason))
        if not same:
            return _not_covered(subject, Checked(Standing.NONE, "", "its attestation is for another change"), checks, None)
    checks.append(Check(SIGNED, checked.standing is Standing.VALID, checked.reason or checked.principal))
    used = Used(item, checked, "its own message")
    if checked.standing is Standing.VALID:
        return covered(subject, fit.klass, [used], checks)
    if checked.standing is Standing.UNSIGNED:
        reasons = (checked.reason,)
        return Proof(subject.commit.oid, Class.EXACT, (used,), checked.standing, subject.paths, reasons, tuple(checks))
    return _not_covered(subject, checked, checks, used)


def _not_covered(subject: Subject, checked: Checked, checks: Sequence[Check], used: Used | None) -> Proof:
    statements = (used,) if used else ()
    reasons = (checked.reason,)
    return Proof(subject.commit.oid, Class.RESIDUAL, statements, checked.standing, subject.paths, reasons, tuple(checks))
