"""From a review in the ledger to two trailers in a commit message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reviewer.attest import attempt, delta, ledger, message, trailer
from reviewer.attest.sign import sign
from reviewer.attest.sshsig import fingerprint
from reviewer.attest.statement import signed_bytes
from reviewer.attest.trailer import Attested
from reviewer.errors import AttestError, StorageError
from reviewer.git import Git
from reviewer.objects.command import CommandReader
from reviewer.occasion import Occasion, staged_tree
from reviewer.records.statement import Statement


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a commit message."""

    attested: Attested | None
    reason: str
    """In words why there is no attestation; empty if there is one."""

    @property
    def told(self) -> str:
        """One line for the committer."""
        if self.attested is None:
            return f"this commit is not attested: {self.reason}"
        result, signature = self.attested.statement.result.value, self.attested.signature
        if signature is None:
            return f"attested {result}, unsigned ({self.attested.unsigned})"
        return f"attested {result}, signed with {fingerprint(signature.key_digest)}"


def attest(git: Git, occasion: Occasion, file: Path, repository: str) -> Outcome:
    """Add the trailers for the commit that is being made to its message, if its change was reviewed.

    Args:
        file: the commit message; replaced whole, or byte-identical in the end.
        repository: the repository's own id, `Policy.repository` of the policy that governs the change.

    Raises:
        GitError, ToolError, StorageError: nothing was written.
    """
    recorded = attempt.recorded(git, occasion)
    tree = staged_tree(git)
    reason = _hindrance(occasion, recorded, tree)
    statement = None if reason else ledger.recall(git, occasion.base_tree, tree)
    if statement is None:
        return Outcome(None, reason or "exactly this change was not reviewed")
    original = _read(file)
    old = trailer.stripped(original)
    if message.is_abandoned(git, old, occasion.call):
        return Outcome(None, "its message is empty")
    attested = _signed(git, statement, repository)
    trailers = trailer.trailers(attested)
    prefix = message.comment_prefix(git, old)
    if any(line.encode("ascii").startswith(prefix) for text in trailers for line in text.split("\n")):
        return Outcome(None, f"git would take its trailers for comments (they start with {prefix.decode('utf-8', 'replace')!r})")
    message.write(file, message.with_trailers(git, old, trailers))
    return Outcome(attested, "")


def _hindrance(occasion: Occasion, recorded: str | None, tree: str) -> str:
    if occasion.merge:
        return "it is a merge, and no attestation covers a merge"
    if recorded not in (None, tree):
        return "what is staged changed while the message was written"
    return ""


def _signed(git: Git, statement: Statement, repository: str) -> Attested:
    change = delta.between(CommandReader(git), statement.base, statement.tree)
    try:
        return Attested(statement, sign(git, signed_bytes(statement, change, repository)))
    except AttestError as error:
        return Attested(statement, None, error.what)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read the commit message: {error.strerror}", where=str(file)) from error
