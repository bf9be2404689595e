"""JUnit XML against the structure that CI servers read, with texts that try to break out of it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from any_verdict import verdicts
from hypothesis import given, settings
from make_hunk import make_hunk
from make_verdict import DECISION, TOKEN, covered, looked, make_change, make_finding, make_secret, make_verdict

from reviewer.records import Disposition, State, Verdict
from reviewer.report import junit
from reviewer.report.interface import View

OUTCOMES = {"failure", "error", "skipped", "system-out"}


def suite(verdict: Verdict) -> ET.Element:
    """The suite, after a check of everything that Jenkins' schema (junit-10.xsd) asks for."""
    root = ET.fromstring(junit.render(verdict, View()).encode())
    assert root.tag == "testsuites"
    (found,) = root
    assert found.tag == "testsuite"
    cases = found.findall("testcase")
    for element in (root, found):
        assert set(element.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
        counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
        assert int(element.attrib["tests"]) == len(cases)
        for key, tag in counts.items():
            assert int(element.attrib[key]) == sum(case.find(tag) is not None for case in cases)
        assert float(element.attrib["time"]) >= 0
    assert {child.tag for child in found} <= {"properties", "testcase", "system-out"}
    for case in cases:
        assert set(case.attrib) == {"classname", "name"}
        assert len(case) <= 1
        assert {child.tag for child in case} <= OUTCOMES
        assert all("message" in child.attrib for child in case if child.tag != "system-out")
    return found


def outcomes(verdict: Verdict) -> list[tuple[str, str]]:
    return [(case.attrib["classname"], case[0].tag if len(case) else "") for case in suite(verdict).findall("testcase")]


def test_junit_says_what_blocks_fails_and_what_warns_passes() -> None:
    findings = [
        (make_finding(), Disposition.BLOCKS),
        (make_finding(rule="other"), Disposition.WARNS),
        (make_finding(rule="third", suppressed="it is ours"), Disposition.SUPPRESSED),
        (make_finding(rule="fourth", dismissed=DECISION), Disposition.DISMISSED),
    ]
    verdict = make_verdict(findings=findings)
    tags = ["failure", "system-out", "skipped", "skipped"]
    assert outcomes(verdict) == [("src/app.py", tag) for tag in tags]
    cases = suite(verdict).findall("testcase")
    assert cases[0][0].attrib["message"] == "The query is put together from text."
    assert "Instead: Pass the values as parameters." in (cases[0][0].text or "")
    assert cases[2][0].attrib["message"] == "suppressed: it is ours"


def test_junit_nobody_looked_is_an_error_and_nothing_found_is_a_pass() -> None:
    change = make_verdict().change
    assert outcomes(make_verdict()) == [("src/app.py", "")]
    skipped = make_verdict(coverage=covered(change, "models", State.SKIPPED, "no model"))
    assert outcomes(skipped) == [("hunkgate", "error"), ("hunkgate", "skipped")]
    failed = make_verdict(coverage=looked(change, "rules") + covered(change, "models", State.FAILED, "crashed"))
    assert ("hunkgate", "error") in outcomes(failed)


def test_junit_hostile_texts_stay_texts() -> None:
    text = ']]></failure><testcase name="x"/>\x00\x1b[31m\ufffe\udc80\n&<>"\''
    finding = make_finding(b'a"b<c>\x00\xff\n.py', 2, rule=f"r{text}", message=text, remedy=text, snippet=text)
    verdict = make_verdict(findings=[(finding, Disposition.BLOCKS)], notes=(text,))
    cases = suite(verdict).findall("testcase")
    assert [case[0].tag if len(case) else "" for case in cases] == ["failure", ""]
    assert cases[0][0].attrib["message"].startswith(']]></failure><testcase name="x"/>\\x00\\x1b')


def test_junit_of_very_many_findings_is_cut_and_says_so() -> None:
    findings = [(make_finding(rule=f"r{number}"), Disposition.BLOCKS) for number in range(junit.MOST + 10)]
    cases = suite(make_verdict(findings=findings)).findall("testcase")
    assert len(cases) == junit.MOST + 1
    assert "10 more cases are not shown" in cases[-1][0].attrib["message"]


def test_junit_holds_no_secret() -> None:
    change = make_change(make_hunk(b"src/app.py", " a", "+b", f'+token = "{TOKEN}"'))
    findings = [(make_secret(), Disposition.BLOCKS), (make_finding(line=3, message=f"saw {TOKEN}"), Disposition.WARNS)]
    assert TOKEN not in junit.render(make_verdict(change, findings, notes=(f"note {TOKEN}",)), View())


@settings(deadline=None)
@given(verdicts())
def test_junit_of_any_verdict_has_the_structure(verdict: Verdict) -> None:
    suite(verdict)
