"""The story of a job: which commits, what counts, what is proven, what is reviewed again, how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reviewer.ci import rows
from reviewer.ci.former import Former, Store
from reviewer.ci.reviewing import Reviewed, review
from reviewer.ci.rows import Done
from reviewer.ci.span import Commits, find
from reviewer.ci.standards import Asked, standards_at
from reviewer.ci.table import Table
from reviewer.errors import ExitCode, StorageError
from reviewer.forges.interface import Place
from reviewer.git import Git
from reviewer.judge import exit_code
from reviewer.records import Machine, Policy, Result, Verdict
from reviewer.report._summary import counted
from reviewer.review.interface import SILENT, Progress

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Request:
    """What a job is asked to do."""

    place: Place
    base: str = ""
    head: str = ""
    asked: Asked = field(default_factory=Asked)
    share: float = 0.05
    secret: bytes = field(default=b"", repr=False)
    budget: float = 900.0
    """Seconds for the models."""
    require_proof: bool = False
    state: Path | None = None
    """Folder of what former runs have looked at; None keeps nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended."""

    table: Table
    code: ExitCode
    stops: tuple[str, ...]
    """Why it did not pass, in words."""

    @property
    def verdict(self) -> Verdict:
        return self.table.verdict


def run(git: Git, request: Request, machine: Machine, progress: Progress = SILENT) -> Outcome:
    """Do the job.

    Raises:
        UsageError, ConfigError: the request or the target's settings make no sense.
        GitError: this clone lacks something.
        StorageError: there is no room.
    """
    commits = find(git, request.place, request.base, request.head)
    standards = standards_at(git, commits, request.asked)
    store = Store(request.state, standards.policy.digest, request.secret) if request.state else None
    progress.step(f"verifying {len(commits.oids)} commits")
    former = store.read(git, commits) if store else Former()
    known = rows.rows_of(git, commits, standards, former, request.share, request.secret)
    again = frozenset(path for row in known for path in row.again)
    reviewed = review(git, commits, standards, again, former, machine, request.budget, progress)
    done = tuple(rows.done(row, reviewed.fates) for row in known)
    said = [*former.remarks, *_kept(git, commits, store, reviewed), *_unproven(done)]
    verdict = replace(reviewed.verdict, notes=(*reviewed.verdict.notes, *said))
    table = Table(commits, done, verdict, standards.policy.digest)
    return Outcome(table, *_end(verdict, done, standards.policy, request))


def _unproven(done: Sequence[Done]) -> list[str]:
    """For the reports that have no table."""
    left = [one.row.proof.commit[:12] for one in rows.open_ones(done)]
    more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
    said = f"{counted(len(left), 'commit')} neither proven nor reviewed here: {', '.join(left[:_MOST_NAMED])}{more}"
    return [said] if left else []


def _kept(git: Git, commits: Commits, store: Store | None, reviewed: Reviewed) -> list[str]:
    """Keep what was looked at; that this fails is worth a note, and nothing more."""
    if store is None or not reviewed.looked or reviewed.verdict.result is Result.BLOCK:
        return []
    try:
        store.write(git, commits, reviewed.looked, reviewed.said)
    except StorageError as error:
        return [f"the next run will look at everything again: {error}"]
    return []


def _end(verdict: Verdict, done: Sequence[Done], policy: Policy, request: Request) -> tuple[ExitCode, tuple[str, ...]]:
    code, stops = exit_code(verdict), []
    if code is ExitCode.BLOCK:
        stops.append("the reviewers found what the settings block")
    if code is ExitCode.UNABLE:
        stops.append('a reviewer failed, and the settings want a complete review (on_error = "block")')
    unproven = rows.open_ones(done)
    if unproven and rows.demands_proof(policy, asked=request.require_proof):
        who = "--require-proof" if request.require_proof else 'the settings (attest.pre_push = "block")'
        stops.append(f"{counted(len(unproven), 'commit')} neither proven nor reviewed here, and proof is wanted by {who}")
        code = ExitCode.BLOCK
    return code, tuple(stops)
