"""The report for code hosts and editors: SARIF 2.1.0 (OASIS Standard, errata 01). Section numbers below are the standard's."""

from __future__ import annotations

import json
from typing import Any

from reviewer import __version__
from reviewer.fix.shown import sarif_fix
from reviewer.records import (
    CoverageEntry,
    Disposition,
    Finding,
    JudgedFinding,
    Kind,
    Result,
    Severity,
    State,
    Step,
    Verdict,
)
from reviewer.report._excerpt import Lines
from reviewer.report._masking import Masks, masks_of
from reviewer.report._paths import path_uri
from reviewer.report._summary import Gap, gaps, summarize
from reviewer.report._text import well_formed
from reviewer.report.interface import View

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_FINGERPRINT = "hunkgate/v1"

_LEVEL = {Disposition.BLOCKS: "error", Disposition.WARNS: "warning", Disposition.NOTES: "note"}

_MOST_SNIPPET_LINES = 50


def render(verdict: Verdict, view: View) -> str:
    """One SARIF log with one run, in ASCII. The view changes nothing."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_Run(verdict).as_dict()]}
    return json.dumps(log, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


class _Run:
    """The run object (3.14) of one verdict."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.masks: Masks = masks_of(verdict)
        self.lines = Lines(verdict.change, (judged.finding.path for judged in verdict.findings))
        self.rules: dict[str, Finding] = {}
        for judged in verdict.findings:
            self.rules.setdefault(judged.finding.rule, judged.finding)
        self.indices = {rule: index for index, rule in enumerate(self.rules)}

    def as_dict(self) -> dict[str, Any]:
        rules = [self._rule(finding) for finding in self.rules.values()]
        return {
            "tool": {"driver": {"name": "hunkgate", "version": __version__, "rules": rules}},
            "invocations": [self._invocation()],
            "columnKind": "unicodeCodePoints",
            "results": [self._result(judged) for judged in self.verdict.findings],
            "properties": self._properties(),
        }

    def _rule(self, finding: Finding) -> dict[str, Any]:
        """3.49; the first finding of a rule speaks for it."""
        tags = [finding.kind.value] + ([well_formed(finding.cwe)] if finding.cwe else [])
        return {
            "id": well_formed(finding.rule),
            "shortDescription": {"text": self._text(finding.message)},
            "help": {"text": self._text(finding.remedy or finding.message)},
            "defaultConfiguration": {"level": _default_level(finding)},
            "properties": {"tags": tags, "kind": finding.kind.value},
        }

    def _result(self, judged: JudgedFinding) -> dict[str, Any]:
        """3.27"""
        finding = judged.finding
        result = {
            "ruleId": well_formed(finding.rule),
            "ruleIndex": self.indices[finding.rule],
            "level": _LEVEL.get(judged.disposition, _default_level(finding)),
            "message": {"text": self._text(finding.message)},
            "locations": [{"physicalLocation": self._location(finding)}],
            "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
            "properties": _result_properties(finding),
        }
        if finding.flow:
            result["codeFlows"] = [{"threadFlows": [{"locations": [self._step(finding, step) for step in finding.flow]}]}]
        if fix := self._fix(finding):
            result["fixes"] = [fix]
        if judged.disposition is Disposition.SUPPRESSED:
            result["suppressions"] = [{"kind": "inSource", "justification": self._text(finding.suppressed)}]
        if judged.disposition is Disposition.DISMISSED:
            result["suppressions"] = [self._dismissal(finding)]
        return result

    def _fix(self, finding: Finding) -> dict[str, Any] | None:
        """3.55; only what is proven, and nothing that stands beside a secret."""
        mend = self.verdict.mends.get(finding.fingerprint)
        if mend is None or (finding.path, finding.start_line) in self.masks.lines:
            return None
        return sarif_fix(mend.fix, path_uri(finding.path), self._text(finding.remedy or finding.message))

    def _dismissal(self, finding: Finding) -> dict[str, Any]:
        """3.35: a decision that is stored outside of the code."""
        made = finding.dismissed
        if made is None:
            return {"kind": "external"}
        more = {"who": self._text(made.who), "on": self._text(made.on), "byChange": made.by_change}
        until = {"until": self._text(made.until)} if made.until else {}
        return {
            "kind": "external",
            "status": "accepted",
            "justification": self._text(made.why),
            "properties": {**more, **until},
        }

    def _location(self, finding: Finding) -> dict[str, Any]:
        """3.29. The region's snippet is exactly its text (3.30.13); where that is less than the line, the line is the context."""
        region: dict[str, Any] = {"startLine": finding.start_line, "endLine": finding.end_line}
        location = {"artifactLocation": {"uri": path_uri(finding.path)}, "region": region}
        line = self._lines(finding)
        if finding.end_column == 0 or (finding.start_line == finding.end_line and finding.end_column < finding.start_column):
            region["snippet"] = {"text": line}
            return location
        region["startColumn"], region["endColumn"] = finding.start_column, finding.end_column
        if finding.start_line != finding.end_line or finding.kind is Kind.SECRET or self._is_masked(finding):
            region["snippet"] = {"text": line}
            return location
        region["snippet"] = {"text": line[finding.start_column - 1 : finding.end_column - 1]}
        whole = {"startLine": finding.start_line, "endLine": finding.end_line, "snippet": {"text": line}}
        return {**location, "contextRegion": whole}

    def _step(self, finding: Finding, step: Step) -> dict[str, Any]:
        """3.38: one station of a value, in the finding's own file."""
        region = {"startLine": step.line, "startColumn": step.column}
        place = {"artifactLocation": {"uri": path_uri(finding.path)}, "region": region}
        return {"location": {"physicalLocation": place, "message": {"text": self._text(f"{step.note}: {step.text}")}}}

    def _is_masked(self, finding: Finding) -> bool:
        return (finding.path, finding.start_line) in self.masks.lines

    def _lines(self, finding: Finding) -> str:
        """The finding's lines as far as the hunks have them, else its snippet."""
        last = min(finding.end_line, finding.start_line + _MOST_SNIPPET_LINES)
        places = [self.lines.place(finding.path, number) for number in range(finding.start_line, last + 1)]
        if None in places:
            return well_formed(self.masks.snippet(finding))
        known = [self.masks.line(finding.path, hunk.lines[place]) for hunk, place in filter(None, places)]
        return well_formed("\n".join(known))

    def _invocation(self) -> dict[str, Any]:
        """3.20. What failed is a notification of the tool; what was put off or skipped is in `run.properties.coverage`."""
        failed = gaps(self.verdict.coverage, (State.FAILED,))
        return {
            "executionSuccessful": not failed and self.verdict.result is not Result.INCOMPLETE,
            "toolExecutionNotifications": [self._notification(gap) for gap in failed],
        }

    def _notification(self, gap: Gap) -> dict[str, Any]:
        text = f"{gap.reviewer} failed on {gap.amount}: {gap.reason}"
        return {
            "level": "error",
            "message": {"text": self._text(text)},
            "descriptor": {"id": "reviewer-failed"},
            "properties": {"reviewer": well_formed(gap.reviewer)},
        }

    def _properties(self) -> dict[str, Any]:
        summary = summarize(self.verdict)
        return {
            "result": self.verdict.result.value,
            "source": well_formed(self.verdict.change.source),
            "policyDigest": self.verdict.policy.digest,
            "identities": {well_formed(key): well_formed(value) for key, value in sorted(self.verdict.identities.items())},
            "hunks": summary.hunks,
            "unseenHunks": summary.unseen,
            "nobodyLooked": summary.nobody_looked,
            "dropped": self.verdict.dropped,
            "dismissed": summary.dispositions[Disposition.DISMISSED],
            "dismissedByChange": summary.dismissed_by_change,
            "seconds": round(self.verdict.seconds, 3),
            "notes": [self._text(note) for note in self.verdict.notes],
            "coverage": [self._coverage(entry) for entry in self.verdict.coverage],
        }

    def _coverage(self, entry: CoverageEntry) -> dict[str, Any]:
        return {
            "uri": path_uri(entry.path),
            "hunk": entry.hunk,
            "reviewer": well_formed(entry.reviewer),
            "state": entry.state.value,
            "reason": self._text(entry.reason),
        }

    def _text(self, text: str) -> str:
        return well_formed(self.masks.text(text))


def _default_level(finding: Finding) -> str:
    """The level of a rule, and of a finding that a person silenced: it is never `error`, which is kept for what blocks."""
    return "note" if finding.severity is Severity.INFO else "warning"


def _result_properties(finding: Finding) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "reviewer": well_formed(finding.reviewer),
    }
    if finding.cwe:
        properties["cwe"] = well_formed(finding.cwe)
    if finding.also:
        properties["also"] = [well_formed(rule) for rule in finding.also]
    return properties
