"""The report for a person at a terminal: what blocks on top, then what does not, then what was not looked at, then one line."""

from __future__ import annotations

from reviewer.records import Disposition, Result, State, Verdict
from reviewer.report._summary import Gap, Summary, gaps, summarize
from reviewer.report._text import safe
from reviewer.report.interface import View


def render(verdict: Verdict, view: View) -> str:
    """The report as text; what the repository wrote in it is escaped, and no secret is in it.

    A verdict with nothing to show is one or two plain lines: they need no Rich, whose import costs more than a small review.
    """
    summary = summarize(verdict)
    if _nothing_to_show(verdict, summary):
        return "" if view.quiet and not summary.nobody_looked else _plain(verdict, summary, view)
    if view.quiet and not summary.dispositions[Disposition.BLOCKS] and not summary.states[State.FAILED]:
        return _plain(verdict, summary, view) if summary.nobody_looked else ""
    from reviewer.report._page import page

    return page(verdict, summary, view)


def _nothing_to_show(verdict: Verdict, summary: Summary) -> bool:
    gap = summary.states[State.FAILED] + summary.states[State.DEFERRED]
    return verdict.result is Result.PASS and not verdict.findings and not gap


def _plain(verdict: Verdict, summary: Summary, view: View) -> str:
    source = safe(verdict.change.source, 200)
    seconds = f"{verdict.seconds:.2f} s"
    skipped = gaps(verdict.coverage)
    if not summary.files:
        lines = [f"hunkgate: nothing to review: {source} is empty"]
    elif summary.nobody_looked:
        lines = [f"hunkgate: NOT REVIEWED: nobody looked at {source} ({summary.extent})"]
    else:
        lines = [f"hunkgate: nothing found: {summary.extent}; {safe(summary.reviewers)}; {seconds}"]
    if skipped:
        lines.append("  not looked at: " + "; ".join(_words(gap) for gap in skipped))
    lines += [f"  note: {safe(note)}" for note in verdict.notes if not view.quiet]
    return "\n".join(lines) + "\n"


def _words(gap: Gap) -> str:
    return f"{safe(gap.reviewer)}: {gap.amount} {gap.state.value}: {safe(gap.reason, 300)}"
