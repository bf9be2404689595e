"""Secrets that a commit brings and a later one takes away.

They stay in the history, and a review of the range as a whole does not see them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer import pipeline
from reviewer.ci.sourcing import of_change
from reviewer.ci.span import Commits
from reviewer.ci.standards import Standards
from reviewer.git import Git
from reviewer.intake import changes
from reviewer.records import Change, Disposition, FileChange, Finding, JudgedFinding, Kind, Machine, Verdict
from reviewer.review.interface import Progress

SECRETS = "secrets"

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
    for number, commit in enumerate(_listed(git, commits), 1):
        progress.step(f"secrets in commit {number} of {len(commits.oids)}")
        for judged in _secrets(git, commit, standards, machine, lasting):
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


def _secrets(
    git: Git, commit: _Commit, standards: Standards, machine: Machine, lasting: frozenset[bytes]
) -> Iterator[JudgedFinding]:
    change = _passing(git, commit, lasting)
    if change is None:
        return
    start = of_change(git, change, standards)
    verdict = pipeline.review(replace(start, policy=replace(standards.policy, reviewers=(SECRETS,))), machine)
    for judged in verdict.findings:
        if judged.finding.kind is Kind.SECRET and judged.disposition in _OPEN:
            yield judged


def _passing(git: Git, commit: _Commit, lasting: frozenset[bytes]) -> Change | None:
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
