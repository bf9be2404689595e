"""What is written to a merge request: one comment, and remarks at lines."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.ci.job import Outcome
from reviewer.ci.table import as_markdown
from reviewer.forges.interface import Remark
from reviewer.records import Disposition, Finding, JudgedFinding, State, Verdict
from reviewer.report._markdown_page import finding_item, page
from reviewer.report._masking import Masks, masks_of

MOST = 30_000
"""Bytes. Bitbucket takes 32,768 characters, GitHub 65,536, GitLab a million."""

_SPOKEN = (Disposition.BLOCKS, Disposition.WARNS)

_OPEN = (*_SPOKEN, Disposition.NOTES)


def body_of(outcome: Outcome) -> str:
    """The comment."""
    table = as_markdown(outcome.table)
    if len(table.encode()) > MOST // 2:
        lines = table.split("\n")
        kept = [line for line in lines if not line.startswith("|")]
        table = "\n".join([kept[0], "", "There are too many commits for a comment: see commits.json of the job.", *kept[1:]])
    stops = "".join(f"\n**Stops the merge**: {stop}\n" for stop in outcome.stops)
    return f"{page(outcome.verdict, MOST - len(table.encode()) - len(stops.encode()))}\n{table}{stops}"


def remarks_of(outcome: Outcome) -> list[Remark]:
    """A remark for everything that blocks or warns and stands on a line of the diff; what blocks comes first."""
    masks = masks_of(outcome.verdict)
    return list(_remarks(outcome, masks))


def still_found(outcome: Outcome) -> frozenset[str] | None:
    """Keys of everything that nobody has mended or settled; None if not everybody looked at everything that they should."""
    if any(entry.state in (State.FAILED, State.DEFERRED) for entry in outcome.verdict.coverage):
        return None
    return frozenset(judged.finding.fingerprint for judged in outcome.verdict.findings if judged.disposition in _OPEN)


def _remarks(outcome: Outcome, masks: Masks) -> Iterator[Remark]:
    change = outcome.verdict.change
    lines = {(hunk.path, line.new_number) for hunk in change.hunks for line in hunk.lines if line.new_number}
    before = {file.path: file.old_path for file in change.files}
    for judged in outcome.verdict.findings:
        finding = judged.finding
        if judged.disposition in _SPOKEN and (finding.path, finding.start_line) in lines:
            path, old = _text(finding.path), _text(before[finding.path])
            if path is not None and old is not None:
                put = _suggestion(outcome.verdict, finding, masks)
                yield Remark(finding.fingerprint, path, finding.start_line, _body(judged, masks), put, old_path=old)


def _suggestion(verdict: Verdict, finding: Finding, masks: Masks) -> str | None:
    """What would stand in place of the line; never beside a secret, which a suggestion would show."""
    mend = verdict.mends.get(finding.fingerprint)
    return mend.line if mend and (finding.path, finding.start_line) not in masks.lines else None


def _body(judged: JudgedFinding, masks: Masks) -> str:
    return finding_item(judged, masks).removeprefix("- ")


def _text(path: bytes) -> str | None:
    """The APIs take names as text only."""
    try:
        return path.decode()
    except UnicodeDecodeError:
        return None
