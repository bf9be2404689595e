"""Which findings of a review were waived: those that would have blocked, had nobody silenced them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reviewer.attest.canonical import well_formed
from reviewer.attest.waivers import Decided, Waiver, ordered
from reviewer.records import Finding, JudgedFinding, Mode, Policy


def waivers_of(findings: Iterable[JudgedFinding], policy: Policy, shown: Callable[[str], str] = str) -> tuple[Waiver, ...]:
    """The waivers that a verdict rests on.

    Args:
        shown: hides secrets in a text.
    """
    silenced = (judged.finding for judged in findings if judged.finding.dismissed or judged.finding.suppressed)
    return ordered(_waiver(finding, shown) for finding in silenced if blocks(finding, policy))


def blocks(finding: Finding, policy: Policy) -> bool:
    """Whether a finding would stop the commit if nobody had silenced it. The same as `reviewer.judge.disposition`, which stands
    on a higher floor; a test compares them."""
    return (
        policy.mode is Mode.BLOCK
        and finding.kind in policy.block_kinds
        and finding.confidence.rank >= policy.block_confidence.rank
        and finding.severity.rank >= policy.block_severity.rank
        and not finding.reviewer.startswith("models")
    )


def own_of(findings: Iterable[JudgedFinding], policy: Policy) -> tuple[Waiver, ...]:
    """The waivers that a change brings along, or that a comment in it is: the team has not seen these before."""
    return tuple(waiver for waiver in waivers_of(findings, policy) if waiver.decided is not Decided.BEFORE)


def _waiver(finding: Finding, shown: Callable[[str], str]) -> Waiver:
    decision = finding.dismissed
    place = (well_formed(finding.rule), finding.path, finding.start_line, finding.fingerprint)
    # A comment that silences is stronger than a dismissal: the finding's disposition says so.
    if finding.suppressed or decision is None:
        return Waiver(*place, well_formed(shown(finding.suppressed)), "", "", "", Decided.COMMENT)
    decided = Decided.CHANGE if decision.by_change else Decided.BEFORE
    words = (well_formed(shown(decision.why)), well_formed(shown(decision.who)))
    return Waiver(*place, *words, decision.on, decision.until, decided)
