"""From a review in the ledger to trailers in a commit message, or to a line that waits to be noted beside the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.attest import attempt, delta, envelope, ledger, message, trailer, waiting
from reviewer.attest.delta import Delta
from reviewer.attest.envelope import Envelope
from reviewer.attest.generated import NOTHING, Assisted, Counted, digest_of, fitting
from reviewer.attest.sign import sign
from reviewer.attest.sshsig import fingerprint
from reviewer.attest.statement import signed_bytes
from reviewer.attest.trailer import Attested
from reviewer.attest.waiting import Waiting
from reviewer.errors import AttestError, StorageError
from reviewer.git import Git
from reviewer.objects.command import CommandReader
from reviewer.occasion import Occasion, staged_tree
from reviewer.records import Policy
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


def attest(git: Git, occasion: Occasion, file: Path, policy: Policy, marks: Sequence[Assisted] = ()) -> Outcome:
    """Attest the commit that is being made, if its change was reviewed: in its message, or in a line that is noted as soon as
    the commit is there, as the policy says.

    Args:
        file: the commit message; replaced whole, or byte-identical in the end.
        policy: the one that governs the change.
        marks: what was generated of it; see `assisted.marked`. Only if it was counted (`Counted`), and the policy asks, is it
            attested that nothing was.

    Raises:
        GitError, ToolError, StorageError: nothing was written.
    """
    recorded = attempt.recorded(git, occasion.attempt)
    waiting.forget(git, occasion.attempt)
    tree = staged_tree(git)
    reason = _hindrance(occasion, recorded, tree)
    statement = None if reason else ledger.recall(git, occasion.base_tree, tree)
    if statement is None:
        return Outcome(None, reason or "exactly this change was not reviewed")
    original = _read(file)
    old = trailer.stripped(original)
    if message.is_abandoned(git, old, occasion.call):
        return Outcome(None, "its message is empty")
    change = delta.between(CommandReader(git), statement.base, statement.tree)
    waivers = ledger.waivers_of(git, statement)
    if bool(waivers) != bool(statement.waiver):
        return Outcome(None, "what was waived is not known any more: review again")
    shares = tuple(sorted((fitting(mark) for mark in marks), key=lambda mark: mark.by))
    nothing = NOTHING if isinstance(marks, Counted) and policy.asks_for_provenance else ""
    statement = replace(statement, generated=digest_of(shares) or nothing)
    attested = replace(_signed(git, statement, change, policy.repository), waivers=waivers, generated=shares)
    new = _with_trailers(git, old, attested) if policy.store.in_message else old
    if isinstance(new, str):
        return Outcome(None, new)
    if attested.signature is None and not policy.store.in_message:
        return Outcome(None, f"a note has to be signed ({attested.unsigned})")
    line = _line(git, attested, change, policy) if policy.store.in_notes else b""
    _keep(git, occasion, Waiting(tree, statement.base, line), file, new if new != original else None)
    return Outcome(attested, "")


def _with_trailers(git: Git, old: bytes, attested: Attested) -> bytes | str:
    """The message with the trailers; in words why git would not keep them."""
    trailers = trailer.trailers(attested)
    prefix = message.comment_prefix(git, old)
    if any(line.encode("ascii").startswith(prefix) for text in trailers for line in text.split("\n")):
        return f"git would take its trailers for comments (they start with {prefix.decode('utf-8', 'replace')!r})"
    return message.with_trailers(git, old, trailers)


def _line(git: Git, attested: Attested, change: Delta, policy: Policy) -> bytes:
    if attested.signature is None:
        return b""
    made = Envelope(attested.statement, change, policy.repository, attested.signature, attested.waivers, attested.generated)
    return envelope.write(made, ledger.findings_of(git, attested.statement))


def _keep(git: Git, occasion: Occasion, kept: Waiting, file: Path, new: bytes | None) -> None:
    """What the later hooks need first: a message that says "attested" must not be left behind without it."""
    waiting.save(git, occasion.attempt, kept)
    try:
        if new is not None:
            message.write(file, new)
    except StorageError:
        waiting.forget(git, occasion.attempt)
        raise


def _hindrance(occasion: Occasion, recorded: str | None, tree: str) -> str:
    if occasion.merge:
        return "it is a merge, and no attestation covers a merge"
    if recorded not in (None, tree):
        return "what is staged changed while the message was written"
    return ""


def _signed(git: Git, statement: Statement, change: Delta, repository: str) -> Attested:
    try:
        return Attested(statement, sign(git, signed_bytes(statement, change, repository)))
    except AttestError as error:
        return Attested(statement, None, error.what)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read the commit message: {error.strerror}", where=str(file)) from error
