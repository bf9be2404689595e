"""The report as JUnit XML, which nearly every CI server shows.

One suite; a case for every file that was looked at, and one for every finding. What blocks is a `failure`, a reviewer that failed
an `error`; what warns passes and says so in `system-out`; what was silenced or not looked at is `skipped`. Element and attribute
names are those of Jenkins' schema (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from reviewer.records import Disposition, JudgedFinding, State, Verdict, printable
from reviewer.report._masking import Masks, masks_of
from reviewer.report._summary import Gap, gaps, summarize
from reviewer.report._text import safe
from reviewer.report.interface import View

MOST = 5000
"""Cases; a file of more makes CI servers slow. What blocks comes first."""

_SILENCED = (Disposition.SUPPRESSED, Disposition.DISMISSED)


@dataclass(frozen=True, slots=True)
class _Case:
    group: str
    name: str
    outcome: str = ""
    """`failure`, `error`, `skipped`, or empty if it passes."""
    message: str = ""
    text: str = ""

    def xml(self) -> str:
        head = f"    <testcase classname={_attribute(self.group)} name={_attribute(self.name)}"
        if not self.outcome and not self.text:
            return f"{head}/>\n"
        tag = self.outcome or "system-out"
        message = f" message={_attribute(self.message)}" if self.outcome else ""
        kind = ' type="hunkgate"' if self.outcome in ("failure", "error") else ""
        return f"{head}>\n      <{tag}{message}{kind}>{_text(self.text)}</{tag}>\n    </testcase>\n"


def render(verdict: Verdict, view: View) -> str:
    """The XML document, without characters that XML 1.0 forbids. The view changes nothing."""
    masks = masks_of(verdict)
    cases = list(_cases(verdict, masks))
    shown, left = cases[:MOST], len(cases) - MOST
    if left > 0:
        shown.append(_Case("hunkgate", f"{left} more", "skipped", f"{left} more cases are not shown; the JSON report has all"))
    counts = _counts(shown)
    seconds = f"{verdict.seconds:.3f}"
    said = "".join(f"{safe(masks.text(note), 500)}\n" for note in verdict.notes)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<testsuites name="hunkgate" {counts} time="{seconds}">\n',
        f'  <testsuite name="hunkgate" {counts} time="{seconds}">\n',
        f'    <properties><property name="result" value="{verdict.result.value}"/></properties>\n',
        *(case.xml() for case in shown),
        *([f"    <system-out>{_text(said)}</system-out>\n"] if said else []),
        "  </testsuite>\n</testsuites>\n",
    ]
    return "".join(lines)


def _counts(cases: Iterable[_Case]) -> str:
    outcomes = [case.outcome for case in cases]
    words = {"tests": len(outcomes), "failures": outcomes.count("failure"), "errors": outcomes.count("error")}
    return " ".join(f'{key}="{value}"' for key, value in {**words, "skipped": outcomes.count("skipped")}.items())


def _cases(verdict: Verdict, masks: Masks) -> Iterator[_Case]:
    summary = summarize(verdict)
    if summary.nobody_looked:
        yield _Case("hunkgate", "review", "error", f"NOT REVIEWED: nobody looked at {summary.extent}")
    for judged in verdict.findings:
        yield _finding(judged, masks)
    for gap in gaps(verdict.coverage):
        yield _gap(gap)
    looked = {entry.path for entry in verdict.coverage if entry.state is State.REVIEWED}
    told = {judged.finding.path for judged in verdict.findings}
    for path in sorted(looked - told):
        yield _Case(printable(path), "nothing found")


def _finding(judged: JudgedFinding, masks: Masks) -> _Case:
    finding = judged.finding
    name = f"{finding.rule} at line {finding.start_line} [{finding.fingerprint[:12]}]"
    message = masks.text(finding.message)
    facts = filter(None, (finding.kind.value, finding.severity.value, f"{finding.confidence.value} confidence", finding.cwe))
    lines = [message, f"Instead: {masks.text(finding.remedy)}" if finding.remedy else ""]
    lines += [f"{printable(finding.path)}:{finding.start_line}: {masks.snippet(finding).strip()}"]
    lines += [f"{', '.join(facts)}, by {finding.reviewer}"]
    text = "\n".join(safe(line) for line in lines if line)
    if judged.disposition is Disposition.BLOCKS:
        return _Case(printable(finding.path), name, "failure", message, text)
    if judged.disposition in _SILENCED:
        why = finding.suppressed or (finding.dismissed.why if finding.dismissed else "")
        return _Case(printable(finding.path), name, "skipped", f"{judged.disposition.value}: {masks.text(why)}", text)
    return _Case(printable(finding.path), name, "", "", f"{judged.disposition.value}: {text}")


def _gap(gap: Gap) -> _Case:
    outcome = "error" if gap.state is State.FAILED else "skipped"
    what = f"not looked at: {gap.amount} {gap.state.value}: {gap.reason}"
    return _Case("hunkgate", f"{gap.reviewer}: {gap.reason}", outcome, what)


def _attribute(text: str) -> str:
    return quoteattr(safe(text, 500))


def _text(text: str) -> str:
    return escape("\n".join(safe(line, 4000) for line in text.split("\n")))
