"""GitLab Code Quality against its documented fields."""

from __future__ import annotations

import json
from typing import Any

from any_verdict import verdicts
from hypothesis import given, settings
from make_hunk import make_hunk
from make_verdict import DECISION, TOKEN, covered, looked, make_change, make_finding, make_secret, make_verdict

from reviewer.records import Disposition, State, Verdict
from reviewer.report import codequality
from reviewer.report.interface import View

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def entries(verdict: Verdict) -> list[dict[str, Any]]:
    """The entries, after a check of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""
    text = codequality.render(verdict, View())
    assert text.isascii()
    made: list[dict[str, Any]] = json.loads(text)
    assert isinstance(made, list)
    for entry in made:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert isinstance(entry["description"], str)
        assert entry["severity"] in SEVERITIES
        assert set(entry["location"]) == {"path", "lines"}
        assert not entry["location"]["path"].startswith("./")
        assert set(entry["location"]["lines"]) == {"begin"}
        assert entry["location"]["lines"]["begin"] >= 1
    fingerprints = [entry["fingerprint"] for entry in made]
    assert len(set(fingerprints)) == len(fingerprints)
    return made


def test_codequality_entry_of_a_finding() -> None:
    finding = make_finding()
    assert entries(make_verdict(findings=[(finding, Disposition.BLOCKS)])) == [
        {
            "description": "The query is put together from text. Instead: Pass the values as parameters.",
            "check_name": "python-sql-injection", "fingerprint": finding.fingerprint, "severity": "critical",
            "location": {"path": "src/app.py", "lines": {"begin": 2}},
        }
    ]  # fmt: skip


def test_codequality_silenced_findings_are_no_entries() -> None:
    findings = [
        (make_finding(suppressed="seen"), Disposition.SUPPRESSED),
        (make_finding(rule="b", dismissed=DECISION), Disposition.DISMISSED),
        (make_finding(rule="c"), Disposition.WARNS),
        (make_finding(rule="d"), Disposition.NOTES),
    ]
    assert [(e["check_name"], e["severity"]) for e in entries(make_verdict(findings=findings))] == [("c", "minor"), ("d", "info")]


def test_codequality_says_what_nobody_looked_at() -> None:
    change = make_verdict().change
    assert entries(make_verdict()) == []
    coverage = looked(change, "rules") + covered(change, "models", State.FAILED, "crashed")
    (entry,) = entries(make_verdict(coverage=coverage))
    assert (entry["check_name"], entry["severity"]) == ("hunkgate-not-looked-at", "major")
    assert entry["description"] == "Not looked at: models: 1 hunk failed: crashed"


def test_codequality_equal_fingerprints_become_different() -> None:
    assert len(entries(make_verdict(findings=[(make_finding(), Disposition.WARNS)] * 3))) == 3


def test_codequality_of_very_many_findings_is_cut_and_says_so() -> None:
    findings = [(make_finding(rule=f"r{number}"), Disposition.WARNS) for number in range(codequality.MOST + 5)]
    made = entries(make_verdict(findings=findings))
    assert len(made) == codequality.MOST + 1
    assert made[-1]["description"].startswith("5 more findings are not shown")


def test_codequality_holds_no_secret() -> None:
    change = make_change(make_hunk(b"src/app.py", " a", "+b", f'+token = "{TOKEN}"'))
    findings = [(make_secret(), Disposition.BLOCKS), (make_finding(line=3, message=f"saw {TOKEN}"), Disposition.WARNS)]
    assert TOKEN not in codequality.render(make_verdict(change, findings), View())


@settings(deadline=None)
@given(verdicts())
def test_codequality_of_any_verdict_has_the_fields(verdict: Verdict) -> None:
    entries(verdict)
