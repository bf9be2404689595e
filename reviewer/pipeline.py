"""The story: a change comes in, a verdict goes out.

    classify -> route -> review -> touched lines only, each problem once -> suppressions, dismissals -> judge

The reviewers run side by side. A model, which takes seconds, begins to read with the others, and says something only when they
are done (also about what they are not sure of), and only if they leave the question open: nobody waits for an opinion on a
change that is blocked already.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reviewer import judge, registry, route
from reviewer.classify import classify_change
from reviewer.crew import Crew
from reviewer.intake.contents import write_copies
from reviewer.private_folder import private_folder
from reviewer.records import (
    Confidence,
    Disposition,
    Finding,
    JudgedFinding,
    Kind,
    Machine,
    Policy,
    Profile,
    Ranking,
    Verdict,
)
from reviewer.report._masking import masks_of
from reviewer.review import _suppressions, _touched
from reviewer.review._others import Others
from reviewer.review.interface import SILENT, Job, Outcome, PrivateFile, Progress
from reviewer.sources import Sourced

MODELS = "models"

ENGINES = {"rules": ("rules", "taint", "change"), "secrets": ("secrets",), "analyzers": ("analyzers",), MODELS: (MODELS,)}
"""What takes part when a reviewer is chosen: names of the members `review/by_<name>.py`."""


def review(sourced: Sourced, machine: Machine, progress: Progress = SILENT) -> Verdict:
    """Review a change by the reviewers, and within the budget, that its policy names.

    Raises:
        StorageError: there is no room for the private copies.
    """
    started = time.monotonic()
    change, policy = sourced.change, sourced.policy
    profiles, classifier, about_ranks = _profiles(sourced, machine)
    engines = [engine for reviewer in policy.reviewers for engine in ENGINES[reviewer]]
    plan = route.plan(change, profiles, policy, engines=engines, readable=frozenset(sourced.contents))
    with private_folder() as folder:
        files = _private_files(folder, sourced)
        deadline = started + policy.budget
        others = Others()
        jobs = {
            name: Job(
                hunks, files, folder, profiles, policy, machine, deadline, progress, sourced.before, sourced.local_rules, others
            )
            for name, hunks in plan.assigned.items()
            if hunks
        }
        with Crew(jobs, others, last=MODELS) as crew:
            outcomes = crew.outcomes(name for name in jobs if name != MODELS)
            findings, dropped, decisions = _judged(outcomes, sourced)
            before = findings
            others.settle(_active(findings), blocked=_blocked(findings))
            if MODELS in jobs:
                outcomes += crew.outcomes([MODELS])
                findings, dropped, decisions = _judged(outcomes, sourced)
    coverage = [*(entry for outcome in outcomes for entry in outcome.coverage), *plan.left_out]
    verdict = Verdict(
        # A model's doubt moves a finding to the notes; it never makes a better result.
        result=judge.result((*before, *findings), coverage),
        change=change,
        policy=policy,
        findings=findings,
        coverage=tuple(coverage),
        profiles=profiles,
        dropped=dropped,
        identities={**classifier, **{key: value for outcome in outcomes for key, value in outcome.identities.items()}},
        forced=tuple(sorted(frozenset[str]().union(*(outcome.forced for outcome in outcomes)))),
        seconds=time.monotonic() - started,
        notes=(*sourced.notes, *about_ranks, *(note for outcome in outcomes for note in outcome.notes), *decisions),
    )
    note = _remembered(verdict, sourced)
    return replace(verdict, notes=(*verdict.notes, note)) if note else verdict


def _profiles(
    sourced: Sourced, machine: Machine
) -> tuple[Mapping[tuple[bytes, int], Profile], Mapping[str, str], tuple[str, ...]]:
    """What each hunk is, ranked by risk if that is wanted; who ranked; and why nobody did, or not on the device that should."""
    profiles = classify_change(sourced.change)
    if machine.classifier is Ranking.OFF or (machine.classifier is Ranking.AUTO and not machine.larger_model):
        return profiles, {}, ()
    # Few reviews rank: the others do not pay for the import.
    from reviewer.classify.ranked import ranked
    from reviewer.engine.judging import judge_for

    classifier = judge_for(machine)
    found, why = ranked(sourced.change, profiles, sourced.own_ranks(), classifier)
    told = (classifier.note, why if machine.classifier is Ranking.ON else "")
    return found, classifier.identity, tuple(note for note in told if note)


def _private_files(folder: Path, sourced: Sourced) -> dict[bytes, PrivateFile]:
    copies = write_copies(folder, sourced.change, sourced.contents)
    languages = {file.path: file.language for file in sourced.change.files}
    return {
        path: PrivateFile(path, copy, sourced.contents[path].data, languages[path], sourced.contents[path].whole)
        for path, copy in copies.items()
    }


def _active(findings: Sequence[JudgedFinding]) -> list[Finding]:
    """Those that nobody silenced."""
    return [one.finding for one in findings if one.disposition in (Disposition.BLOCKS, Disposition.WARNS, Disposition.NOTES)]


def _blocked(findings: Sequence[JudgedFinding]) -> bool:
    return any(one.disposition is Disposition.BLOCKS for one in findings)


def _judged(outcomes: Sequence[Outcome], sourced: Sourced) -> tuple[tuple[JudgedFinding, ...], int, tuple[str, ...]]:
    """The findings that count with what they do, how many were dropped because they are not about this change, and what has to
    be said about dismissals."""
    texts = _touched.Texts.of(sourced.change)
    disabled = frozenset(sourced.policy.disabled_rules)
    harmless = frozenset[tuple[bytes, int, str]]().union(*(outcome.harmless for outcome in outcomes))
    said = [finding for outcome in outcomes for finding in outcome.findings if finding.rule not in disabled]
    said = [finding for finding in said if not _touched.refuted(finding, harmless)]
    kept = [finding for finding in _touched.numbered(said) if _touched.anchored(finding, texts)]
    suppressions = _suppressions.found(texts)
    about_comments = _suppressions.reported(suppressions, texts, sourced.policy, lambda: _known_ids(sourced))
    findings = _suppressions.applied(_touched.merged(_without_secrets(kept)), suppressions, sourced.policy)
    recalled = sourced.memory.recalled(findings, sourced.policy)
    doubted = {key: why for outcome in outcomes for key, why in outcome.doubted.items()}
    told = [_doubted(finding, doubted, sourced.policy) for finding in recalled.findings]
    judged = judge.judge([*told, *_touched.numbered(about_comments)], sourced.policy)
    return judged, len(said) - len(kept), recalled.notes


def _doubted(finding: Finding, doubted: Mapping[tuple[bytes, int, str], str], policy: Policy) -> Finding:
    """A finding that only warns, with the doubt of a model. What blocks stays as it is, whatever a model says."""
    why = doubted.get((finding.path, finding.start_line, finding.rule))
    if why is None or judge.disposition(finding, policy) is not Disposition.WARNS:
        return finding
    return replace(finding, confidence=Confidence.LOW, message=f"{finding.message} {why}")


def _without_secrets(findings: Sequence[Finding]) -> list[Finding]:
    """The findings; those that stand on the line of a secret quote it as the secret's own finding does. Fingerprints are made of
    the quote and published: they would be digests of the secret, and a short secret can be guessed from its digest."""
    masked = {(finding.path, finding.start_line): finding.snippet for finding in findings if finding.kind is Kind.SECRET}
    beside = [f.kind is not Kind.SECRET and (f.path, f.start_line) in masked for f in findings]
    others = [finding for finding, is_beside in zip(findings, beside, strict=True) if not is_beside]
    quoting = [
        replace(finding, snippet=masked[finding.path, finding.start_line])
        for finding, is_beside in zip(findings, beside, strict=True)
        if is_beside
    ]
    return [*others, *_touched.numbered(quoting)]


def _remembered(verdict: Verdict, sourced: Sourced) -> str:
    """Keep what was found, without secrets, for `hunkgate dismiss`; if that fails, why."""
    findings = [judged.finding for judged in verdict.findings]
    if not findings:
        return ""
    masks = masks_of(verdict)
    redact = registry.load("reviewer.review", "by_secrets").redact
    return sourced.memory.remember(findings, lambda text: redact(masks.text(text)))


def _known_ids(sourced: Sourced) -> frozenset[str]:
    """Every id that a suppression may name."""
    engines = [registry.load("reviewer.review", f"by_{name}") for name in ENGINES["rules"]]
    return sourced.local_rules.ids.union(*(engine.rule_ids() for engine in engines))
