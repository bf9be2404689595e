"""The report as workflow commands of GitHub Actions (and Gitea, Forgejo): one annotation a line.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
"""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.records import Disposition, JudgedFinding, State, Verdict
from reviewer.report._masking import Masks, masks_of
from reviewer.report._summary import gaps, summarize
from reviewer.report._text import safe
from reviewer.report.interface import View

MOST = 10
"""Annotations of one level that GitHub shows for a step; it drops the others and does not say so
(https://docs.github.com/en/rest/checks/runs, "Limitations" of the runner)."""

_LEVELS = ((Disposition.BLOCKS, "error"), (Disposition.WARNS, "warning"), (Disposition.NOTES, "notice"))


def render(verdict: Verdict, view: View) -> str:
    """The commands. The view changes nothing."""
    masks, summary = masks_of(verdict), summarize(verdict)
    extra: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for gap in gaps(verdict.coverage, (State.FAILED, State.DEFERRED)):
        extra["warning"].append(
            command("warning", f"not looked at: {gap.reviewer}: {gap.amount} {gap.state.value}: {gap.reason}")
        )
    if summary.nobody_looked:
        extra["error"].insert(0, command("error", f"NOT REVIEWED: nobody looked at {summary.extent}"))
    lines: list[str] = []
    for disposition, level in _LEVELS:
        found = [judged for judged in verdict.findings if judged.disposition is disposition]
        lines += _limited(level, extra[level] + [_annotation(level, judged, masks) for judged in found])
    return "".join(line + "\n" for line in lines)


def command(level: str, message: str, **properties: str | int) -> str:
    """One workflow command; nothing in it can begin another one."""
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level}{' ' if told else ''}{told}::{_data(safe(message, 4000))}"


def _limited(level: str, lines: Sequence[str]) -> list[str]:
    if len(lines) <= MOST:
        return list(lines)
    left = len(lines) - MOST + 1
    return [*lines[: MOST - 1], command(level, f"{left} more like these are not shown: see the log or a report")]


def _annotation(level: str, judged: JudgedFinding, masks: Masks) -> str:
    finding = judged.finding
    place: dict[str, str | int] = {
        "file": finding.path.decode("utf-8", "backslashreplace"),
        "line": finding.start_line,
        "endLine": finding.end_line,
    }
    # GitHub takes columns only for a single line.
    if finding.end_column > finding.start_column and finding.start_line == finding.end_line:
        place |= {"col": finding.start_column, "endColumn": finding.end_column}
    place["title"] = safe(f"{finding.rule} ({', '.join(filter(None, (finding.kind.value, finding.cwe)))})", 200)
    words = [masks.text(finding.message), f"Instead: {masks.text(finding.remedy)}" if finding.remedy else ""]
    return command(level, " ".join(filter(None, words)), **place)


def _data(text: str) -> str:
    """See escapeData in https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts"""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """See escapeProperty there."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
