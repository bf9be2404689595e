"""A mend for programs: JSON for editors and agents, SARIF, and the lines that a code host offers to put in."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from reviewer.fix.edits import applied, united
from reviewer.fix.interface import Candidate, Proof, Unasked
from reviewer.fix.patch import file_patch, lines_of
from reviewer.records import Finding, Fix, Replacement, printable

SCHEMA_VERSION = 1


def patch_of(candidates: Sequence[Candidate]) -> bytes:
    """One patch with all of them, as `git apply --cached` takes it; by path."""
    parts = []
    for path in sorted({one.path for one in candidates}):
        chosen = [one for one in candidates if one.path == path]
        first = chosen[0]
        parts.append(file_patch(path, first.mode, first.oid, first.content, united(one.fix for one in chosen)))
    return b"".join(parts)


def document(shown: Sequence[Proof], refused: Sequence[Proof], findings: int, unasked: Sequence[Unasked] = ()) -> dict[str, Any]:
    """What `hunkgate fix --format json` prints.

    Args:
        findings: how many there are, with and without a fix.
        unasked: those that a model was to be asked about, and was not.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "findings": findings,
        "fixes": [_shown(proof) for proof in shown],
        "not_shown": [_refused(proof) for proof in refused],
        "not_asked": [{**_place(one.finding), "reason": one.reason} for one in unasked],
    }


def sarif_fix(fix: Fix, uri: str, said: str) -> dict[str, Any] | None:
    """A fix object (SARIF 2.1.0, 3.55) in the columns that our runs declare (unicodeCodePoints); None if it is not text.

    Args:
        uri: of the file, as in the result's location.
        said: what it does, in a sentence.
    """
    replacements = []
    for one in fix.replacements:
        text = _text(one.text)
        if text is None:
            return None
        region = {
            "startLine": one.start_line,
            "startColumn": one.start_column,
            "endLine": one.end_line,
            "endColumn": one.end_column,
        }
        replacements.append({"deletedRegion": region, "insertedContent": {"text": text}})
    return {
        "description": {"text": said},
        "artifactChanges": [{"artifactLocation": {"uri": uri}, "replacements": replacements}],
    }


def suggestion(content: bytes, fix: Fix, line: int) -> str | None:
    """What stands in place of one line after the fix, for a code host that puts it there at a click; without its line end.

    None if the fix changes another line as well, if the line would go or is not UTF-8, or if it has a carriage return, which
    code hosts do not keep.
    """
    lines = lines_of(content)
    if not 0 < line <= len(lines) or not all(one.start_line == line == one.end_line for one in fix.replacements):
        return None
    start = sum(map(len, lines[: line - 1]))
    edits = [Replacement(one.start - start, one.end - start, one.text, 1, 1, 1, 1) for one in fix.replacements]
    text = _text(applied(lines[line - 1], edits).removesuffix(b"\n"))
    return text if text and "\r" not in text else None


def _shown(proof: Proof) -> dict[str, Any]:
    one = proof.candidate
    return {
        **_about(proof),
        "message": one.finding.message,
        "blob": one.oid,
        "edits": [_edit(edit) for edit in one.fix.replacements],
        **_bytes("patch", file_patch(one.path, one.mode, one.oid, one.content, one.fix.replacements)),
        "steps": _steps(proof),
    }


def _refused(proof: Proof) -> dict[str, Any]:
    failure = proof.failure
    reason = {"step": failure.name, "reason": failure.said} if failure else {}
    return {**_about(proof), **reason, "steps": _steps(proof)}


def _about(proof: Proof) -> dict[str, Any]:
    return {**_place(proof.candidate.finding), "origin": proof.candidate.origin}


def _place(finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "path": printable(finding.path),
        "line": finding.start_line,
    }


def _steps(proof: Proof) -> list[Mapping[str, str]]:
    return [{"name": step.name, "result": step.result.value, "said": step.said} for step in proof.steps]


def _edit(edit: Replacement) -> dict[str, Any]:
    return {
        "start": {"byte": edit.start, "line": edit.start_line, "column": edit.start_column},
        "end": {"byte": edit.end, "line": edit.end_line, "column": edit.end_column},
        **_bytes("text", edit.text),
    }


def _bytes(name: str, content: bytes) -> dict[str, str]:
    """The content as text, or in base64 under another name if it is not UTF-8."""
    text = _text(content)
    return {f"{name}_base64": base64.b64encode(content).decode("ascii")} if text is None else {name: text}


def _text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
