"""Which engine sees which hunk, and in which order. What one does not see is written down with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewer.records import (
    Change,
    Complexity,
    CoverageEntry,
    FileChange,
    Hunk,
    Policy,
    Profile,
    State,
    Status,
    Task,
)

Profiles = Mapping[tuple[bytes, int], Profile]

_NOT_OURS = {Task.GENERATED: "generated code", Task.VENDORED: "vendored code", Task.LOCK: "lock file"}
"""Nobody edits these by hand, so advice on them is noise. Secrets are looked for all the same."""

_NOTHING_TO_JUDGE = {
    Task.DOCS: "documentation",
    Task.COMMENT: "only comments",
    Task.WHITESPACE: "only white space",
    Task.DEPENDENCY: "dependency list",
}
"""What a language model is not asked about."""

_SEES_REMOVALS = frozenset({"change"})
"""Engines that look at what was taken away."""

_WITHOUT_MENTION = frozenset({"taint", "change"})
"""Engines that go with the rules: what is left out for the same reason is said once, for the rules."""

_ORDER = (Complexity.COMPLEX, Complexity.MEDIUM, Complexity.SIMPLE)
"""The budget goes to the hardest hunks first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What each engine gets, and what none or not all of them get."""

    assigned: Mapping[str, Sequence[Hunk]]
    """By engine; empty if it has nothing to do."""
    left_out: Sequence[CoverageEntry]


def plan(change: Change, profiles: Profiles, policy: Policy, *, engines: Sequence[str], readable: frozenset[bytes]) -> Plan:
    """Give every hunk to every engine that can say something about it.

    Args:
        engines: the ones that take part, as in `pipeline.ENGINES`.
        readable: paths whose new content is at hand (see `intake.contents`); the others were too large.
    """
    assigned: dict[str, list[Hunk]] = {name: [] for name in engines}
    left_out: list[CoverageEntry] = []
    for file in change.files:
        if not file.hunks:
            left_out += _without_hunks(file, engines)
        for hunk in file.hunks:
            for name in engines:
                reason = _reason_to_skip(name, hunk, profiles[hunk.path, hunk.new_start], policy, readable)
                if reason and name not in _WITHOUT_MENTION:
                    left_out.append(CoverageEntry(hunk.path, hunk.new_start, name, State.SKIPPED, reason))
                elif not reason:
                    assigned[name].append(hunk)
    if "models" in assigned:
        assigned["models"].sort(key=lambda hunk: _urgency(hunk, profiles[hunk.path, hunk.new_start]))
    return Plan(assigned, left_out)


def _without_hunks(file: FileChange, engines: Sequence[str]) -> list[CoverageEntry]:
    state = State.FAILED if file.status is Status.UNMERGED else State.SKIPPED
    reason = file.opaque or _uneventful(file)
    return [CoverageEntry(file.path, -1, name, state, reason) for name in engines if name not in _WITHOUT_MENTION]


def _uneventful(file: FileChange) -> str:
    if file.status in (Status.RENAMED, Status.COPIED):
        return "moved or copied without a change"
    return "only its mode changed" if file.old_oid == file.new_oid else "empty file"


def _reason_to_skip(name: str, hunk: Hunk, profile: Profile, policy: Policy, readable: frozenset[bytes]) -> str:
    if not hunk.added and name not in _SEES_REMOVALS:
        return "only removes lines"
    if name == "secrets":
        return ""
    if profile.task in _NOT_OURS:
        return _NOT_OURS[profile.task]
    if name == "models":
        return _NOTHING_TO_JUDGE.get(profile.task, "" if hunk.language else "not a programming language we know")
    if hunk.language and hunk.added and hunk.path not in readable:
        return f"larger than {policy.max_file_bytes} bytes"
    return ""


def _urgency(hunk: Hunk, profile: Profile) -> tuple[bool, int, int]:
    """Sorts production code before tests, hard before easy, short before long."""
    return (profile.task is Task.TEST, _ORDER.index(profile.complexity), len(hunk.lines))
