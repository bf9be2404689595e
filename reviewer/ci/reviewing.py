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
from reviewer.review.interface import Progress
from reviewer.sources import Sourced

MODELS = pipeline.MODELS

PROVEN = "a review of it is proven: it is not asked again"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The outcome."""

    verdict: Verdict
    fates: Mapping[bytes, Fate]
    """What became of each path that the models were to look at."""
    said: tuple[Finding, ...]
    """What models said, now and in former runs."""
    looked: frozenset[bytes]
    """Paths that models have looked at, now or, if they are as they were then, in former runs."""


def review(
    git: Git, commits: Commits, standards: Standards, again: frozenset[bytes], former: Former, machine: Machine,
    budget: float, progress: Progress,
) -> Reviewed:  # fmt: skip
    """Review a range.

    Args:
        again: paths that models have to look at.
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
    asked = _Asked(start, again, machine, budget, progress)
    opinion = asked.opinion(fixed) if MODELS in standards.policy.reviewers else None
    standing = _unchanged(git, commits, former)
    carried = _carried(standing, start, again)
    said = [*_said(opinion), *start.memory.recalled(carried, standards.policy).findings]
    found = fates(again, asked.facts(opinion))
    findings = [judged.finding for judged in (*fixed.findings, *history)] + _unsaid(said, fixed.findings)
    verdict = _together(fixed, opinion, judge.judge(findings, standards.policy), asked, standards)
    progress.step("the fixes are proven")
    verdict = with_proven_mends(git, start, verdict, machine)
    verdict = replace(verdict, seconds=time.monotonic() - started)
    kept = frozenset[bytes]().union(*(summary.paths - changed for summary, changed in standing))
    looked = frozenset(path for path, fate in found.items() if fate.look is Look.SEEN) | (kept - again)
    return Reviewed(verdict, found, tuple(said), looked)


def _sourced(git: Git, commits: Commits, standards: Standards) -> Sourced:
    base = git.tree_of(commits.fork) if commits.fork else None
    tree = git.tree_of(commits.head)
    assert tree is not None, "every commit has a tree"
    name = f"{commits.fork[:12] or 'nothing'}..{commits.head[:12]}"
    return sourced(git, base or git.empty_tree(), tree, name, standards)


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

    def coverage(self, opinion: Verdict | None) -> Iterator[CoverageEntry]:
        """One entry of the models for every hunk of the range."""
        facts = self.facts(opinion)
        yield from (*facts.coverage, *self.left_out)
        told = {(entry.path, entry.hunk) for entry in (*facts.coverage, *self.left_out)}
        for place in _places(self.start.change):
            if place in facts.wanted and place not in told:
                yield CoverageEntry(*place, MODELS, State.DEFERRED, BLOCKED)
            elif place not in told:
                yield CoverageEntry(*place, MODELS, State.SKIPPED, PROVEN)


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


def _together(
    fixed: Verdict, opinion: Verdict | None, findings: tuple[JudgedFinding, ...], asked: _Asked, standards: Standards
) -> Verdict:
    asks = MODELS in standards.policy.reviewers
    coverage = (*fixed.coverage, *(asked.coverage(opinion) if asks else ()))
    notes = [*standards.remarks, *fixed.notes, *(opinion.notes if opinion else ())]
    return replace(
        fixed,
        result=judge.result(findings, coverage),
        policy=standards.policy,
        findings=findings,
        coverage=coverage,
        dropped=fixed.dropped + (opinion.dropped if opinion else 0),
        identities={**fixed.identities, **(opinion.identities if opinion else {})},
        notes=tuple(dict.fromkeys(notes)),
    )
