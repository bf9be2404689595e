"""The story of a job: which commits, what counts, what is proven, what is reviewed again, how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from reviewer.attest import vsa, waiving
from reviewer.attest.sshsig import fingerprint
from reviewer.ci import generated, misses, rows
from reviewer.ci.folder_shelf import FolderShelf
from reviewer.ci.former import Former, Mark, Store
from reviewer.ci.generated import Rulings
from reviewer.ci.notes_shelf import NotesShelf, notes_shelf
from reviewer.ci.reviewing import Reviewed, review
from reviewer.ci.rows import Done
from reviewer.ci.span import Commits, find
from reviewer.ci.standards import Asked, standards_at
from reviewer.ci.table import Table
from reviewer.errors import AttestError, ExitCode, GitError, StorageError
from reviewer.forges.interface import Place
from reviewer.git import Git
from reviewer.judge import exit_code
from reviewer.records import Machine, Policy, Result, Verdict, printable
from reviewer.records.policy import Waived
from reviewer.report._summary import counted
from reviewer.review.interface import SILENT, Progress

_MOST_NAMED = 10

_VERIFIER = "urn:hunkgate:verifier:ci"


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
    """Folder of what former runs have looked at; None keeps nothing there."""
    summaries: bool = False
    """Keep it in a ref of notes instead, signed by git's signing key of this machine."""
    forgiven: tuple[str, ...] = ()
    """Keys (sha256, hex) whose marks are forgotten before anything else."""


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
    store = _store(git, request, standards.policy)
    if store:
        for key in request.forgiven:
            store.shelf.forgive(key)
    progress.step(f"verifying {len(commits.oids)} commits")
    former = store.read(git, commits) if store else Former()
    known = rows.rows_of(git, commits, standards, former, request.share, request.secret)
    again = frozenset(path for row in known for path in row.again)
    wanted = frozenset(path for row in known for path in row.generated)
    reviewed = review(git, commits, standards, again, wanted, former, machine, request.budget, progress)
    done = tuple(rows.done(row, reviewed.fates, reviewed.generated) for row in known)
    rulings = Rulings({row.proof.commit: row.ruling for row in known})
    code, stops = _end(reviewed.verdict, done, standards.policy, request, rulings)
    passed = code is ExitCode.OK and not rows.open_ones(done) and not rows.unmet_ones(done)
    marks = misses.marks_of(git, known, reviewed.verdict, standards, machine, progress)
    said = [
        *former.remarks,
        *_waived(reviewed.verdict, standards.policy),
        *_marked(marks, store),
        *_unproven(done),
        *_unmet(done),
    ]
    said += generated.remarks(rulings, standards.policy)
    said += _kept(git, commits, store, reviewed, passed=passed)
    verdict = replace(reviewed.verdict, notes=(*reviewed.verdict.notes, *said))
    return Outcome(Table(commits, done, verdict, standards.policy.digest), code, stops)


def _store(git: Git, request: Request, policy: Policy) -> Store | None:
    """Where runs keep what they looked at; None if nowhere.

    Raises:
        AttestError: it has to be signed, and there is no key.
    """
    if request.summaries:
        now = datetime.now(timezone.utc).replace(microsecond=0)
        setting = vsa.Setting(_VERIFIER, f"urn:hunkgate:repository:{policy.repository}", policy.digest, now)
        return Store(notes_shelf(git, setting), policy.digest)
    return Store(FolderShelf(request.state, request.secret), policy.digest) if request.state else None


def _marked(marks: Sequence[Mark], store: Store | None) -> list[str]:
    """Remember the keys that attested what blocks; in words what that means."""
    said = []
    for mark in marks:
        place = f"{mark.rule} in {printable(mark.path)}"
        what = "all its commits are looked at again from now on" if store else "nothing is kept of this (--no-state)"
        said.append(f"{fingerprint(mark.key)} attested commit {mark.commit[:12]}, in which {place} blocks: {what}")
        try:
            if store is not None:
                store.shelf.mark(mark)
        except (StorageError, AttestError, GitError) as error:
            said.append(f"the next run will not know that: {error}")
    return said


def _unproven(done: Sequence[Done]) -> list[str]:
    """For the reports that have no table."""
    left = [one.row.proof.commit[:12] for one in rows.open_ones(done)]
    more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
    said = f"{counted(len(left), 'commit')} neither proven nor reviewed here: {', '.join(left[:_MOST_NAMED])}{more}"
    return [said] if left else []


def _unmet(done: Sequence[Done]) -> list[str]:
    """For the reports that have no table."""
    left = rows.unmet_ones(done)
    paths = dict.fromkeys(printable(path) for one in left for path in one.unmet)
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    reasons = "; ".join(dict.fromkeys(reason for one in left for reason in one.unmet.values()))
    named = ", ".join([*paths][:_MOST_NAMED])
    return [f"generated lines NOT reviewed as the settings want it (generated.review): {named}{more}: {reasons}"] if left else []


def _waived(verdict: Verdict, policy: Policy) -> list[str]:
    """What the settings want to be said of waivers that the change brings along. The report has their reasons."""
    own = waiving.own_of(verdict.findings, policy) if policy.waived is not Waived.ALLOW else ()
    places = ", ".join(f"{waiver.rule} in {printable(waiver.path)}:{waiver.line}" for waiver in own[:_MOST_NAMED])
    more = f" and {len(own) - _MOST_NAMED} more" if len(own) > _MOST_NAMED else ""
    return [f"{counted(len(own), 'finding')} that would block, waived by these commits themselves: {places}{more}"] if own else []


def _kept(git: Git, commits: Commits, store: Store | None, reviewed: Reviewed, *, passed: bool) -> list[str]:
    """Keep what was looked at; that this fails is worth a note, and nothing more. A signed summary says how the run ended, too,
    whatever was looked at."""
    blocked = reviewed.verdict.result is Result.BLOCK
    looked, said = (frozenset[bytes](), ()) if blocked else (reviewed.looked, reviewed.said)
    if store is None or not (looked or isinstance(store.shelf, NotesShelf)) or not commits.oids:
        return []
    try:
        store.write(git, commits, looked, said, passed=passed)
    except (StorageError, AttestError, GitError) as error:
        return [f"the next run will look at everything again: {error}"]
    return []


def _end(
    verdict: Verdict, done: Sequence[Done], policy: Policy, request: Request, rulings: Rulings
) -> tuple[ExitCode, tuple[str, ...]]:
    code, stops = exit_code(verdict), []
    if code is ExitCode.BLOCK:
        stops.append("the reviewers found what the settings block")
    if code is ExitCode.UNABLE:
        stops.append('a reviewer failed, and the settings want a complete review (on_error = "block")')
    if policy.waived is Waived.BLOCK and waiving.own_of(verdict.findings, policy):
        stops.append('these commits waive what blocks, and no such waiver counts here (attest.waived = "block")')
        code = ExitCode.BLOCK
    unproven = rows.open_ones(done)
    if unproven and rows.demands_proof(policy, asked=request.require_proof):
        who = "--require-proof" if request.require_proof else 'the settings (attest.pre_push = "block")'
        stops.append(f"{counted(len(unproven), 'commit')} neither proven nor reviewed here, and proof is wanted by {who}")
        code = ExitCode.BLOCK
    unmet = rows.unmet_ones(done)
    if unmet and rows.demands_proof(policy, asked=request.require_proof):
        stops.append(f"{counted(len(unmet), 'commit')} with generated lines not reviewed as the settings want it")
        code = ExitCode.BLOCK
    more = list(generated.stops(rulings, policy))
    return (ExitCode.BLOCK if more else code), (*stops, *more)
