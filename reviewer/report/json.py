"""The report for programs: everything the verdict holds, in the form that reviewer/schemas/report.schema.json fixes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reviewer import __version__
from reviewer.records import (
    Change,
    CoverageEntry,
    Dismissed,
    Disposition,
    FileChange,
    JudgedFinding,
    Profile,
    State,
    Step,
    Verdict,
)
from reviewer.report._masking import Masks, masks_of
from reviewer.report._paths import path_fields
from reviewer.report._summary import Summary, summarize
from reviewer.report._text import well_formed
from reviewer.report.interface import View

SCHEMA_VERSION = 1
"""Goes up when a reader of the old form could no longer read the new one."""


def render(verdict: Verdict, view: View) -> str:
    """One JSON object, in ASCII, so that no terminal or encoding can change it. The view changes nothing."""
    masks, summary = masks_of(verdict), summarize(verdict)
    document = {
        "schema_version": SCHEMA_VERSION,
        "hunkgate": __version__,
        "result": verdict.result.value,
        "summary": _summary(summary, verdict.dropped),
        "change": _change(verdict.change),
        "policy_digest": verdict.policy.digest,
        "identities": {well_formed(key): well_formed(value) for key, value in sorted(verdict.identities.items())},
        "findings": [_finding(judged, masks) for judged in verdict.findings],
        "coverage": [_coverage(entry, masks) for entry in verdict.coverage],
        "profiles": _profiles(verdict.profiles),
        "seconds": round(verdict.seconds, 3),
        "notes": [_text(note, masks) for note in verdict.notes],
    }
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _summary(summary: Summary, dropped: int) -> dict[str, Any]:
    return {
        "findings": {disposition.value: summary.dispositions[disposition] for disposition in Disposition},
        "dismissed_by_change": summary.dismissed_by_change,
        "dropped": dropped,
        "files": summary.files,
        "hunks": summary.hunks,
        "unseen_hunks": summary.unseen,
        "nobody_looked": summary.nobody_looked,
        "reviewed_hunks": {well_formed(name): count for name, count in summary.reviewed},
        "coverage": {state.value: summary.states[state] for state in State},
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "source": well_formed(change.source),
        "base_tree": change.base_tree,
        "tree": change.tree,
        "files": [_file(file) for file in change.files],
    }


def _file(file: FileChange) -> dict[str, Any]:
    moved = path_fields(file.old_path, "old_") if file.old_path != file.path else {}
    return {
        **path_fields(file.path),
        **moved,
        "status": file.status.value,
        "old_mode": f"{file.old_mode:06o}",
        "new_mode": f"{file.new_mode:06o}",
        "old_oid": file.old_oid,
        "new_oid": file.new_oid,
        "language": file.language,
        "opaque": well_formed(file.opaque),
        "hunks": [
            {
                "old_start": hunk.old_start,
                "old_count": hunk.old_count,
                "new_start": hunk.new_start,
                "new_count": hunk.new_count,
                "content_id": hunk.content_id,
            }
            for hunk in file.hunks
        ],
    }


def _finding(judged: JudgedFinding, masks: Masks) -> dict[str, Any]:
    finding = judged.finding
    return {
        "fingerprint": finding.fingerprint,
        "disposition": judged.disposition.value,
        "rule": well_formed(finding.rule),
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        **path_fields(finding.path),
        "start_line": finding.start_line,
        "end_line": finding.end_line,
        "start_column": finding.start_column,
        "end_column": finding.end_column,
        "snippet": well_formed(masks.snippet(finding)),
        "message": _text(finding.message, masks),
        "remedy": _text(finding.remedy, masks),
        "cwe": well_formed(finding.cwe),
        "reviewer": well_formed(finding.reviewer),
        "occurrence": finding.occurrence,
        "also": [well_formed(rule) for rule in finding.also],
        "suppressed": _text(finding.suppressed, masks),
        "dismissed": _dismissed(finding.dismissed, masks),
        "flow": [_step(step, masks) for step in finding.flow],
    }


def _dismissed(made: Dismissed | None, masks: Masks) -> dict[str, Any] | None:
    if made is None:
        return None
    return {
        "why": _text(made.why, masks),
        "who": _text(made.who, masks),
        "on": _text(made.on, masks),
        "until": _text(made.until, masks),
        "by_change": made.by_change,
    }


def _step(step: Step, masks: Masks) -> dict[str, Any]:
    return {"line": step.line, "column": step.column, "text": _text(step.text, masks), "note": _text(step.note, masks)}


def _coverage(entry: CoverageEntry, masks: Masks) -> dict[str, Any]:
    return {
        **path_fields(entry.path),
        "hunk": entry.hunk,
        "reviewer": well_formed(entry.reviewer),
        "state": entry.state.value,
        "reason": _text(entry.reason, masks),
    }


def _profiles(profiles: Mapping[tuple[bytes, int], Profile]) -> list[dict[str, Any]]:
    return [
        {
            **path_fields(path),
            "hunk": hunk,
            "task": profile.task.value,
            "complexity": profile.complexity.value,
            "purpose": profile.purpose,
            "risk": profile.risk,
            "reasons": [well_formed(reason) for reason in profile.reasons],
        }
        for (path, hunk), profile in sorted(profiles.items())
    ]


def _text(text: str, masks: Masks) -> str:
    return well_formed(masks.text(text))
