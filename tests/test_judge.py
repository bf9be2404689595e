"""What blocks, what warns, what is incomplete, and the exit code of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer import judge
from reviewer.errors import ExitCode
from reviewer.records import (
    Change,
    Confidence,
    CoverageEntry,
    Dismissed,
    Disposition,
    Finding,
    JudgedFinding,
    Kind,
    Mode,
    OnError,
    Policy,
    Result,
    Severity,
    State,
    Verdict,
)

DECISION = Dismissed("because", "A <a@example.org>", "2026-11-22", "", False)
BLOCKING = Policy(mode=Mode.BLOCK)
SURE = Finding("r", Kind.SECURITY, Severity.ERROR, Confidence.HIGH, b"a.py", 1, 1, 1, 2, "x", "m", "do", "CWE-89", "rules")


@pytest.mark.parametrize(
    ("finding", "policy", "expected"),
    [
        (SURE, BLOCKING, Disposition.BLOCKS),
        (SURE, Policy(), Disposition.WARNS),
        (replace(SURE, confidence=Confidence.MEDIUM), BLOCKING, Disposition.WARNS),
        (replace(SURE, confidence=Confidence.LOW), BLOCKING, Disposition.NOTES),
        (replace(SURE, severity=Severity.WARNING), BLOCKING, Disposition.WARNS),
        (replace(SURE, severity=Severity.INFO), BLOCKING, Disposition.NOTES),
        (replace(SURE, kind=Kind.STYLE), BLOCKING, Disposition.WARNS),
        (replace(SURE, suppressed="because"), BLOCKING, Disposition.SUPPRESSED),
        (replace(SURE, dismissed=DECISION), BLOCKING, Disposition.DISMISSED),
        (replace(SURE, suppressed="because", dismissed=DECISION), BLOCKING, Disposition.SUPPRESSED),
        (replace(SURE, reviewer="models/qwen"), BLOCKING, Disposition.WARNS),
        (replace(SURE, confidence=Confidence.MEDIUM), replace(BLOCKING, block_confidence=Confidence.MEDIUM), Disposition.BLOCKS),
        (replace(SURE, severity=Severity.WARNING), replace(BLOCKING, block_severity=Severity.WARNING), Disposition.BLOCKS),
        (SURE, replace(BLOCKING, block_kinds=(Kind.SECRET,)), Disposition.WARNS),
    ],
)
def test_disposition(finding: Finding, policy: Policy, expected: Disposition) -> None:
    assert judge.disposition(finding, policy) is expected


def entry(state: State) -> CoverageEntry:
    return CoverageEntry(b"a.py", 1, "rules", state, "why")


@pytest.mark.parametrize(
    ("dispositions", "states", "expected"),
    [
        ([], [State.REVIEWED], Result.PASS),
        ([], [State.SKIPPED], Result.PASS),
        ([Disposition.NOTES], [], Result.PASS),
        ([Disposition.SUPPRESSED], [], Result.PASS),
        ([Disposition.DISMISSED], [], Result.PASS),
        ([Disposition.WARNS], [State.REVIEWED], Result.WARN),
        ([Disposition.WARNS], [State.DEFERRED], Result.INCOMPLETE),
        ([], [State.FAILED], Result.INCOMPLETE),
        ([Disposition.BLOCKS], [State.FAILED], Result.BLOCK),
    ],
)
def test_result(dispositions: list[Disposition], states: list[State], expected: Result) -> None:
    findings = [JudgedFinding(SURE, disposition) for disposition in dispositions]
    assert judge.result(findings, [entry(state) for state in states]) is expected


def test_a_change_that_dismisses_its_own_findings_does_not_simply_pass() -> None:
    own = replace(SURE, dismissed=replace(DECISION, by_change=True))
    assert judge.result(judge.judge([own], BLOCKING), []) is Result.WARN
    assert judge.result(judge.judge([own], BLOCKING), [entry(State.FAILED)]) is Result.INCOMPLETE
    assert judge.result(judge.judge([own, SURE], BLOCKING), []) is Result.BLOCK


@pytest.mark.parametrize(
    ("result", "states", "on_error", "expected"),
    [
        (Result.PASS, [], OnError.BLOCK, ExitCode.OK),
        (Result.WARN, [], OnError.BLOCK, ExitCode.OK),
        (Result.BLOCK, [State.FAILED], OnError.WARN, ExitCode.BLOCK),
        (Result.INCOMPLETE, [State.FAILED], OnError.WARN, ExitCode.OK),
        (Result.INCOMPLETE, [State.FAILED], OnError.BLOCK, ExitCode.UNABLE),
        (Result.INCOMPLETE, [State.DEFERRED], OnError.BLOCK, ExitCode.OK),
    ],
)
def test_exit_code(result: Result, states: list[State], on_error: OnError, expected: ExitCode) -> None:
    verdict = Verdict(result, Change("", "", "", ()), Policy(on_error=on_error), (), tuple(entry(s) for s in states), {})
    assert judge.exit_code(verdict) == expected


def test_what_blocks_comes_first_then_by_place() -> None:
    warns = replace(SURE, path=b"a.py", severity=Severity.WARNING)
    late, early = replace(SURE, path=b"z.py", start_line=9), replace(SURE, path=b"z.py", start_line=2)
    judged = judge.judge([warns, late, early], BLOCKING)
    assert [item.finding for item in judged] == [early, late, warns]
