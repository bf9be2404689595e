"""A verdict as Markdown: the result, what was found, and what nobody looked at."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.records import Disposition, JudgedFinding, Result, Verdict, printable
from reviewer.report._markdown import code, fitted, prose
from reviewer.report._masking import Masks, masks_of
from reviewer.report._summary import Gap, Summary, counted, gaps, summarize

_HEADLINE = {
    Result.BLOCK: "BLOCKED",
    Result.INCOMPLETE: "INCOMPLETE",
    Result.WARN: "WARNED",
    Result.PASS: "PASSED",
}

_TITLES = {Disposition.BLOCKS: "blocks", Disposition.WARNS: "warning", Disposition.NOTES: "note"}

_SILENCED = (Disposition.SUPPRESSED, Disposition.DISMISSED)

_MOST_GAPS = 20
_MOST_NOTES = 20


def page(verdict: Verdict, most: int) -> str:
    """The whole page; no secret is in it.

    Args:
        most: bytes.
    """
    masks, summary = masks_of(verdict), summarize(verdict)
    items = [finding_item(judged, masks) for judged in verdict.findings if judged.disposition in _TITLES]
    head = [f"## Hunkgate: {headline(verdict, summary)}\n\n", f"{_counts(summary)}\n"]
    head += ["\n### Findings\n\n"] if items else []
    return fitted(head, items, [*_not_looked_at(verdict), *_notes(verdict, masks)], most)


def headline(verdict: Verdict, summary: Summary) -> str:
    """The result in a word or two. "Nothing found" and "nobody looked" never look alike."""
    if not summary.files:
        return "nothing to review"
    if summary.nobody_looked:
        return "NOT REVIEWED"
    return _HEADLINE[verdict.result]


def finding_item(judged: JudgedFinding, masks: Masks) -> str:
    """One finding as an item of a list."""
    finding = judged.finding
    place = code(f"{printable(finding.path)}:{finding.start_line}")
    facts = [_TITLES[judged.disposition], finding.kind.value, *([finding.cwe] if finding.cwe else [])]
    facts += [f"{finding.confidence.value} confidence", f"by {finding.reviewer}"]
    lines = [f"- {place} {code(finding.rule)} ({prose(', '.join(facts))})"]
    lines.append(f"  It says: {prose(masks.text(finding.message))}")
    if finding.remedy:
        lines.append(f"  Instead: {prose(masks.text(finding.remedy))}")
    lines.append(f"  Code: {code(masks.snippet(finding).strip(), 200)}, id {code(finding.fingerprint[:12])}")
    return "  \n".join(lines) + "\n"


def _counts(summary: Summary) -> str:
    names = ((Disposition.BLOCKS, "blocking"), (Disposition.WARNS, "warnings"), (Disposition.NOTES, "notes"))
    words = [f"{summary.dispositions[key]} {name}" for key, name in names]
    words += [f"{summary.dispositions[key]} {key.value}" for key in _SILENCED if summary.dispositions[key]]
    if summary.dismissed_by_change:
        words.append(f"{counted(summary.dismissed_by_change, 'finding')} dismissed by this very change")
    looked = prose(summary.reviewers) or "no reviewer looked at anything"
    return f"{', '.join(words)}; {summary.extent}; {looked}"


def _not_looked_at(verdict: Verdict) -> Iterator[str]:
    found = gaps(verdict.coverage)
    if not found:
        return
    yield "\n### Not looked at\n\n"
    yield from (gap_item(gap) for gap in found[:_MOST_GAPS])
    if len(found) > _MOST_GAPS:
        yield f"- and {len(found) - _MOST_GAPS} more reasons; the JSON report has all\n"


def gap_item(gap: Gap) -> str:
    """What one reviewer did not look at, as an item of a list."""
    return f"- {gap.state.value}: {code(gap.reviewer)} {gap.amount}: {prose(gap.reason, 300)}\n"


def _notes(verdict: Verdict, masks: Masks) -> Iterator[str]:
    if verdict.notes:
        yield "\n### Notes\n\n"
    yield from (f"- Note: {prose(masks.text(note), 500)}\n" for note in verdict.notes[:_MOST_NOTES])
    if len(verdict.notes) > _MOST_NOTES:
        yield f"- and {len(verdict.notes) - _MOST_NOTES} more\n"
