"""The way of a value from its source to its sink, in every report."""

from __future__ import annotations

import json

from make_verdict import make_finding, make_verdict

from reviewer.records import Disposition, Step, Verdict
from reviewer.report import json as json_report
from reviewer.report import sarif, terminal
from reviewer.report.interface import View

FLOW = (Step(1, 5, 'request.args["q"]', "comes in"), Step(2, 9, "execute(query)", "is run as SQL"))


def verdict() -> Verdict:
    return make_verdict(findings=((make_finding(flow=FLOW), Disposition.WARNS),))


def test_sarif_has_it_as_code_flow() -> None:
    (result,) = json.loads(sarif.render(verdict(), View()))["runs"][0]["results"]
    (thread,) = result["codeFlows"][0]["threadFlows"]
    steps = [place["location"] for place in thread["locations"]]
    assert [step["message"]["text"] for step in steps] == ['comes in: request.args["q"]', "is run as SQL: execute(query)"]
    assert [step["physicalLocation"]["region"] for step in steps] == [
        {"startLine": 1, "startColumn": 5},
        {"startLine": 2, "startColumn": 9},
    ]


def test_json_has_its_steps() -> None:
    (finding,) = json.loads(json_report.render(verdict(), View()))["findings"]
    assert finding["flow"][0] == {"line": 1, "column": 5, "text": 'request.args["q"]', "note": "comes in"}


def test_terminal_shows_the_steps_in_order() -> None:
    text = terminal.render(verdict(), View())
    assert text.index('1  comes in: request.args["q"]') < text.index("2  is run as SQL: execute(query)")


def test_no_flow_leaves_no_trace() -> None:
    plain = make_verdict(findings=((make_finding(), Disposition.WARNS),))
    assert "codeFlows" not in sarif.render(plain, View())
