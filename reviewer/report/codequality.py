"""The report for GitLab's merge request widget: Code Quality JSON.

The fields are those of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: description, check_name,
fingerprint (unique in the report), severity, location.path and location.lines.begin. The format knows nothing of coverage, so
what nobody looked at becomes an entry of its own, at the first place where nobody looked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from reviewer.records import CoverageEntry, Disposition, JudgedFinding, State, Verdict, printable
from reviewer.report._masking import Masks, masks_of
from reviewer.report._summary import Gap, gaps
from reviewer.report._text import safe
from reviewer.report.interface import View

MOST = 2000
"""Findings; a widget with more helps nobody, and GitLab parses the file in one go."""

_SEVERITY = {Disposition.BLOCKS: "critical", Disposition.WARNS: "minor", Disposition.NOTES: "info"}

_GAP_SEVERITY = {State.FAILED: "major", State.DEFERRED: "minor", State.SKIPPED: "info"}

_MOST_GAPS = 50


def render(verdict: Verdict, view: View) -> str:
    """A JSON array, in ASCII. The view changes nothing."""
    masks = masks_of(verdict)
    shown = [judged for judged in verdict.findings if judged.disposition in _SEVERITY]
    entries = [_finding(judged, masks) for judged in shown[:MOST]]
    if len(shown) > MOST:
        entries.append(_more(shown[MOST:]))
    entries += _gaps(verdict)
    return json.dumps(list(_unique(entries)), indent=2, ensure_ascii=True) + "\n"


def _finding(judged: JudgedFinding, masks: Masks) -> dict[str, Any]:
    finding = judged.finding
    instead = f" Instead: {finding.remedy}" if finding.remedy else ""
    return _entry(
        safe(masks.text(finding.message + instead)),
        safe(finding.rule, 200),
        finding.fingerprint,
        _SEVERITY[judged.disposition],
        finding.path,
        finding.start_line,
    )


def _more(left: Sequence[JudgedFinding]) -> dict[str, Any]:
    finding = left[0].finding
    text = f"{len(left)} more findings are not shown here; the JSON report has all."
    return _entry(text, "hunkgate-more", _digest("more"), "major", finding.path, finding.start_line)


def _gaps(verdict: Verdict) -> list[dict[str, Any]]:
    found = gaps(verdict.coverage)
    first: dict[tuple[State, str, str], CoverageEntry] = {}
    for entry in verdict.coverage:
        first.setdefault((entry.state, entry.reviewer, entry.reason), entry)
    made = [_gap(gap, first[gap.state, gap.reviewer, gap.reason]) for gap in found[:_MOST_GAPS]]
    if len(found) > _MOST_GAPS:
        text = f"Not looked at: {len(found) - _MOST_GAPS} more reasons; the JSON report has all."
        made.append(_entry(text, "hunkgate-not-looked-at", _digest("gaps"), "info", verdict.coverage[0].path, 1))
    return made


def _gap(gap: Gap, first: CoverageEntry) -> dict[str, Any]:
    text = safe(f"Not looked at: {gap.reviewer}: {gap.amount} {gap.state.value}: {gap.reason}")
    digest = _digest("gap", gap.state.value, gap.reviewer, gap.reason)
    return _entry(text, "hunkgate-not-looked-at", digest, _GAP_SEVERITY[gap.state], first.path, max(1, first.hunk))


def _entry(text: str, check: str, fingerprint: str, severity: str, path: bytes, line: int) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": printable(path), "lines": {"begin": line}},
    }


def _unique(entries: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """GitLab shows only one of several entries with the same fingerprint."""
    seen: dict[str, int] = {}
    for entry in entries:
        own = entry["fingerprint"]
        number = seen[own] = seen.get(own, -1) + 1
        yield {**entry, "fingerprint": own if not number else _digest(own, str(number))}


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:32]
