"""From what reviewers say to what is worth showing: only touched lines, each problem once, numbered for its fingerprint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewer.records import Change, Finding, Kind, LineKind

_ONE_PROBLEM = {
    "change-syntax-broken": "syntax",
    "ruff/invalid-syntax": "syntax",
    "change-name-unknown": "name",
    "change-name-lost": "name",
    "ruff/F821": "name",
}
"""Rules of several reviewers about one problem that has no CWE."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The lines of the new files that are known: the hunks' own, and whole files where they were read."""

    added: Mapping[bytes, frozenset[int]]
    """1-based numbers of the lines that the change added, by path."""
    beside: Mapping[bytes, frozenset[int]]
    """1-based numbers of the lines before and after which the change took lines away, by path."""
    lines: Mapping[bytes, Mapping[int, str]]
    """Text of the hunks' lines on the new side, by path and number; not UTF-8 is escaped as \\xNN."""

    @staticmethod
    def of(change: Change) -> Texts:
        """What the hunks of a change tell."""
        added: dict[bytes, set[int]] = defaultdict(set)
        beside: dict[bytes, set[int]] = defaultdict(set)
        lines: dict[bytes, dict[int, str]] = defaultdict(dict)
        for hunk in change.hunks:
            last = max(hunk.new_start - 1, 0) if hunk.new_count else hunk.new_start
            for line in hunk.lines:
                if line.kind is LineKind.REMOVED:
                    beside[hunk.path] |= {max(last, 1), last + 1}
                    continue
                last = line.new_number
                lines[hunk.path][last] = line.text.decode("utf-8", "backslashreplace")
                if line.kind is LineKind.ADDED:
                    added[hunk.path].add(last)
        return Texts(_frozen(added), _frozen(beside), dict(lines))


def _frozen(numbers: Mapping[bytes, set[int]]) -> dict[bytes, frozenset[int]]:
    return {path: frozenset(found) for path, found in numbers.items()}


def numbered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with `occurrence` set: equal lines of one file get 0, 1, 2 ... for one rule, in file order."""
    counts: dict[tuple[str, bytes, str], int] = defaultdict(int)
    result = []
    for finding in sorted(findings, key=lambda f: (f.path, f.start_line, f.start_column)):
        key = (finding.rule, finding.path, "".join(finding.snippet.split()))
        result.append(replace(finding, occurrence=counts[key]))
        counts[key] += 1
    return result


def anchored(finding: Finding, texts: Texts) -> bool:
    """Whether the change touched one of the finding's lines, and its snippet really stands at its first line.

    A secret's snippet is masked and cannot be compared. A first line outside every hunk was not touched itself; the finding then
    stands if a later line of it was. What is said about removed lines stands beside them.
    """
    touched = texts.added.get(finding.path, frozenset())
    if finding.reviewer == "change":
        touched |= texts.beside.get(finding.path, frozenset())
    if not any(number in touched for number in range(finding.start_line, finding.end_line + 1)):
        return False
    known = texts.lines.get(finding.path, {}).get(finding.start_line)
    return finding.kind is Kind.SECRET or known is None or known.strip() == finding.snippet.strip()


def refuted(finding: Finding, harmless: frozenset[tuple[bytes, int, str]]) -> bool:
    """Whether following the values showed that a finding about the form of a line is wrong."""
    return finding.reviewer != "taint" and (finding.path, finding.start_line, finding.cwe) in harmless


def merged(findings: Sequence[Finding]) -> list[Finding]:
    """Each problem once: findings with the same CWE (or rules about the same) that start on one line, told by the most certain of
    them. Two secrets of a line stay two: each has to be revoked somewhere else."""
    groups: dict[tuple[bytes, int, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        same = finding.cwe or _ONE_PROBLEM.get(finding.rule) or f"{finding.reviewer} {finding.rule}"
        groups[finding.path, finding.start_line, same].append(finding)
    return [one for group in groups.values() for one in _told(group)]


def _told(group: Sequence[Finding]) -> list[Finding]:
    best = max(group, key=lambda f: (f.confidence.rank, f.severity.rank))
    further = [f for f in group if f.kind is Kind.SECRET and best.kind is Kind.SECRET and f.rule != best.rule]
    others = {f.rule for f in group} - {best.rule, *(f.rule for f in further)}
    # A rule's fix says more than that of a tool, which does not know what the rule found.
    fixes = sorted((f.fix for f in (best, *group) if f.fix is not None), key=lambda fix: fix.source != "rule")
    return [replace(best, also=tuple(sorted(others)), fix=fixes[0] if fixes else None), *further]
