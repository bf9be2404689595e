from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_to_bytes

from any_verdict import verdicts
from hypothesis import given, settings
from make_hunk import make_hunk
from make_verdict import DECISION, TOKEN, covered, looked, make_change, make_finding, make_secret, make_verdict

from reviewer.records import Disposition, Kind, Severity, State, Verdict
from reviewer.report import sarif
from reviewer.report.interface import View


def run_of(verdict: Verdict) -> dict[str, Any]:
    log = json.loads(sarif.render(verdict, View()))
    assert log["version"] == "2.1.0"
    assert len(log["runs"]) == 1
    run: dict[str, Any] = log["runs"][0]
    return run


def test_sarif_result_says_what_readers_rely_on() -> None:
    finding = make_finding(also=("ruff/S608",))
    run = run_of(make_verdict(findings=[(finding, Disposition.BLOCKS)]))
    assert run["results"] == [
        {
            "ruleId": "python-sql-injection",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "The query is put together from text."},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "src/app.py"},
                        "region": {
                            "startLine": 2, "endLine": 2, "startColumn": 5, "endColumn": 12, "snippet": {"text": "execute"},
                        },
                        "contextRegion": {"startLine": 2, "endLine": 2, "snippet": {"text": "    execute(query)"}},
                    }
                }
            ],
            "partialFingerprints": {"hunkgate/v1": finding.fingerprint},
            "properties": {
                "kind": "security", "severity": "error", "confidence": "high", "reviewer": "rules", "cwe": "CWE-89",
                "also": ["ruff/S608"],
            },
        }
    ]  # fmt: skip
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["name"] == "hunkgate"


def test_sarif_level_is_error_only_for_what_blocks() -> None:
    findings = [
        (make_finding(rule="a", severity=Severity.INFO), Disposition.BLOCKS),
        (make_finding(rule="b"), Disposition.WARNS),
        (make_finding(rule="c"), Disposition.NOTES),
        (make_finding(rule="d", suppressed="seen by hand"), Disposition.SUPPRESSED),
        (make_finding(rule="e", dismissed=DECISION), Disposition.DISMISSED),
    ]
    results = run_of(make_verdict(findings=findings))["results"]
    assert [result["level"] for result in results] == ["error", "warning", "note", "warning", "warning"]
    assert [result.get("suppressions") for result in results] == [None] * 3 + [
        [{"kind": "inSource", "justification": "seen by hand"}],
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "the table is ours",
                "properties": {
                    "who": "A Developer <dev@example.org>",
                    "on": "2026-11-22",
                    "byChange": False,
                    "until": "2027-01-31",
                },
            }
        ],
    ]


def test_sarif_rules_are_listed_once_and_indexed() -> None:
    findings = [(make_finding(rule=rule, line=line), Disposition.WARNS) for rule, line in (("b", 2), ("a", 3), ("b", 3))]
    run = run_of(make_verdict(findings=findings))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["b", "a"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [result["ruleId"] for result in run["results"]]
    assert rules[0]["help"]["text"] == "Pass the values as parameters."


def test_sarif_line_finding_has_no_columns() -> None:
    verdict = make_verdict(findings=[(make_finding(start_column=1, end_column=0), Disposition.WARNS)])
    location = run_of(verdict)["results"][0]["locations"][0]["physicalLocation"]
    assert location["region"] == {"startLine": 2, "endLine": 2, "snippet": {"text": "    execute(query)"}}
    assert "contextRegion" not in location


def test_sarif_multi_line_finding_shows_all_its_lines() -> None:
    verdict = make_verdict(findings=[(make_finding(line=2, end_line=3, end_column=9), Disposition.WARNS)])
    region = run_of(verdict)["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["endLine"], region["snippet"]["text"]) == (2, 3, "    execute(query)\ndone = 1")


def test_sarif_coverage_and_failures() -> None:
    change = make_verdict().change
    coverage = looked(change, "rules") + covered(change, "analyzers/ruff", State.FAILED, "ruff is missing")
    run = run_of(make_verdict(coverage=coverage))
    assert run["properties"]["coverage"] == [
        {"uri": "src/app.py", "hunk": 1, "reviewer": "rules", "state": "reviewed", "reason": ""},
        {"uri": "src/app.py", "hunk": 1, "reviewer": "analyzers/ruff", "state": "failed", "reason": "ruff is missing"},
    ]
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "analyzers/ruff failed on 1 hunk: ruff is missing"
    assert run_of(make_verdict())["invocations"][0] == {"executionSuccessful": True, "toolExecutionNotifications": []}


def test_sarif_nobody_looked_differs_from_nothing_found() -> None:
    assert run_of(make_verdict())["properties"]["nobodyLooked"] is False
    assert run_of(make_verdict(coverage=()))["properties"]["nobodyLooked"] is True


def test_sarif_uri_brings_back_the_bytes_of_the_path() -> None:
    for path in (b"a b/\xff\n%41#?.py", b"c:/x.py", "ü.py".encode()):
        verdict = make_verdict(make_change(make_hunk(path, "+x")), [(make_finding(path, 1), Disposition.WARNS)])
        uri = run_of(verdict)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isprintable()
        assert not set(":?#\\") & set(uri)
        assert unquote_to_bytes(uri) == path


def test_sarif_holds_no_secret() -> None:
    change = make_change(make_hunk(b"src/app.py", "+a", "+b", f'+token = "{TOKEN}"', "+c"))
    other = make_finding(rule="other", line=3, end_line=4, kind=Kind.BUG, snippet=f'token = "{TOKEN}"', message=f"saw {TOKEN}")
    same_line = make_finding(rule="same", line=3, start_column=9, end_column=30, snippet=f'token = "{TOKEN}"')
    findings = [(make_secret(), Disposition.BLOCKS), (other, Disposition.WARNS), (same_line, Disposition.WARNS)]
    text = sarif.render(make_verdict(change, findings), View())
    assert TOKEN[8:] not in text
    assert TOKEN[:12] not in text


@settings(deadline=None)
@given(verdicts())
def test_sarif_of_any_verdict_is_ascii_json_without_lone_surrogates(verdict: Verdict) -> None:
    text = sarif.render(verdict, View())
    assert text.isascii()
    json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")


def test_sarif_uri_of_a_readable_path_is_the_path() -> None:
    for path in ("src/E_18 Calcolo.cpp", "caf\u00e9/\u6f22.py", "a+b&c=d;e@f(g).js"):
        verdict = make_verdict(findings=((make_finding(path.encode()), Disposition.WARNS),))
        uri = run_of(verdict)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == path
