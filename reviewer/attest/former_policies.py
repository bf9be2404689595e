"""The policies of a target that were replaced a short time ago: reviews under them count for as long as its present one says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from reviewer import config
from reviewer.attest.requirements import parse_age
from reviewer.config.versions import OWN, SHARED, recorded
from reviewer.errors import ConfigError
from reviewer.git import Git
from reviewer.records import Policy

_MOST = 200
"""Commits that touched a file with settings, and are looked at."""


def in_grace(git: Git, start: str, policy: Policy, now: datetime) -> frozenset[str]:
    """Digests (`Policy.digest`) of former policies under which a review still counts.

    When a policy was replaced is the committer's date of the commit on the target's first-parent line that did it: whoever may
    change the policy could as well change `attest.grace`.

    Args:
        start: oid of the target's tip before what is verified; empty if there is none.
        policy: the present one. Only its own `grace` counts.
        now: when what is verified was received.

    Raises:
        GitError
    """
    if not policy.grace or not start:
        return frozenset()
    since = now - parse_age(policy.grace)
    return frozenset(_former(git, start, since)) - {policy.digest}


def _former(git: Git, start: str, since: datetime) -> Iterator[str]:
    words = ("--first-parent", "--no-show-signature", "--format=%H %ct", f"--max-count={_MOST}", start, "--", OWN, SHARED)
    for line in git.run("log", *words).decode("ascii").split("\n"):
        commit, _, seconds = line.partition(" ")
        if not seconds or datetime.fromtimestamp(int(seconds), timezone.utc) < since:
            return
        tree = git.tree_of(f"{commit}^1")
        if tree is not None:
            yield from _digest_in(git, tree)


def _digest_in(git: Git, tree: str) -> Iterator[str]:
    """That of the settings in a tree; of the defaults if there are none."""
    try:
        # Without settings in the tree those of the work tree would be asked.
        unset = recorded(git, tree).base.document() is None
        yield Policy().digest if unset else config.load_policy(git, tree).policy.digest
    except ConfigError:
        # Nobody was reviewed under settings that cannot be read.
        return
