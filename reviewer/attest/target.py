"""What a range of commits is measured by: the policy and the files about keys as they were before it.

A push must not bring the policy or the signers that judge it, so what counts is the commit that the range starts from (the tip
of the target before the push), or the first parent of a single commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from reviewer import config
from reviewer.attest import notes, settings
from reviewer.attest.former_policies import in_grace
from reviewer.attest.requirements import Requirements, worth
from reviewer.attest.session import Sources
from reviewer.attest.trust import (
    ALLOWED_SETTING,
    REVOKED_SETTING,
    KeyFile,
    Trust,
    configured_file,
    distrusted,
    key_file,
    trust_of,
)
from reviewer.attest.verify import Verifier, ids_of_history
from reviewer.config.versions import recorded
from reviewer.errors import UsageError
from reviewer.git import Git
from reviewer.objects.interface import missing
from reviewer.records import Policy

TEAM_FILES = {ALLOWED_SETTING: ".hunkgate/allowed_signers", REVOKED_SETTING: ".hunkgate/revoked_keys"}
"""Where a team keeps in its repository what git's settings name."""

MAX_FURTHER = 10_000
"""Commits of one further revision whose messages are read."""


@dataclass(frozen=True, slots=True)
class Span:
    """The commits to verify."""

    text: str
    """As it was asked for."""
    start: str
    """Oid of the commit that they start from; empty if they start from nothing (a root commit)."""
    tip: str
    """Oid of the last of them."""
    is_range: bool


@dataclass(frozen=True, slots=True)
class Options:
    """What to verify by, where it is not what git's settings and the start of the range say."""

    statements_from: Sequence[str] = ()
    """Further revisions whose messages may hold statements: what they have that the start of the range has not."""
    notes: Sequence[str] = (notes.REF,)
    """Refs of notes."""
    policy_from: Sequence[str] = ()
    """Revisions whose policies count."""
    at: datetime | None = None
    """When the commits were received; now if None."""
    engine_minimum: str = ""
    """Such as "hunkgate/0.2.0"."""
    max_age: timedelta | None = None
    allowed: Path | None = None
    """Instead of git's gpg.ssh.allowedSignersFile."""
    revoked: Path | None = None
    """Instead of git's gpg.ssh.revocationFile."""
    of_the_team: bool = False
    """Whether `TEAM_FILES`, as they are where the range starts, stand in for what git's settings name, and the user's own key
    counts for nothing: on a server."""


def span_of(git: Git, revision: str) -> Span:
    """What "REV" or "A..B" means.

    Raises:
        UsageError: there is no such commit.
    """
    if ".." not in revision:
        tip = _commit(git, revision)
        return Span(revision, git.commit_of(f"{tip}^1") or "", tip, is_range=False)
    found = git.completed("rev-parse", "--revs-only", "--end-of-options", revision, ok=range(256))
    # --end-of-options is echoed by git before 2.43
    words = [word for word in found.out.decode("ascii", "replace").split() if not word.startswith("--")]
    tips, starts = [word for word in words if word[0] != "^"], [word[1:] for word in words if word[0] == "^"]
    if found.code != 0 or not tips or not starts:
        raise _no_commit(revision)
    return Span(revision, _commit(git, starts[0]), _commit(git, tips[-1]), is_range=True)


def commits_of(git: Git, span: Span) -> tuple[str, ...]:
    """Oids of the commits, parents before children."""
    if not span.is_range:
        return (span.tip,)
    listed = git.run("rev-list", "--topo-order", "--reverse", "--end-of-options", span.text, "--")
    return tuple(listed.decode("ascii").split())


def verifier_for(git: Git, span: Span, options: Options) -> Verifier:
    """What measures the commits.

    Raises:
        ConfigError: the settings that count are malformed.
        UsageError: a revision does not exist, or has no settings.
    """
    policies = policies_at(git, options.policy_from or ([span.start] if span.start else []))
    if options.policy_from and not policies:
        what = f"there are no settings in {', '.join(options.policy_from)}"
        raise UsageError(what, todo="Name a revision that has a .hunkgate.toml.")
    at = options.at or datetime.now(timezone.utc)
    # Who names the policies names those in grace, too.
    grace = in_grace(git, span.start, policies[0], at) if policies and not options.policy_from else frozenset[str]()
    requirements = Requirements(
        frozenset(policy.digest for policy in policies) or None,
        ", ".join(options.policy_from) or span.start[:12],
        options.engine_minimum,
        options.max_age,
        at,
        worth(policies),
        grace,
    )
    # Where nothing was settled before, the settings that a commit here would be reviewed under are all there is.
    repositories = [policy.repository for policy in policies] or [config.load_policy(git).policy.repository]
    return Verifier(
        git,
        trust_at(git, span, options),
        tuple(dict.fromkeys(repositories)),
        requirements,
        former=None if policies else ids_of_history(git),
        sources=Sources(_further(git, span, options.statements_from), tuple(options.notes)),
    )


def _further(git: Git, span: Span, revisions: Sequence[str]) -> list[tuple[str, ...]]:
    """Oids of what each revision has that the start has not, parents before children."""
    found = []
    for revision in revisions:
        before = ["--not", span.start] if span.start else []
        listed = git.run("rev-list", "--topo-order", f"--max-count={MAX_FURTHER}", _commit(git, revision), *before, "--")
        found.append(tuple(reversed(listed.decode("ascii").split())))
    return found


def policies_at(git: Git, revisions: Sequence[str]) -> tuple[Policy, ...]:
    """The settings in the trees of revisions; those without any are left out.

    Raises:
        ConfigError: they are malformed.
        UsageError: there is no such revision.
    """
    return tuple(policy for revision in revisions for policy in _policy(git, revision))


def trust_at(git: Git, span: Span, options: Options) -> Trust:
    """Whose signature counts for a range.

    Raises:
        GitError
    """
    files: dict[str, Sequence[KeyFile]] = {}
    for setting, given in ((ALLOWED_SETTING, options.allowed), (REVOKED_SETTING, options.revoked)):
        if given:
            files[setting] = (key_file(given, str(given)),)
        else:
            files[setting] = _of_the_team(git, span, setting) if options.of_the_team else _before(git, span, setting)
    trust = trust_of(git, files=files, at=options.at)
    return replace(trust, own=None) if options.of_the_team else trust


def _of_the_team(git: Git, span: Span, setting: str) -> Sequence[KeyFile]:
    """The team's file as it is where the range starts. A team may have no revoked keys, but not no signers."""
    path = TEAM_FILES[setting]
    content = git.file_at(span.start, path) if span.start else None
    if content is None and setting == REVOKED_SETTING:
        return ()
    return (KeyFile(f"{path} at {span.start[:12] or 'no commit'}", content),)


def _policy(git: Git, revision: str) -> Iterator[Policy]:
    tree = git.tree_of(revision)
    if tree is None:
        raise missing(f"{_commit(git, revision)}^{{tree}}")
    if recorded(git, tree).base.document() is not None:
        yield config.load_policy(git, tree).policy


def _before(git: Git, span: Span, setting: str) -> Sequence[KeyFile]:
    """The file that git's settings name; as it was before the range, if it is a file of the repository.

    Revocations count from the day they are known, not from the start of the range: those of the present file are added.
    """
    files = configured_file(git, setting)
    path = _inside(git, setting)
    if not files or path is None:
        return files
    (file,) = files
    before = git.file_at(span.start, path) if span.start else None
    if before is not None:
        earlier = replace(file, content=before)
        is_more = setting == REVOKED_SETTING and file.content not in (None, before)
        return (earlier, file) if is_more else (earlier,)
    if git.file_at(span.tip, path) is not None:
        return (distrusted(file, "which the commits to be verified bring themselves,"),)
    return files


def _inside(git: Git, setting: str) -> str | None:
    """The file's path in the repository; None if it is elsewhere, or there is no work tree."""
    found = git.completed("rev-parse", "--show-toplevel", ok=(0, 128))
    name = settings.path(git, setting)
    if found.code != 0 or not name:
        return None
    top = Path(found.out.decode("utf-8", "surrogateescape").removesuffix("\n")).resolve()
    path = (git.folder / name).resolve()
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else None


def _commit(git: Git, revision: str) -> str:
    oid = git.commit_of(revision)
    if oid is None:
        raise _no_commit(revision)
    return oid


def _no_commit(revision: str) -> UsageError:
    return UsageError(f"there is no commit {revision!r}", todo="Name one that git log knows, or a range such as main..HEAD.")
