"""Mends for programs: JSON, SARIF, the lines for a code host, and the last line of a report."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from make_verdict import make_verdict
from mending import a_candidate, a_finding

from reviewer.fix.hint import hint
from reviewer.fix.interface import Proof, failed, passed
from reviewer.fix.shown import document, sarif_fix, suggestion
from reviewer.judge import judge
from reviewer.records import Dismissed, Fix, Policy, Replacement

CONTENT = "\u00e9 = 1\nx = [a,\n     b]\nlast".encode()


def _fix(start: int, end: int, text: bytes) -> Fix:
    return Fix((Replacement.at(CONTENT, start, end, text),), "rule")


def test_document_is_json_and_tells_shown_from_refused() -> None:
    one = a_candidate(b"a\xe9\nb\n", (0, 2, b"\xff"))
    good, bad = Proof(one, (passed("applies"),)), Proof(one, (failed("parses", "no"),))
    made = json.loads(json.dumps(document([good], [bad], 3)))
    assert made["findings"] == 3
    assert base64.b64decode(made["fixes"][0]["edits"][0]["text_base64"]) == b"\xff"
    assert base64.b64decode(made["fixes"][0]["patch_base64"]).startswith(b"diff --git a/a.py b/a.py\n")
    assert (made["not_shown"][0]["step"], made["not_shown"][0]["reason"]) == ("parses", "no")


def test_proof_without_steps_is_not_shown() -> None:
    assert not Proof(a_candidate(b"a", (0, 1, b"b")), ()).shown


def test_sarif_fix_counts_in_characters() -> None:
    made = sarif_fix(_fix(5, 6, b"2"), "a.py", "Write 2.")
    assert made == {
        "description": {"text": "Write 2."},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": "a.py"},
                "replacements": [
                    {
                        "deletedRegion": {"startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 6},
                        "insertedContent": {"text": "2"},
                    }
                ],
            }
        ],
    }
    assert sarif_fix(_fix(5, 6, b"\xff"), "a.py", "") is None


@pytest.mark.parametrize(
    ("line", "fix", "said"),
    [
        (1, _fix(5, 6, b"2"), "\u00e9 = 2"),
        (1, _fix(5, 6, b"2\ny = 3"), "\u00e9 = 2\ny = 3"),
        (2, _fix(5, 6, b"2"), None),
        (2, _fix(CONTENT.index(b"["), CONTENT.index(b"]"), b""), None),
        (1, _fix(0, 6, b""), None),
        (1, _fix(5, 6, b"\xff"), None),
        (1, _fix(5, 6, b"2\r"), None),
        (4, _fix(CONTENT.index(b"last"), len(CONTENT), b"end"), "end"),
        (9, _fix(5, 6, b"2"), None),
    ],
)
def test_suggestion_is_for_one_line(line: int, fix: Fix, said: str | None) -> None:
    assert suggestion(CONTENT, fix, line) == said


def test_hint_counts_only_what_counts() -> None:
    fix = _fix(0, 1, b"y")
    silenced = Dismissed("why", "who", "2026-01-01", "", False)
    found = [a_finding(fix=fix), a_finding(line=2, fix=fix), a_finding(line=3), a_finding(line=4, fix=fix, suppressed="ours")]
    found.append(a_finding(line=5, fix=fix, dismissed=silenced))
    verdict = replace(make_verdict(), findings=judge(found, Policy()))
    assert hint(verdict) == "2 of these have a fix; to put in what is proven to mend: hunkgate fix --apply\n"
    assert hint(replace(verdict, findings=judge(found[2:], Policy()))) == ""


def test_a_fix_changes_no_fingerprint() -> None:
    assert a_finding(fix=_fix(0, 1, b"y")).fingerprint == a_finding().fingerprint
