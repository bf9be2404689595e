"""The story: a change comes in, a verdict goes out.

classify -> route -> review (side by side) -> touched lines only, each problem once -> suppressions -> judge
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewer import judge, registry, route, rulebook
from reviewer.classify import classify_change
from reviewer.errors import HunkgateError, StorageError
from reviewer.intake.contents import Content, write_copies
from reviewer.records import Change, Finding, Machine, Policy, State, Verdict
from reviewer.review import _suppressions, _touched
from reviewer.review.interface import SILENT, Job, Outcome, PrivateFile, Progress, cover


_REMOVALS, _PAUSE = 40, 0.05
"""How often, and after how many seconds, a private folder is removed again that somebody still writes into."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to review, and how."""

    change: Change
    contents: Mapping[bytes, Content]
    policy: Policy
    machine: Machine
    reviewers: Sequence[str]
    notes: tuple[str, ...] = ()
    progress: Progress = SILENT


def review(request: Request) -> Verdict:
    """Review a change.

    Raises:
        StorageError: there is no room for the private copies.
    """
    started = time.monotonic()
    profiles = classify_change(request.change)
    readable = frozenset(request.contents)
    plan = route.plan(request.change, profiles, request.policy, reviewers=request.reviewers, readable=readable)
    with _private_folder() as folder:
        files = _private_files(folder, request)
        jobs = {
            name: Job(
                hunks, files, folder, profiles, request.policy, request.machine, started + request.policy.budget, request.progress
            )
            for name, hunks in plan.assigned.items()
            if hunks
        }
        outcomes = _side_by_side(jobs)
    coverage = [entry for outcome in outcomes for entry in outcome.coverage]
    coverage += plan.left_out
    findings, dropped = _settled(outcomes, request)
    judged = judge.judge(findings, request.policy)
    return Verdict(
        result=judge.result(judged, coverage),
        change=request.change,
        policy=request.policy,
        findings=judged,
        coverage=tuple(coverage),
        profiles=profiles,
        dropped=dropped,
        identities={key: value for outcome in outcomes for key, value in outcome.identities.items()},
        seconds=time.monotonic() - started,
        notes=request.notes + tuple(note for outcome in outcomes for note in outcome.notes),
    )


def _settled(outcomes: Sequence[Outcome], request: Request) -> tuple[list[Finding], int]:
    """The findings that count, and how many were dropped because they are not about this change."""
    texts = _touched.Texts.of(request.change)
    disabled = frozenset(request.policy.disabled_rules)
    said = [finding for outcome in outcomes for finding in outcome.findings if finding.rule not in disabled]
    kept = [finding for finding in _touched.numbered(said) if _touched.anchored(finding, texts)]
    suppressions = _suppressions.found(texts)
    about_comments = _suppressions.reported(suppressions, texts, request.policy, rulebook.known_ids)
    findings = _suppressions.applied(_touched.merged(kept), suppressions, request.policy)
    return findings + _touched.numbered(about_comments), len(said) - len(kept)


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder that only this user can read, gone afterwards."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="hunkgate-"))
    except OSError as error:
        todo = "Free some space, or point TMPDIR at another disk."
        raise StorageError(f"cannot make a temporary folder: {error.strerror}", todo=todo) from error
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Take the folder away. In an interrupted review a reviewer's thread may still be writing into it: then once more."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE)


def _private_files(folder: Path, request: Request) -> dict[bytes, PrivateFile]:
    copies = write_copies(folder, request.change, request.contents)
    languages = {file.path: file.language for file in request.change.files}
    return {
        path: PrivateFile(path, copy, request.contents[path].data, languages[path], request.contents[path].whole)
        for path, copy in copies.items()
    }


def _side_by_side(jobs: Mapping[str, Job]) -> list[Outcome]:
    """Run every reviewer in a thread of its own: most of their time is spent in other programs.

    Raises:
        HunkgateError: what a reviewer could not turn into coverage (a malformed rule, a full disk).
    """
    outcomes: dict[str, Outcome] = {}
    errors: list[HunkgateError] = []

    def work(name: str, job: Job) -> None:
        try:
            outcomes[name] = registry.load("reviewer.review", f"by_{name}").review(job)
        except HunkgateError as error:
            errors.append(error)
        except Exception as error:  # noqa: BLE001 - a defect in one reviewer must neither stop the others nor look like a pass
            reason = f"crashed: {type(error).__name__}: {error}"
            outcomes[name] = Outcome((), cover(job.hunks, name, State.FAILED, reason), {})

    threads = [threading.Thread(target=work, args=item, name=item[0], daemon=True) for item in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [outcomes[name] for name in jobs]
