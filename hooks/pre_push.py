"""pre-push: say which of the commits that are about to be pushed are not proven."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer import config
from reviewer.attest.verify import Proof, local_verifier
from reviewer.commands.verify import summary
from reviewer.errors import ExitCode, HunkgateError
from reviewer.git import Git
from reviewer.objects import ObjectReader
from reviewer.objects.command import CommandReader
from reviewer.records import Policy, PrePush
from reviewer.report._streams import complain

_SHOWN = 20
"""Commits named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Update:
    """One ref that is being pushed."""

    ref: str
    new: str
    """Oid; zeros if the ref is being deleted."""
    old: str
    """Oid that the remote has; zeros if it has none."""


def run(args: list[str]) -> int:
    """0 lets the push go on, 1 stops it.

    Args:
        args: name and address of the remote; the name is the address if it has none. Standard input has a line for each ref.

    Raises:
        ConfigError: the policy is malformed.
    """
    git = Git()
    policy = config.load_policy(git).policy
    if policy.pre_push is PrePush.OFF:
        return ExitCode.OK
    try:
        said = _unproven(git, policy, _remote(args))
    except HunkgateError as error:
        said = f"hunkgate: cannot tell which commits are proven to be reviewed: {error}\n" + (
            f"  {error.todo}\n" if error.todo else ""
        )
    complain(said)
    if not said or policy.pre_push is PrePush.WARN:
        return ExitCode.OK
    complain("hunkgate: the policy (attest.pre_push) stops this push. 'hunkgate verify REV --explain' says more of a commit.\n")
    return ExitCode.BLOCK


def _unproven(git: Git, policy: Policy, remote: str) -> str:
    """What there is to say about the commits that standard input tells of; empty if all are proven."""
    oids = list(dict.fromkeys(oid for update in _updates() for oid in _pushed(git, update, remote)))
    unproven = [proof for proof in local_verifier(git, policy.repository).verify_all(oids) if not proof.proven]
    return _report(unproven, len(oids)) if unproven else ""


def _remote(args: Sequence[str]) -> str:
    """The remote's name; empty if it has none, and so no remote-tracking branches."""
    name = args[0] if args else os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    address = args[1] if len(args) > 1 else os.environ.get("PRE_COMMIT_REMOTE_URL", "")
    return "" if name == address else name


def _updates() -> Iterator[Update]:
    """What git says on standard input: "<local ref> <local oid> <remote ref> <remote oid>". pre-commit reads that itself and
    passes one ref on in variables."""
    lines = sys.stdin.buffer.read().split(b"\n") if sys.stdin else []
    for line in lines:
        words = os.fsdecode(line).split(" ")
        if len(words) == 4:
            yield Update(words[2], words[1], words[3])
    to = os.environ.get("PRE_COMMIT_TO_REF")
    if not any(lines) and to:
        yield Update(os.environ.get("PRE_COMMIT_REMOTE_BRANCH", ""), to, os.environ.get("PRE_COMMIT_FROM_REF", ""))


def _pushed(git: Git, update: Update, remote: str) -> Sequence[str]:
    """The commits that the remote gets by one update. A tag counts as its commit; other objects have nothing to prove."""
    # Notes are kept in commits, too, but these have nothing to be reviewed.
    notes = update.ref.startswith("refs/notes/")
    tip = git.commit_of(update.new) if update.new.strip("0") and not notes else None
    if tip is None:
        return ()
    reader: ObjectReader = CommandReader(git)
    old = git.commit_of(update.old) if update.old.strip("0") else None
    # What the remote has may never have been fetched: then its branches, as last seen, are what is old.
    return reader.commits(f"{old}..{tip}") if old else reader.new_commits(tip, remote)


def _report(unproven: Sequence[Proof], total: int) -> str:
    lines = [f"hunkgate: {len(unproven)} of {total} commits to be pushed are not proven to be reviewed"]
    lines += [f"  {summary(proof)}" for proof in unproven[:_SHOWN]]
    if len(unproven) > _SHOWN:
        lines.append(f"  and {len(unproven) - _SHOWN} more")
    return "\n".join(lines) + "\n"
