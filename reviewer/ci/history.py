"""Secrets that a commit brings and a later one takes away.

They stay in the history, and a review of the range as a whole does not see them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reviewer import pipeline
from reviewer.attest.bulk import Bulk
from reviewer.attest.transitions import Entry
from reviewer.ci.sourcing import of_change
from reviewer.ci.span import Commits
from reviewer.ci.standards import Standards
from reviewer.git import Git
from reviewer.intake import changes
from reviewer.objects.interface import TreeChange
from reviewer.records import Change, Disposition, FileChange, Finding, JudgedFinding, Kind, Machine, State, Verdict
from reviewer.review import by_secrets
from reviewer.review.interface import Job, Progress

SECRETS = "secrets"

_AT_ONCE = 4
"""Commits that git compares at the same time."""

_TOGETHER = 64
"""Commits whose changes are in memory together."""

_OPEN = (Disposition.BLOCKS, Disposition.WARNS, Disposition.NOTES)


@dataclass(frozen=True, slots=True)
class _Commit:
    oid: str
    tree: str
    base: str
    """Tree of the first parent."""
    is_merge: bool


def secrets_of_commits(
    git: Git, commits: Commits, standards: Standards, machine: Machine, progress: Progress, whole: Verdict
) -> list[JudgedFinding]:
    """What the reviewer of secrets finds in single commits and not in the range as a whole.

    A finding's path is "COMMIT:PATH", which `git show` takes: the line is one of that commit, not of the work tree.
    """
    if SECRETS not in standards.policy.reviewers or len(commits.oids) < 2:
        return []
    known = {_anchor(judged.finding) for judged in whole.findings}
    lasting = frozenset(line.text for hunk in whole.change.hunks for line in hunk.added)
    found: dict[tuple[str, str], JudgedFinding] = {}
    listed = _listed(git, commits)
    passing = _with_passing_contents(git, listed, commits)
    for number, (commit, change) in enumerate(_changes(git, passing, lasting), 1):
        progress.step(f"secrets in commit {number} of {len(passing)}")
        for judged in _secrets(git, change, standards, machine):
            if _anchor(judged.finding) not in known:
                found.setdefault(_anchor(judged.finding), replace(judged, finding=_placed(judged.finding, commit.oid)))
    return list(found.values())


def _listed(git: Git, commits: Commits) -> list[_Commit]:
    """The commits of the range, parents before children."""
    words = ("--topo-order", "--reverse", "--no-show-signature", "--format=%H %T %P")
    rows = [line.split() for line in git.run("log", *words, f"{commits.base}..{commits.head}", "--").decode("ascii").split("\n")]
    trees = {row[0]: row[1] for row in rows if row}
    outside = {parent for row in rows for parent in row[2:3]} - trees.keys()
    trees.update((parent, git.tree_of(parent) or git.empty_tree()) for parent in outside)
    nothing = git.empty_tree()
    return [_Commit(row[0], row[1], trees[row[2]] if row[2:] else nothing, len(row) > 3) for row in rows if row]


def _with_passing_contents(git: Git, listed: Sequence[_Commit], commits: Commits) -> list[_Commit]:
    """Those that brought a content which the last one does not have at that path: all lines of the others last, or are older."""
    bulk, tree = Bulk(git), git.tree_of(commits.head)
    assert tree is not None, "every commit has a tree"
    found = bulk.changes((commit.base, commit.tree) for commit in listed)
    paths = {change.path for changes in found.values() for change in changes}
    last = bulk.entries(tree, sorted(paths))
    # A pair that git could not compare is looked at in full, and fails there with a reason.
    return [commit for commit in listed if _is_passing(found.get((commit.base, commit.tree)), last)]


def _is_passing(brought: Sequence[TreeChange] | None, last: Mapping[bytes, Entry]) -> bool:
    if brought is None:
        return True
    return any(change.new_mode and last.get(change.path, (0, ""))[1] != change.new_oid for change in brought)


def _changes(git: Git, commits: Sequence[_Commit], lasting: frozenset[bytes]) -> Iterator[tuple[_Commit, Change | None]]:
    """What passes of each commit. Most of the time is spent waiting for git."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for start in range(0, len(commits), _TOGETHER):
            part = commits[start : start + _TOGETHER]
            yield from zip(part, pool.map(partial(_passing, git, lasting), part), strict=True)


def _secrets(git: Git, change: Change | None, standards: Standards, machine: Machine) -> Iterator[JudgedFinding]:
    if change is None or not _finds_any(change, standards, machine):
        return
    start = of_change(git, change, standards)
    verdict = pipeline.review(replace(start, policy=replace(standards.policy, reviewers=(SECRETS,))), machine)
    for judged in verdict.findings:
        if judged.finding.kind is Kind.SECRET and judged.disposition in _OPEN:
            yield judged


def _finds_any(change: Change, standards: Standards, machine: Machine) -> bool:
    """Whether there is anything to look at more closely: the reviewer of secrets needs nothing but the added lines."""
    hunks = [hunk for file in change.files for hunk in file.hunks]
    outcome = by_secrets.review(Job(hunks, {}, Path(), {}, standards.policy, machine, math.inf))
    return bool(outcome.findings) or any(entry.state is State.FAILED for entry in outcome.coverage)


def _passing(git: Git, lasting: frozenset[bytes], commit: _Commit) -> Change | None:
    """The files of a commit that bring a line which the range as a whole does not bring; None if there are none."""
    # What a merge brings was looked at where it comes from: its own are the files that are as in none of its parents.
    own = _own_paths(git, commit.oid) if commit.is_merge else None
    if own is not None and not own:
        return None
    change = changes.between(git, base_tree=commit.base, tree=commit.tree, source=f"commit {commit.oid[:12]}")
    files = tuple(file for file in change.files if (own is None or file.path in own) and _brings(file, lasting))
    return replace(change, files=files) if files else None


def _own_paths(git: Git, merge: str) -> frozenset[bytes]:
    listed = git.run("diff-tree", "-c", "-r", "--no-commit-id", "--name-only", "-z", "--no-renames", merge)
    return frozenset(listed.split(b"\0")[:-1])


def _brings(file: FileChange, lasting: frozenset[bytes]) -> bool:
    return any(line.text not in lasting for hunk in file.hunks for line in hunk.added)


def _anchor(finding: Finding) -> tuple[str, str]:
    return finding.rule, "".join(finding.snippet.split())


def _placed(finding: Finding, oid: str) -> Finding:
    what = f"{finding.message} It came with commit {oid[:12]} and is gone from the last one, but stays in the history."
    return replace(finding, path=f"{oid[:12]}:".encode() + finding.path, message=what)
