"""Asks external analyzers about the changed files: the members of `reviewer.analyzers` that read them, and the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reviewer import proc, registry
from reviewer.analyzers._members import MEMBERS, Member
from reviewer.analyzers.interface import Analysis, Report, Source
from reviewer.errors import HunkgateError, ToolMissingError
from reviewer.records import CoverageEntry, Finding, Hunk, OwnAnalyzer, State
from reviewer.review.interface import Job, Outcome, PrivateFile, cover

_NAME = "analyzers"
_ROOM = "reviewer.analyzers"

TIMEOUT = 20.0
"""Seconds for one analyzer and all its files. Ruff needs 0.1 s for 2 MB of Python."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One analyzer and what it is asked about."""

    engine: str
    """Such as "analyzers/ruff"."""
    run: Callable[[Sequence[Source]], Analysis]
    hunks: Sequence[Hunk]
    sources: Sequence[Source]
    skipped: Mapping[bytes, str]
    """Paths that it does not get to see, and why."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of a task: an analysis, or the reason why there is none."""

    analysis: Analysis | None
    reason: str = ""
    state: State = State.FAILED


class _AbsentError(Exception):
    """An optional tool is not installed; the text says how to get it."""


def review(job: Job) -> Outcome:
    """Run the analyzers that fit, side by side. A tool that fails is `FAILED` coverage; the others still count.

    An optional tool that is not installed is `SKIPPED`: otherwise no review without it would ever be complete.
    """
    tasks = _tasks(job)
    coverage = _unread(job.hunks, tasks)
    findings: list[Finding] = []
    identities: dict[str, str] = {}
    for task, answer in zip(tasks, _answers(job, tasks), strict=True):
        coverage += [_covered(hunk, task, answer) for hunk in task.hunks]
        if answer.analysis is not None:
            identities[task.engine] = answer.analysis.version
            findings += _findings(answer.analysis.reports, task.engine, job.files)
    return Outcome(findings, coverage, identities)


def _tasks(job: Job) -> list[_Task]:
    tasks = []
    for name, member in MEMBERS.items():
        hunks = [hunk for hunk in job.hunks if member.reads(hunk.path, hunk.language)]
        if hunks:
            tasks.append(_task(job, name, hunks, partial(_ask_member, job, name, member)))
    for tool in job.machine.analyzers:
        hunks = [hunk for hunk in job.hunks if not tool.languages or hunk.language in tool.languages]
        if hunks:
            tasks.append(_task(job, tool.name, hunks, partial(_ask_own, job, tool)))
    return tasks


def _task(job: Job, name: str, hunks: Sequence[Hunk], run: Callable[[Sequence[Source]], Analysis]) -> _Task:
    sources, skipped = [], {}
    for path in dict.fromkeys(hunk.path for hunk in hunks):
        file = job.files.get(path)
        reason = _unfit(file, job.policy.max_file_bytes)
        if file is None or reason:
            skipped[path] = reason
        else:
            sources.append(Source(path, file.copy, file.content))
    return _Task(f"{_NAME}/{name}", run, hunks, sources, skipped)


def _unfit(file: PrivateFile | None, limit: int) -> str:
    """Why an analyzer cannot be asked about a file; empty if it can."""
    if file is None:
        return "there is no new content to read"
    if not file.whole:
        return "only the hunks are known, not the file"
    if len(file.content) > limit:
        return f"the file is larger than {limit} bytes (max_file_bytes)"
    return ""


def _ask_member(job: Job, name: str, member: Member, sources: Sequence[Source]) -> Analysis:
    """Raises HunkgateError, and _AbsentError for an optional tool that nobody asked for by a setting."""
    try:
        program = proc.find_tool(name, job.machine.tools)
    except ToolMissingError as error:
        if member.install and name not in job.machine.tools:
            raise _AbsentError(f"{error}: {member.install}") from error
        raise
    module = registry.load(_ROOM, name)
    found: Analysis = module.analyze(sources, program=program, folder=_folder(job, name), timeout=TIMEOUT)
    return found


def _ask_own(job: Job, tool: OwnAnalyzer, sources: Sequence[Source]) -> Analysis:
    from reviewer.analyzers import _sarif

    return _sarif.analyze(tool, sources, tools=job.machine.tools, folder=_folder(job, f"own-{tool.name}"))


def _folder(job: Job, name: str) -> Path:
    return job.folder / f"{_NAME}-{name}"


def _answers(job: Job, tasks: Sequence[_Task]) -> list[_Answer]:
    if len(tasks) < 2:
        return [_answer(job, task) for task in tasks]
    from concurrent.futures import ThreadPoolExecutor  # costs 10 ms, which one analyzer alone need not pay

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(lambda task: _answer(job, task), tasks))


def _answer(job: Job, task: _Task) -> _Answer:
    if not task.sources:
        return _Answer(None)
    job.progress.step(f"{task.engine}: {len(task.sources)} files")
    try:
        return _Answer(task.run(task.sources))
    except _AbsentError as absent:
        return _Answer(None, str(absent), State.SKIPPED)
    except HunkgateError as error:
        return _Answer(None, str(error))


def _covered(hunk: Hunk, task: _Task, answer: _Answer) -> CoverageEntry:
    state, reason = State.REVIEWED, ""
    if hunk.path in task.skipped:
        state, reason = State.SKIPPED, task.skipped[hunk.path]
    elif answer.analysis is None:
        state, reason = answer.state, answer.reason
    elif hunk.path in answer.analysis.failed:
        state, reason = State.FAILED, answer.analysis.failed[hunk.path]
    elif hunk.path in answer.analysis.skipped:
        state, reason = State.SKIPPED, answer.analysis.skipped[hunk.path]
    return CoverageEntry(hunk.path, hunk.new_start, task.engine, state, reason)


def _unread(hunks: Sequence[Hunk], tasks: Sequence[_Task]) -> list[CoverageEntry]:
    """What none of the analyzers reads."""
    read = {hunk.path for task in tasks for hunk in task.hunks}
    entries: list[CoverageEntry] = []
    for hunk in hunks:
        if hunk.path not in read:
            entries += cover([hunk], _NAME, State.SKIPPED, f"no analyzer for {hunk.language or 'this kind of file'}")
    return entries


def _findings(reports: Sequence[Report], engine: str, files: Mapping[bytes, PrivateFile]) -> list[Finding]:
    lines = {path: files[path].content.split(b"\n") for path in {report.path for report in reports}}
    return [_finding(report, engine, lines[report.path]) for report in reports]


def _finding(report: Report, engine: str, lines: Sequence[bytes]) -> Finding:
    text = lines[report.start_line - 1] if report.start_line <= len(lines) else b""
    return Finding(
        rule=report.rule,
        kind=report.kind,
        severity=report.severity,
        confidence=report.confidence,
        path=report.path,
        start_line=report.start_line,
        end_line=report.end_line,
        start_column=report.start_column,
        end_column=report.end_column,
        snippet=text.decode("utf-8", "backslashreplace").rstrip("\r"),
        message=report.message,
        remedy=report.remedy,
        cwe=report.cwe,
        reviewer=engine,
        fix=report.fix,
    )
