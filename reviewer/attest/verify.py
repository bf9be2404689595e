"""What a commit's attestations prove about it, told from the commit alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from reviewer import config
from reviewer.attest import delta
from reviewer.attest.sshsig import fingerprint
from reviewer.attest.statement import signed_bytes
from reviewer.attest.trailer import Attested, Refused, found
from reviewer.attest.trust import Checked, Standing, Trust, trust_of
from reviewer.config.versions import recorded
from reviewer.errors import ConfigError, GitError
from reviewer.git import EMPTY_TREE, Git
from reviewer.objects.interface import CommitObject, ObjectReader, TreeChange
from reviewer.records.statement import Statement

_FORM = "is the attestation well-formed"
_BASE = "was it reviewed on the parent's tree"
_TREE = "is the reviewed tree the commit's"
_SIGNED = "is it signed by a key that counts here"


class Class(str, Enum):
    """How an attestation covers a commit. This version tells EXACT from everything else."""

    EXACT = "EXACT"
    """(base tree, tree) are those that were reviewed."""
    DELTA = "DELTA"
    COMPOSED = "COMPOSED"
    REPLAY = "REPLAY"
    CLEAN_MERGE = "CLEAN-MERGE"
    RESIDUAL = "RESIDUAL"
    """Anything else: somebody has to look at the paths."""


_RANK = (Standing.VALID, Standing.UNSIGNED, Standing.UNTRUSTED, Standing.REVOKED, Standing.INVALID, Standing.NONE)
"""Of several attestations the one that proves most counts."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a commit, and its answer."""

    question: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven about one commit."""

    commit: str
    klass: Class
    statement: Statement | None
    """Of the attestation that covers it; None if none does."""
    standing: Standing
    fingerprint: str
    """Of the key that signed, as OpenSSH prints it; empty if none did."""
    principal: str
    residual: tuple[bytes, ...]
    """Paths that are not proven: all of the commit unless it is EXACT with a signature that counts."""
    reasons: tuple[str, ...]
    """Why it is not proven; empty if it is."""
    checks: tuple[Check, ...]

    @property
    def proven(self) -> bool:
        """EXACT, signed by a key that counts here."""
        return self.klass is Class.EXACT and self.standing is Standing.VALID


@dataclass(frozen=True, slots=True)
class _Change:
    """A commit, and how it differs from its first parent."""

    commit: CommitObject
    base: str
    entries: tuple[TreeChange, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """What commits are measured by.

    Args:
        repository: the repository's own id, from the verifier's own policy.
        former: from a base tree to further ids under which a change of it may have been signed; None where only `repository`
            counts. They come from the policy in the base tree itself, which is part of what was reviewed, so this opens no
            way for an attestation of another repository.
    """

    reader: ObjectReader
    trust: Trust
    repository: str
    former: Callable[[str], Sequence[str]] | None = None

    def verify(self, oid: str) -> Proof:
        """What is proven about a commit.

        Args:
            oid: full.

        Raises:
            GitError: the commit is not here.
            ToolMissingError: a signature has to be checked and there is no ssh-keygen.
        """
        commit = self.reader.commit(oid)
        base = self._base(commit)
        change = _Change(commit, base or _empty(commit.tree), self.reader.tree_changes(base or _empty(commit.tree), commit.tree))
        if base is None:
            return _residual(change, "its parent is not in this repository (a shallow clone)")
        if len(commit.parents) > 1:
            return _residual(change, "it is a merge, and no attestation covers a merge")
        return self._best(change)

    def _best(self, change: _Change) -> Proof:
        """The most that any of the commit's attestations proves."""
        proofs = [self._proof_of(item, change) for item in found(change.commit.message)]
        if not proofs:
            return _residual(change, "it has no attestation")
        best = min(proofs, key=lambda proof: _RANK.index(proof.standing))
        if best.proven:
            return best
        others = tuple(reason for proof in proofs if proof is not best for reason in proof.reasons)
        return replace(best, reasons=tuple(dict.fromkeys(best.reasons + others)))

    def _proof_of(self, item: Attested | Refused, change: _Change) -> Proof:
        if isinstance(item, Refused):
            what = f"the attestation at line {item.line} of its message is refused: {item.reason}"
            return _proof(change, Checked(Standing.INVALID, "", what), [Check(_FORM, False, f"line {item.line}: {item.reason}")])
        statement, tree = item.statement, change.commit.tree
        checks = [
            Check(_FORM, True, f"{statement.result.value}, {statement.engine}"),
            Check(_BASE, statement.base == change.base, f"reviewed {statement.base}, parent {change.base}"),
            Check(_TREE, statement.tree == tree, f"reviewed {statement.tree}, commit {tree}"),
        ]
        if not all(check.passed for check in checks):
            return _proof(change, Checked(Standing.NONE, "", "its attestation is for another change"), checks)
        checked = self._checked(item, change)
        checks.append(Check(_SIGNED, checked.standing is Standing.VALID, checked.reason or checked.principal))
        return _proof(change, checked, checks, item)

    def _checked(self, item: Attested, change: _Change) -> Checked:
        if item.signature is None:
            return Checked(Standing.UNSIGNED, "", f"its attestation is unsigned: {item.unsigned}")
        whole = delta.of_changes(self.reader, change.entries, sha1=delta.is_sha1(change.base))
        checked = self.trust.check(item.signature, signed_bytes(item.statement, whole, self.repository))
        if checked.standing is not Standing.INVALID or self.former is None:
            return checked
        for repository in self.former(change.base):
            again = self.trust.check(item.signature, signed_bytes(item.statement, whole, repository))
            if again.standing is not Standing.INVALID:
                return again
        return checked

    def _base(self, commit: CommitObject) -> str | None:
        """Tree of the first parent, the empty tree for a root commit, None if the parent is not here."""
        if not commit.parents:
            return _empty(commit.tree)
        try:
            return self.reader.commit(commit.parents[0]).tree
        except GitError:
            return None


def local_verifier(git: Git, reader: ObjectReader, repository: str) -> Verifier:
    """A verifier for the repository's own user: git's settings say whom to trust, the policies of the history count."""

    def former(base: str) -> Sequence[str]:
        try:
            known = config.load_policy(git, base).policy.repository
            unset = recorded(git, base).base.document() is None
        except ConfigError:
            return ()
        return (known, "") if unset else (known,)

    return Verifier(reader, trust_of(git), repository, former)


def _empty(tree: str) -> str:
    return EMPTY_TREE[len(tree)]


def _residual(change: _Change, reason: str) -> Proof:
    return _proof(change, Checked(Standing.NONE, "", reason), [Check("can an attestation cover it", False, reason)])


def _proof(change: _Change, checked: Checked, checks: Sequence[Check], item: Attested | None = None) -> Proof:
    """EXACT takes a statement about exactly this change, and a signature that counts, or openly none."""
    exact = item is not None and checked.standing in (Standing.VALID, Standing.UNSIGNED)
    signature = item.signature if item else None
    paths = tuple(entry.path for entry in change.entries)
    return Proof(
        commit=change.commit.oid,
        klass=Class.EXACT if exact else Class.RESIDUAL,
        statement=item.statement if item and exact else None,
        standing=checked.standing,
        fingerprint=fingerprint(signature.key_digest) if signature else "",
        principal=checked.principal,
        residual=() if exact and checked.standing is Standing.VALID else paths,
        reasons=(checked.reason,) if checked.reason else (),
        checks=tuple(checks),
    )
