"""Compares an old and a new text as the gate does: hunks, a job, and the findings that the pipeline would keep."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from reviewer.intake.languages import language_of
from reviewer.records import (
    Change,
    Complexity,
    FileChange,
    Finding,
    Hunk,
    Line,
    LineKind,
    Machine,
    Policy,
    Profile,
    Status,
    Task,
)
from reviewer.review import by_change
from reviewer.review._touched import Texts, anchored
from reviewer.review.interface import Job, PrivateFile

Sides = tuple[str | None, str]
"""The old text (None for a new file) and the new one."""


def hunks_of(path: bytes, old: str | None, new: str) -> list[Hunk]:
    """The hunks between two texts, numbered as git does."""
    before, after = _lines(old or ""), _lines(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [_hunk(path, group, before, after) for group in matcher.get_grouped_opcodes(3)]


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _hunk(path: bytes, group: list[tuple[str, int, int, int, int]], before: list[str], after: list[str]) -> Hunk:
    lines = []
    for tag, old, old_end, new, new_end in group:
        if tag == "equal":
            steps = range(old_end - old)
            lines += [Line(LineKind.CONTEXT, before[old + at].encode(), old + at + 1, new + at + 1) for at in steps]
            continue
        lines += [Line(LineKind.REMOVED, before[at].encode(), at + 1, 0) for at in range(old, old_end)]
        lines += [Line(LineKind.ADDED, after[at].encode(), 0, at + 1) for at in range(new, new_end)]
    old, new = group[0][1], group[0][3]
    old_count, new_count = group[-1][2] - old, group[-1][4] - new
    start, new_start = old + bool(old_count), new + bool(new_count)
    return Hunk(path, language_of(path), start, old_count, new_start, new_count, "", tuple(lines))


def job_of(files: Mapping[str, Sides], task: Task = Task.CODE) -> tuple[Job, Change]:
    """A job for some files, and the change that it is about."""
    changed: list[FileChange] = []
    contents, before = {}, {}
    for name, (old, new) in files.items():
        path = name.encode()
        status = Status.ADDED if old is None else Status.MODIFIED
        hunks = tuple(hunks_of(path, old, new))
        changed.append(FileChange(path, status, path, 0o100644, 0o100644, "1" * 40, "2" * 40, language_of(path), hunks))
        contents[path] = PrivateFile(path, Path("unused"), new.encode(), language_of(path))
        if old is not None:
            before[path] = old.encode()
    change = Change("a test", "", "", tuple(changed))
    profiles = {(hunk.path, hunk.new_start): Profile(task, Complexity.SIMPLE, ()) for hunk in change.hunks}
    return Job(change.hunks, contents, Path("unused"), profiles, Policy(), Machine(), 0.0, before=before), change


def found(files: Mapping[str, Sides], task: Task = Task.CODE) -> list[Finding]:
    """The findings. Every one must stand on an added line or beside a removal, and quote it."""
    job, change = job_of(files, task)
    findings = by_change.review(job).findings
    texts = Texts.of(change)
    for finding in findings:
        assert anchored(finding, texts), (finding.rule, finding.start_line, finding.snippet)
    return list(findings)


def rules(path: str, old: str | None, new: str, task: Task = Task.CODE) -> set[str]:
    """The ids of the findings for one file."""
    return {finding.rule for finding in found({path: (old, new)}, task)}
