"""The review of a range: deterministic reviewers on all of it, models on what is not proven."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewer import judge, pipeline, route
from reviewer.ci.fates import BLOCKED, Facts, Fate, Look, fates
from reviewer.ci.former import Former, Summary
from reviewer.ci.history import secrets_of_commits
from reviewer.ci.sourcing import sourced
from reviewer.ci.span import Commits
from reviewer.ci.standards import Standards
from reviewer.classify import classify_change
from reviewer.git import Git
from reviewer.proving.attached import with_proven_mends
from reviewer.records import (
    Change,
    CoverageEntry,
    Disposition,
    Finding,
    Hunk,
    JudgedFinding,
    Machine,
    State,
    Verdict,
)
from reviewer.records.policy import GeneratedReview
from reviewer.review.interface import Progress
from reviewer.sources import Sourced

MODELS = pipeline.MODELS

NO_LARGER = "no larger model is set (larger_model in this machine's own settings)"

PROVEN = "a review of it is proven: it is not asked again"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The outcome."""

    verdict: Verdict
    fates: Mapping[bytes, Fate]
    """What became of each path that the models were to look at."""
    generated: Mapping[bytes, Fate]
    """Of those with generated lines, what became of the review that the settings want."""
    said: tuple[Finding, ...]
    """What models said, now and in former runs."""
    looked: frozenset[bytes]
    """Paths that models have looked at, now or, if they are as they were then, in former runs."""


def review(
    git: Git, commits: Commits, standards: Standards, again: frozenset[bytes], generated: frozenset[bytes], former: Former,
    machine: Machine, budget: float, progress: Progress,
) -> Reviewed:  # fmt: skip
    """Review a range.

    Args:
        again: paths that models have to look at.
        generated: of these, the ones that they have to look at because lines in them were generated.
        budget: seconds for the models.

    Raises:
        HunkgateError: git or the disk failed.
    """
    started = time.monotonic()
    start = _sourced(git, commits, standards)
    without = tuple(name for name in standards.policy.reviewers if name != MODELS)
    progress.step(f"the deterministic reviewers read {len(start.change.files)} files")
    fixed = pipeline.review(replace(start, policy=replace(standards.policy, reviewers=without)), machine, progress)
    history = secrets_of_commits(git, commits, standards, machine, progress, fixed)
    opinions = _opinions(start, again, generated, fixed, machine, budget, progress)
    standing = _unchanged(git, commits, former)
    carried = _carried(standing, start, again)
    said = [*opinions.findings, *start.memory.recalled(carried, standards.policy).findings]
    found = opinions.fates
    findings = [judged.finding for judged in (*fixed.findings, *history)] + _unsaid(said, fixed.findings)
    verdict = _together(fixed, opinions, judge.judge(findings, standards.policy), standards)
    progress.step("the fixes are proven")
    verdict = with_proven_mends(git, start, verdict, machine)
    verdict = replace(verdict, seconds=time.monotonic() - started)
    kept = frozenset[bytes]().union(*(summary.paths - changed for summary, changed in standing))
    unmet = {path for path, fate in opinions.generated.items() if fate.look is Look.OPEN}
    looked = frozenset(path for path, fate in found.items() if fate.look is Look.SEEN) | (kept - again)
    return Reviewed(verdict, found, opinions.generated, tuple(said), looked - unmet)


def _sourced(git: Git, commits: Commits, standards: Standards) -> Sourced:
    base = git.tree_of(commits.fork) if commits.fork else None
    tree = git.tree_of(commits.head)
    assert tree is not None, "every commit has a tree"
    name = f"{commits.fork[:12] or 'nothing'}..{commits.head[:12]}"
    return sourced(git, base or git.empty_tree(), tree, name, standards)


@dataclass(frozen=True, slots=True)
class _Opinions:
    """What models said: the larger one of generated lines, if the settings want that, and the usual ones of all else."""

    asked: Sequence[tuple[_Asked, Verdict | None]]
    """The later one's word counts where two were asked about the same."""
    fates: Mapping[bytes, Fate]
    generated: Mapping[bytes, Fate]

    @property
    def verdicts(self) -> list[Verdict]:
        return [opinion for _, opinion in self.asked if opinion]

    @property
    def findings(self) -> list[Finding]:
        found = [finding for opinion in self.verdicts for finding in _said(opinion)]
        return list({finding.fingerprint: finding for finding in found}.values())

    @property
    def identities(self) -> dict[str, str]:
        named = [(key, value) for opinion in self.verdicts for key, value in opinion.identities.items()]
        return {key: " | ".join(dict.fromkeys(value for name, value in named if name == key)) for key, _ in named}

    def coverage(self, change: Change) -> Iterator[CoverageEntry]:
        """One entry of the models for every hunk of the range."""
        told: dict[tuple[bytes, int], CoverageEntry] = {}
        wanted: set[tuple[bytes, int]] = set()
        for asked, opinion in self.asked:
            facts = asked.facts(opinion)
            told.update(((entry.path, entry.hunk), entry) for entry in (*facts.coverage, *asked.left_out))
            wanted |= facts.wanted
        yield from told.values()
        for place in _places(change):
            if place in wanted and place not in told:
                yield CoverageEntry(*place, MODELS, State.DEFERRED, BLOCKED)
            elif place not in told:
                yield CoverageEntry(*place, MODELS, State.SKIPPED, PROVEN)


def _opinions(
    start: Sourced, again: frozenset[bytes], generated: frozenset[bytes], fixed: Verdict, machine: Machine, budget: float,
    progress: Progress,
) -> _Opinions:  # fmt: skip
    ends = time.monotonic() + budget
    asks = MODELS in start.policy.reviewers
    wants_larger = asks and bool(generated) and start.policy.generated_review is GeneratedReview.LARGER
    asked: list[tuple[_Asked, Verdict | None]] = []
    first: dict[bytes, Fate] = {}
    if wants_larger and machine.larger_model:
        alone = replace(machine, model=machine.larger_model, larger_model="")
        asked.append(_ask(_Asked(start, generated, alone, budget, progress), fixed))
        first = fates(generated, asked[0][0].facts(asked[0][1]))
    elif wants_larger:
        first = dict.fromkeys(generated, Fate(Look.OPEN, NO_LARGER))
    left = again - {path for path, fate in first.items() if fate.look is not Look.OPEN}
    # What has nothing to judge for one model has none for another.
    usual = _Asked(start, left, machine, max(0.0, ends - time.monotonic()), progress)
    asked.append(_ask(usual, fixed) if asks else (usual, None))
    found = {**first, **fates(left, usual.facts(asked[-1][1]))}
    if not wants_larger:
        return _Opinions(asked, found, {path: found[path] for path in generated})
    idle = {path for path in generated if found[path].look is Look.IDLE}
    return _Opinions(asked, found, {path: found[path] if path in idle else fate for path, fate in first.items()})


class _Asked:
    """The models' part."""

    def __init__(self, start: Sourced, again: frozenset[bytes], machine: Machine, budget: float, progress: Progress) -> None:
        self.start = start
        self.again = again
        self.machine = machine
        self.progress = progress
        self.files = tuple(file for file in start.change.files if not again.isdisjoint({file.path, file.old_path}))
        self.policy = replace(start.policy, reviewers=(MODELS,), budget=budget)
        profiles = classify_change(start.change)
        readable = frozenset(start.contents)
        change = replace(start.change, files=self.files)
        plan = route.plan(change, profiles, self.policy, engines=[MODELS], readable=readable)
        self.hunks: Sequence[Hunk] = plan.assigned[MODELS]
        self.left_out = plan.left_out

    def opinion(self, fixed: Verdict) -> Verdict | None:
        """What models say; None if there is nothing to ask, or nobody needs it any more."""
        blocked = any(judged.disposition is Disposition.BLOCKS for judged in fixed.findings)
        if not self.hunks or blocked:
            return None
        change = replace(self.start.change, files=self.files)
        return pipeline.review(replace(self.start, change=change, policy=self.policy), self.machine, self.progress)

    def facts(self, opinion: Verdict | None) -> Facts:
        """What the fates of the paths follow from."""
        told = [entry for entry in opinion.coverage if _is_models(entry.reviewer)] if opinion else []
        wanted = frozenset((hunk.path, hunk.new_start) for hunk in self.hunks)
        took_part = opinion is not None and MODELS in opinion.identities
        own = [entry for entry in told if (entry.path, entry.hunk) in wanted]
        return Facts(self.files, wanted, self.left_out, own, took_part, MODELS in self.start.policy.reviewers)


def _ask(asked: _Asked, fixed: Verdict) -> tuple[_Asked, Verdict | None]:
    return asked, asked.opinion(fixed)


def _places(change: Change) -> Iterator[tuple[bytes, int]]:
    for file in change.files:
        yield from ((file.path, hunk.new_start) for hunk in file.hunks)
        if not file.hunks:
            yield file.path, -1


def _is_models(reviewer: str) -> bool:
    return reviewer.partition("/")[0] == MODELS


def _said(opinion: Verdict | None) -> list[Finding]:
    """What models said of it. The other reviewers' words about comments and dismissals stand in the other verdict already."""
    return [judged.finding for judged in opinion.findings if _is_models(judged.finding.reviewer)] if opinion else []


def _unsaid(said: Iterable[Finding], fixed: Sequence[JudgedFinding]) -> list[Finding]:
    """Without what a rule says of the same line: its words are better."""
    known = {(judged.finding.path, judged.finding.start_line, judged.finding.cwe) for judged in fixed}
    return [finding for finding in said if (finding.path, finding.start_line, finding.cwe) not in known]


def _unchanged(git: Git, commits: Commits, former: Former) -> list[tuple[Summary, frozenset[bytes]]]:
    """What former runs have looked at, each with the paths that changed since."""
    words = ("-r", "--name-only", "-z", "--no-renames", "--ignore-submodules=none", "--no-relative")
    names = ((summary, git.run("diff-tree", *words, summary.commit, commits.head)) for summary in former.summaries)
    return [(summary, frozenset(listed.split(b"\0"))) for summary, listed in names]


def _carried(standing: Iterable[tuple[Summary, frozenset[bytes]]], start: Sourced, again: frozenset[bytes]) -> list[Finding]:
    """What models said in former runs of files that are as they were then and not looked at again now."""
    there = {file.path for file in start.change.files} - again
    found: dict[str, Finding] = {}
    for summary, changed in standing:
        for finding in summary.findings:
            if finding.path in there and finding.path not in changed:
                found.setdefault(finding.fingerprint, finding)
    return list(found.values())


def _together(fixed: Verdict, opinions: _Opinions, findings: tuple[JudgedFinding, ...], standards: Standards) -> Verdict:
    asks = MODELS in standards.policy.reviewers
    coverage = (*fixed.coverage, *(opinions.coverage(fixed.change) if asks else ()))
    notes = [*standards.remarks, *fixed.notes, *(note for opinion in opinions.verdicts for note in opinion.notes)]
    return replace(
        fixed,
        result=judge.result(findings, coverage),
        policy=standards.policy,
        findings=findings,
        coverage=coverage,
        dropped=fixed.dropped + sum(opinion.dropped for opinion in opinions.verdicts),
        identities={**fixed.identities, **opinions.identities},
        notes=tuple(dict.fromkeys(notes)),
    )
