"""The verdict in counts and in words. "Nothing found" and "nobody looked" are told apart here, for every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewer.records import REVIEWERS, CoverageEntry, Disposition, JudgedFinding, State, Verdict

_GAPS = (State.FAILED, State.DEFERRED, State.SKIPPED)
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Hunks and files that one reviewer did not look at, for one reason."""

    state: State
    reviewer: str
    reason: str
    hunks: int
    files: int
    """Without hunks: binaries, renames, empty files."""

    @property
    def amount(self) -> str:
        """Such as "3 hunks and 1 file"."""
        parts = [counted(self.hunks, "hunk")] if self.hunks else []
        return " and ".join(parts + ([counted(self.files, "file")] if self.files else []))


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a verdict."""

    dispositions: Counter[Disposition]
    hunks: int
    files: int
    reviewed: tuple[tuple[str, int], ...]
    """Reviewer and how many hunks it looked at, for those that looked at any."""
    unseen: int
    """Hunks that no reviewer looked at."""
    states: Counter[State]
    """Coverage entries by state."""
    dismissed_by_change: int
    """Findings that the very change dismisses which they are about."""

    @property
    def nobody_looked(self) -> bool:
        """There was something to look at, and no reviewer looked at any of it."""
        return bool(self.files) and not self.reviewed

    @property
    def extent(self) -> str:
        """Such as "3 hunks in 2 files"."""
        return f"{counted(self.hunks, 'hunk')} in {counted(self.files, 'file')}"

    @property
    def reviewers(self) -> str:
        """Who looked at how much, such as "rules, secrets reviewed all; analyzers/ruff reviewed 2 of 3"."""
        whole = [name for name, count in self.reviewed if count == self.hunks]
        parts = [f"{', '.join(whole)} reviewed all"] if whole else []
        parts += [f"{name} reviewed {count} of {self.hunks}" for name, count in self.reviewed if count != self.hunks]
        return "; ".join(parts)


def summarize(verdict: Verdict) -> Summary:
    """Count."""
    keys = {(hunk.path, hunk.new_start) for hunk in verdict.change.hunks}
    looked = {
        (entry.reviewer, entry.path, entry.hunk)
        for entry in verdict.coverage
        if entry.state is State.REVIEWED and (entry.path, entry.hunk) in keys
    }
    per_reviewer = Counter(reviewer for reviewer, _, _ in looked)
    return Summary(
        dispositions=Counter(judged.disposition for judged in verdict.findings),
        hunks=len(keys),
        files=len(verdict.change.files),
        reviewed=tuple((name, per_reviewer[name]) for name in sorted(per_reviewer, key=_place)),
        unseen=len(keys - {(path, hunk) for _, path, hunk in looked}),
        states=Counter(entry.state for entry in verdict.coverage),
        dismissed_by_change=sum(is_dismissed_by_change(judged) for judged in verdict.findings),
    )


def is_dismissed_by_change(judged: JudgedFinding) -> bool:
    """Whether the decision about a finding is part of the change that brings the finding."""
    dismissed = judged.finding.dismissed
    return judged.disposition is Disposition.DISMISSED and dismissed is not None and dismissed.by_change


def gaps(coverage: Iterable[CoverageEntry], states: Sequence[State] = _GAPS) -> list[Gap]:
    """What was not looked at, grouped by reviewer and reason: failed first, then deferred, then skipped."""
    hunks: Counter[tuple[State, str, str]] = Counter()
    files: Counter[tuple[State, str, str]] = Counter()
    for entry in coverage:
        if entry.state in states:
            (files if entry.hunk < 0 else hunks)[entry.state, entry.reviewer, entry.reason] += 1
    keys = sorted(hunks.keys() | files.keys(), key=lambda key: (_GAPS.index(key[0]), _place(key[1]), key[2]))
    return [Gap(*key, hunks[key], files[key]) for key in keys]


def counted(number: int, noun: str) -> str:
    """Such as "1 hunk", "2 hunks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _place(reviewer: str) -> tuple[int, str]:
    family = reviewer.partition("/")[0]
    return (REVIEWERS.index(family) if family in REVIEWERS else len(REVIEWERS), reviewer)
