from __future__ import annotations

import copy
import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest
from any_verdict import verdicts
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from make_hunk import make_hunk
from make_verdict import DECISION, TOKEN, covered, looked, make_change, make_finding, make_secret, make_verdict

from reviewer import schemas
from reviewer.records import Disposition, State, Verdict
from reviewer.report import json as report
from reviewer.report.interface import View

VALIDATOR = Draft202012Validator(json.loads(schemas.read("report.schema.json")))


def document(verdict: Verdict) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(report.render(verdict, View()))
    return made


def full() -> Verdict:
    change = make_change(
        make_hunk(b"src/app.py", " a", "+b", f'+token = "{TOKEN}"'), make_hunk(b"\xff.py", "+x"), opaque=[b"logo.png"]
    )
    findings = [
        (make_secret(), Disposition.BLOCKS),
        (make_finding(rule="hardcoded", line=3, snippet=f'token = "{TOKEN}"', message=f"saw {TOKEN}"), Disposition.WARNS),
        (make_finding(b"\xff.py", 1, suppressed="seen"), Disposition.SUPPRESSED),
        (make_finding(dismissed=DECISION), Disposition.DISMISSED),
    ]
    coverage = looked(change, "rules") + covered(change, "models", State.SKIPPED, "not installed")
    return make_verdict(change, findings, coverage, identities={"rules": "ast-grep 0.51.1"}, dropped=1, notes=("n",))


def objects(node: Any) -> list[dict[str, Any]]:
    """Every JSON object below a node, itself included."""
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [*([node] if isinstance(node, dict) else []), *(found for child in below for found in objects(child))]


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


def test_json_of_a_full_verdict_follows_the_schema() -> None:
    VALIDATOR.validate(document(full()))


@settings(deadline=None)
@given(verdicts())
def test_json_of_any_verdict_follows_the_schema(verdict: Verdict) -> None:
    text = report.render(verdict, View())
    assert text.isascii()
    VALIDATOR.validate(json.loads(text))


def test_schema_refuses_unknown_properties_everywhere() -> None:
    made = document(full())
    free = ("identities", "reviewed_hunks")
    open_objects = [made["identities"], made["summary"]["reviewed_hunks"]]
    closed = [found for found in objects(made) if found not in open_objects]
    assert len(closed) > 15, free
    for number in range(len(closed)):
        changed = copy.deepcopy(made)
        [found for found in objects(changed) if found not in open_objects][number]["surprise"] = 1
        assert not VALIDATOR.is_valid(changed), closed[number]


@pytest.mark.parametrize("name", ["result", "summary", "change", "findings", "coverage", "policy_digest", "schema_version"])
def test_schema_requires_what_readers_rely_on(name: str) -> None:
    made = document(full())
    del made[name]
    assert not VALIDATOR.is_valid(made)


def test_json_tells_all_about_a_finding() -> None:
    verdict = make_verdict(findings=[(make_finding(also=("ruff/S608",)), Disposition.BLOCKS)])
    made = document(verdict)
    assert made["findings"] == [
        {
            "fingerprint": make_finding().fingerprint, "disposition": "blocks", "rule": "python-sql-injection",
            "kind": "security", "severity": "error", "confidence": "high", "path": "src/app.py", "start_line": 2, "end_line": 2,
            "start_column": 5, "end_column": 12, "snippet": "    execute(query)",
            "message": "The query is put together from text.", "remedy": "Pass the values as parameters.", "cwe": "CWE-89",
            "reviewer": "rules", "occurrence": 0, "also": ["ruff/S608"], "suppressed": "", "dismissed": None,
            "flow": [],
        }
    ]  # fmt: skip
    assert made["result"] == "block"
    assert made["policy_digest"] == verdict.policy.digest
    assert made["summary"]["findings"] == {"blocks": 1, "warns": 0, "notes": 0, "suppressed": 0, "dismissed": 0}


def test_json_tells_who_dismissed_a_finding_and_counts_it() -> None:
    findings = [
        (make_finding(dismissed=replace(DECISION, why=f"it is {TOKEN}", by_change=True)), Disposition.DISMISSED),
        (make_finding(dismissed=DECISION), Disposition.DISMISSED),
        (make_secret(), Disposition.WARNS),
    ]
    change = make_change(make_hunk(b"src/app.py", " a", "+    execute(query)", f'+token = "{TOKEN}"'))
    made = document(make_verdict(change, findings))
    assert made["findings"][0]["disposition"] == "dismissed"
    assert made["findings"][0]["dismissed"] == {
        "why": "it is ****", "who": "A Developer <dev@example.org>", "on": "2026-11-22", "until": "2027-01-31", "by_change": True,
    }  # fmt: skip
    assert (made["summary"]["findings"]["dismissed"], made["summary"]["dismissed_by_change"]) == (2, 1)


def test_json_nobody_looked_differs_from_nothing_found() -> None:
    change = make_verdict().change
    seen, unseen = document(make_verdict()), document(make_verdict(coverage=covered(change, "models", State.SKIPPED, "no model")))
    assert (seen["result"], seen["summary"]["nobody_looked"], seen["summary"]["unseen_hunks"]) == ("pass", False, 0)
    assert (unseen["summary"]["nobody_looked"], unseen["summary"]["unseen_hunks"]) == (True, 1)


def test_json_path_that_is_no_text_comes_in_base64_too() -> None:
    files = document(make_verdict(make_change(make_hunk(b"\xff\n.py", "+x"), make_hunk("ü.py".encode(), "+x"))))["change"][
        "files"
    ]
    assert files[0]["path"] == "\\xff\\n.py"
    assert b64decode(files[0]["path_bytes"]) == b"\xff\n.py"
    assert files[1]["path"] == "ü.py"
    assert "path_bytes" not in files[1]


def test_json_holds_no_secret() -> None:
    assert TOKEN[8:] not in report.render(full(), View())
