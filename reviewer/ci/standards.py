"""What the commits are measured by: the target's settings, signers and revoked keys, or files of the server's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from reviewer.attest import notes
from reviewer.attest.former_policies import in_grace
from reviewer.attest.requirements import Requirements, worth
from reviewer.attest.session import Sources
from reviewer.attest.target import MAX_FURTHER, Options, policies_at, trust_at
from reviewer.attest.trust import ALLOWED_SETTING, REVOKED_SETTING, KeyFile, Trust
from reviewer.attest.verify import Verifier
from reviewer.ci import places
from reviewer.ci.span import Commits
from reviewer.errors import UsageError
from reviewer.git import Git
from reviewer.records import Policy


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    signers: Path | None = None
    revoked: Path | None = None
    """Instead of the target's own files (`reviewer.attest.target.TEAM_FILES`)."""
    engine_minimum: str = ""
    max_age: timedelta | None = None
    statements_from: Sequence[str] = ()
    notes: Sequence[str] = (notes.REF,)

    @property
    def files(self) -> Mapping[str, Path | None]:
        """By git's name for each."""
        return {ALLOWED_SETTING: self.signers, REVOKED_SETTING: self.revoked}


@dataclass(frozen=True, slots=True)
class Standards:
    """What counts."""

    policy: Policy
    tree: str
    """Oid of the target's tree: its rules and dismissals count."""
    verifier: Verifier
    notes: tuple[str, ...]
    """Refs of notes."""
    remarks: tuple[str, ...]
    """What the reader should know, in words."""


def standards_at(git: Git, commits: Commits, asked: Asked) -> Standards:
    """What counts for a range.

    Raises:
        ConfigError: the target's settings are malformed.
        UsageError: a revision does not exist.
    """
    policies = policies_at(git, [commits.base])
    tree = git.tree_of(commits.base)
    assert tree is not None, "every commit has a tree"
    policy = policies[0] if policies else Policy()
    trust = _trust(git, commits, asked)
    digests = frozenset(policy.digest for policy in policies) or None
    now = datetime.now(timezone.utc)
    grace = in_grace(git, commits.base, policy, now) if policies else frozenset[str]()
    words = (asked.engine_minimum, asked.max_age, now, worth(policies), grace)
    requirements = Requirements(digests, commits.base[:12], *words)
    further = [_further(git, commits, revision) for revision in asked.statements_from]
    # Nothing of what is verified has a say here, not even where the target has no settings.
    verifier = Verifier(git, trust, (policy.repository,), requirements, sources=Sources(further, tuple(asked.notes)))
    return Standards(policy, tree, verifier, tuple(asked.notes), tuple(_remarks(bool(policies), trust, commits)))


def _further(git: Git, commits: Commits, revision: str) -> tuple[str, ...]:
    """Oids of what a revision has that the target has not, parents before children."""
    oid = git.commit_of(revision)
    if oid is None:
        raise UsageError(f"there is no commit {revision!r}", where="--statements-from", todo="Fetch it, or leave it out.")
    words = ("--topo-order", "--reverse", f"--max-count={MAX_FURTHER}", oid, "--not", commits.base, "--")
    return tuple(git.run("rev-list", *words).decode("ascii").split())


def _trust(git: Git, commits: Commits, asked: Asked) -> Trust:
    """Whose signature counts: by the target's files, or by those of the server."""
    inside = {setting: places.inside(git, file) if file else None for setting, file in asked.files.items()}
    outside = [file if inside[setting] is None else None for setting, file in asked.files.items()]
    trust = trust_at(git, commits.span, Options(allowed=outside[0], revoked=outside[1], of_the_team=True))
    # What lies in the work tree came with the commits: its version at the target counts.
    files = {
        setting: KeyFile(f"{path} of the target", git.file_at(commits.base, path)) for setting, path in inside.items() if path
    }
    if ALLOWED_SETTING in files:
        trust = replace(trust, allowed=files[ALLOWED_SETTING])
    return replace(trust, revoked=(files[REVOKED_SETTING],)) if REVOKED_SETTING in files else trust


def _remarks(has_policy: bool, trust: Trust, commits: Commits) -> list[str]:
    said = []
    if not has_policy:
        said.append(f"the target ({commits.target}) has no settings: the defaults count, and any policy in an attestation")
    missing = [file for file in (trust.allowed, *trust.revoked) if file is not None and file.content is None]
    said += [f"nobody is trusted: {file.name} is missing" for file in missing]
    return said
