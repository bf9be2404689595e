"""Builds findings and verdicts for tests of the reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from make_hunk import make_file, make_hunk

from reviewer.classify import classify_change
from reviewer.records import (
    Change,
    Confidence,
    CoverageEntry,
    Dismissed,
    Disposition,
    FileChange,
    Finding,
    Hunk,
    JudgedFinding,
    Kind,
    Policy,
    Result,
    Severity,
    State,
    Status,
    Verdict,
)

TOKEN = "ghp_" + "Zk3vQ9tR7yLmN2pWx8sB4dF6hJ1cV5aE0uGi"
"""Looks like a secret and is none; in two parts, so that scanners of this repository are not alarmed."""


DECISION = Dismissed("the table is ours", "A Developer <dev@example.org>", "2026-11-22", "2027-01-31", False)
"""A person's decision about a finding."""


def make_finding(path: bytes = b"src/app.py", line: int = 2, **fields: Any) -> Finding:
    """A finding; every field can be given by name."""
    values: dict[str, Any] = {
        "rule": "python-sql-injection", "kind": Kind.SECURITY, "severity": Severity.ERROR, "confidence": Confidence.HIGH,
        "path": path, "start_line": line, "end_line": line, "start_column": 5, "end_column": 12, "snippet": "    execute(query)",
        "message": "The query is put together from text.", "remedy": "Pass the values as parameters.", "cwe": "CWE-89",
        "reviewer": "rules",
    }  # fmt: skip
    return Finding(**{**values, **fields})


def make_secret(path: bytes = b"src/app.py", line: int = 3, **fields: Any) -> Finding:
    """A finding about `token = "TOKEN"`, masked as a reviewer masks it."""
    values: dict[str, Any] = {
        "rule": "github-token", "kind": Kind.SECRET, "start_column": 10, "end_column": 10 + len(TOKEN), "cwe": "CWE-798",
        "snippet": 'token = "ghp_\u2026****"', "message": "A GitHub token.", "remedy": "Revoke it.", "reviewer": "secrets",
    }  # fmt: skip
    return make_finding(path, line, **{**values, **fields})


def make_change(*hunks: Hunk, opaque: Sequence[bytes] = ()) -> Change:
    """A staged change of one file for each path, and of binaries."""
    paths = dict.fromkeys(hunk.path for hunk in hunks)
    files = [make_file(*(hunk for hunk in hunks if hunk.path == path)) for path in paths]
    files += [FileChange(path, Status.ADDED, path, 0, 0o100644, "0" * 40, "3" * 40, "", (), opaque="binary") for path in opaque]
    return Change("the staged change", "4" * 40, "5" * 40, tuple(files))


def make_verdict(
    change: Change | None = None,
    findings: Sequence[tuple[Finding, Disposition]] = (),
    coverage: Sequence[CoverageEntry] | None = None,
    **fields: Any,
) -> Verdict:
    """A verdict; without coverage, "rules" and "secrets" looked at every hunk."""
    of = (
        make_change(make_hunk(b"src/app.py", " def run(query):", "+    execute(query)", "+done = 1"))
        if change is None
        else change
    )
    dispositions = {disposition for _, disposition in findings}
    result = (
        Result.BLOCK if Disposition.BLOCKS in dispositions else Result.WARN if Disposition.WARNS in dispositions else Result.PASS
    )
    values: dict[str, Any] = {
        "result": result, "change": of, "policy": Policy(),
        "findings": tuple(JudgedFinding(finding, disposition) for finding, disposition in findings),
        "coverage": looked(of, "rules", "secrets") if coverage is None else tuple(coverage),
        "profiles": classify_change(of), "seconds": 0.21,
    }  # fmt: skip
    return Verdict(**{**values, **fields})


def looked(change: Change, *reviewers: str) -> tuple[CoverageEntry, ...]:
    """Coverage in which each reviewer looked at every hunk."""
    return tuple(entry for name in reviewers for entry in covered(change, name, State.REVIEWED))


def covered(change: Change, reviewer: str, state: State, reason: str = "") -> tuple[CoverageEntry, ...]:
    """The same coverage for every hunk, and for every file without one."""
    places = [(hunk.path, hunk.new_start) for hunk in change.hunks] + [(file.path, -1) for file in change.files if not file.hunks]
    return tuple(CoverageEntry(path, place, reviewer, state, reason) for path, place in places)
