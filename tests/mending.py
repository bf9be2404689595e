"""Candidates without a review."""

from __future__ import annotations

import subprocess

from conftest import Repo

from reviewer.fix.interface import Candidate
from reviewer.fix.patch import blob_oid
from reviewer.records import Confidence, Finding, Fix, Kind, Replacement, Severity


def a_finding(path: bytes = b"a.py", line: int = 1, **more: object) -> Finding:
    values: dict[str, object] = {
        "rule": "some-rule", "kind": Kind.BUG, "severity": Severity.ERROR, "confidence": Confidence.HIGH, "path": path,
        "start_line": line, "end_line": line, "start_column": 1, "end_column": 0, "snippet": "x", "message": "Wrong.",
        "remedy": "Right.", "cwe": "", "reviewer": "rules",
    }  # fmt: skip
    return Finding(**{**values, **more})  # type: ignore[arg-type]


def a_candidate(
    content: bytes,
    *edits: tuple[int, int, bytes],
    path: bytes = b"a.py",
    mode: int = 0o100644,
    digits: int = 40,
    language: str = "",
) -> Candidate:
    replacements = [Replacement.at(content, start, end, text) for start, end, text in edits]
    fix = Fix.of(replacements, "rule")
    assert fix is not None
    line = fix.replacements[0].start_line
    finding = a_finding(path, line, end_line=max(one.end_line for one in fix.replacements))
    return Candidate(finding, fix, content, blob_oid(content, digits), mode, language)


def put(repo: Repo, path: bytes, content: bytes) -> None:
    """Stage exactly these bytes, whatever filters say."""
    done = subprocess.run(
        ["git", "hash-object", "-w", "--no-filters", "--stdin"], cwd=repo.path, input=content, capture_output=True, check=True
    )
    repo.git("update-index", "--add", "--cacheinfo", b"100644," + done.stdout.strip() + b"," + path)


def staged(repo: Repo, path: bytes) -> bytes:
    """The staged bytes."""
    return subprocess.run(["git", "cat-file", "blob", b":" + path], cwd=repo.path, capture_output=True, check=True).stdout
