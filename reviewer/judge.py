"""Policy, findings and coverage in; one word out. Nothing else decides whether a commit may go through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewer.errors import ExitCode
from reviewer.records import (
    Confidence,
    CoverageEntry,
    Disposition,
    Finding,
    JudgedFinding,
    Mode,
    OnError,
    Policy,
    Result,
    Severity,
    State,
    Verdict,
)

_ORDER = (Disposition.BLOCKS, Disposition.WARNS, Disposition.NOTES, Disposition.SUPPRESSED, Disposition.DISMISSED)


def judge(findings: Iterable[Finding], policy: Policy) -> tuple[JudgedFinding, ...]:
    """What each finding does to the commit; what blocks comes first, then by place."""
    judged = [JudgedFinding(finding, disposition(finding, policy)) for finding in findings]
    return tuple(sorted(judged, key=_sort_key))


def disposition(finding: Finding, policy: Policy) -> Disposition:
    """What one finding does. A model's opinion never blocks: it has not been confirmed by anything that can be defended."""
    if finding.suppressed:
        return Disposition.SUPPRESSED
    if finding.dismissed:
        return Disposition.DISMISSED
    defensible = (
        finding.kind in policy.block_kinds
        and finding.confidence.rank >= policy.block_confidence.rank
        and finding.severity.rank >= policy.block_severity.rank
        and not finding.reviewer.startswith("models")
    )
    if defensible:
        return Disposition.BLOCKS if policy.mode is Mode.BLOCK else Disposition.WARNS
    if finding.severity is Severity.INFO or finding.confidence is Confidence.LOW:
        return Disposition.NOTES
    return Disposition.WARNS


def result(findings: Sequence[JudgedFinding], coverage: Sequence[CoverageEntry]) -> Result:
    """The verdict in one word. A review with a gap is incomplete whatever it found, unless it found what blocks.

    A change that dismisses its own findings never simply passes: its attestation says so, too.
    """
    dispositions = {judged.disposition for judged in findings}
    if Disposition.BLOCKS in dispositions:
        return Result.BLOCK
    if any(entry.state in (State.FAILED, State.DEFERRED) for entry in coverage):
        return Result.INCOMPLETE
    own = any(judged.finding.dismissed is not None and judged.finding.dismissed.by_change for judged in findings)
    return Result.WARN if own or Disposition.WARNS in dispositions else Result.PASS


def exit_code(verdict: Verdict) -> ExitCode:
    """How the program ends. Deferred hunks are finished later, so only failed ones count under `on_error = "block"`."""
    if verdict.result is Result.BLOCK:
        return ExitCode.BLOCK
    failed = any(entry.state is State.FAILED for entry in verdict.coverage)
    return ExitCode.UNABLE if failed and verdict.policy.on_error is OnError.BLOCK else ExitCode.OK


def _sort_key(judged: JudgedFinding) -> tuple[int, bytes, int, int, str]:
    finding = judged.finding
    return (_ORDER.index(judged.disposition), finding.path, finding.start_line, finding.start_column, finding.rule)
