"""Findings of the rules that a model is asked about, and what its doubt is worth.

A doubt moves a finding from the warnings to the notes. It never drops one, never touches one that blocks, and never makes a
better result of the review (`pipeline`): text in a diff that talks a model into doubting hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.records import Confidence, Finding, Hunk, Kind, Severity
from reviewer.review._model_context import one_line
from reviewer.review._model_ledger import Part
from reviewer.review._model_parts import Parts
from reviewer.review._model_permit import Permit


def questions(findings: Sequence[Finding], hunks: Sequence[Hunk], parts: Parts) -> Iterator[tuple[Finding, Part, int]]:
    """The findings that are in doubt, each with the part of a hunk that shows its line, and the line's label there."""
    for finding in findings:
        if not in_doubt(finding):
            continue
        place = next(_places(finding, hunks, parts), None)
        if place is not None:
            yield finding, *place


def in_doubt(finding: Finding) -> bool:
    """Medium confidence, and more than a note; secrets are not shown around."""
    medium = finding.confidence is Confidence.MEDIUM and finding.severity is not Severity.INFO
    return medium and finding.kind is not Kind.SECRET


def claim(finding: Finding) -> str:
    """What the finding says, in one line."""
    return one_line(finding.message)


def doubt(model: str, permit: Permit, score: float) -> str:
    """What is added to a doubted finding's message."""
    who = "A local model that is forced to speak (it has not passed the exam)" if permit.forced else "A local model"
    return f"{who}, {model}, doubts that (probability {permit.probability(score):.2f})."


def _places(finding: Finding, hunks: Sequence[Hunk], parts: Parts) -> Iterator[tuple[Part, int]]:
    for hunk in hunks:
        if hunk.path != finding.path or not hunk.new_start <= finding.start_line < hunk.new_start + max(hunk.new_count, 1):
            continue
        for part in parts.of(hunk):
            for label, row in part.context.labels.items():
                if finding.start_line <= row.line <= finding.end_line:
                    yield part, label
