"""Asks external analyzers about the changed files: every member of `reviewer.analyzers` that knows their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from reviewer import registry
from reviewer.analyzers.interface import Analysis, Report, Source
from reviewer.errors import ToolError
from reviewer.records import CoverageEntry, Finding, Hunk, State
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
    module: ModuleType
    hunks: Sequence[Hunk]
    sources: Sequence[Source]
    skipped: Mapping[bytes, str]
    """Paths that it does not get to see, and why."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of a task: an analysis, or the reason why there is none."""

    analysis: Analysis | None
    reason: str = ""


def review(job: Job) -> Outcome:
    """Run the analyzers that fit, side by side. A tool that fails is `FAILED` coverage; the others still count."""
    tasks = _tasks(job)
    known = frozenset(language for task in tasks for language in task.module.LANGUAGES)
    coverage = _unknown(job.hunks, known)
    findings: list[Finding] = []
    identities: dict[str, str] = {}
    for task, answer in zip(tasks, _answers(job, tasks), strict=True):
        coverage += [_covered(hunk, task, answer) for hunk in task.hunks]
        if answer.analysis is not None:
            identities[task.engine] = answer.analysis.version
            findings += _findings(answer.analysis.reports, task.engine, job.files)
    return Outcome(findings, coverage, identities)


def _tasks(job: Job) -> list[_Task]:
    languages = {hunk.language for hunk in job.hunks}
    tasks = []
    for name in registry.members(_ROOM):
        module = registry.load(_ROOM, name)
        if languages & module.LANGUAGES:
            tasks.append(_task(job, name, module))
    return tasks


def _task(job: Job, name: str, module: ModuleType) -> _Task:
    hunks = [hunk for hunk in job.hunks if hunk.language in module.LANGUAGES]
    sources, skipped = [], {}
    for path in dict.fromkeys(hunk.path for hunk in hunks):
        file = job.files.get(path)
        reason = _unfit(file, job.policy.max_file_bytes)
        if file is None or reason:
            skipped[path] = reason
        else:
            sources.append(Source(path, file.copy, file.content))
    return _Task(f"{_NAME}/{name}", module, hunks, sources, skipped)


def _unfit(file: PrivateFile | None, limit: int) -> str:
    """Why an analyzer cannot be asked about a file; empty if it can."""
    if file is None:
        return "there is no new content to read"
    if not file.whole:
        return "only the hunks are known, not the file"
    if len(file.content) > limit:
        return f"the file is larger than {limit} bytes (max_file_bytes)"
    return ""


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
        return _Answer(task.module.analyze(task.sources, tools=job.machine.tools, timeout=TIMEOUT))
    except ToolError as error:
        return _Answer(None, str(error))


def _covered(hunk: Hunk, task: _Task, answer: _Answer) -> CoverageEntry:
    state, reason = State.REVIEWED, ""
    if hunk.path in task.skipped:
        state, reason = State.SKIPPED, task.skipped[hunk.path]
    elif answer.analysis is None:
        state, reason = State.FAILED, answer.reason
    elif hunk.path in answer.analysis.failed:
        state, reason = State.FAILED, answer.analysis.failed[hunk.path]
    return CoverageEntry(hunk.path, hunk.new_start, task.engine, state, reason)


def _unknown(hunks: Sequence[Hunk], known: frozenset[str]) -> list[CoverageEntry]:
    entries: list[CoverageEntry] = []
    for hunk in hunks:
        if hunk.language not in known:
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
    )
