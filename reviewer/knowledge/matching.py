"""Which findings of a change were dismissed.

A dismissal speaks for one finding, wherever its code went, and for no second copy of it. So every dismissal takes the one place
that fits it best: a finding of the change, or an old line that nobody touched. What is left over is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reviewer.knowledge.dismissals import Dismissal
from reviewer.knowledge.lines import Lines, bare, before_mask, is_long, key, looks_like, surroundings
from reviewer.knowledge.subject import Subject
from reviewer.records import Change, Finding, Hunk, LineKind, Status

ALIKE = 2
"""Of three (the block's head, the line before, the line after): so many equal ones make a place the same place. With fewer, equal
lines of one file are told apart too badly (`return None` in another function)."""

MOST_FILES = 200
"""Files outside of the change in which the code of dismissals is looked for; dismissals for others dismiss nothing."""

_OF_THE_CHANGE = "change"
"""The reviewer whose findings are about what was taken away: equal lines beside it say nothing, the message says it."""

_ANY_CODE = " "
"""No line without its white space is equal to it."""

_Slot = tuple[object, ...]


@dataclass(frozen=True)
class Scene:
    """The change, as far as it tells where code stands and where it came from."""

    change: Change
    lines: Callable[[bytes], Lines]
    """The lines of a file of the new tree; none if it is not there."""
    _places: dict[bytes, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    _looked_at: set[bytes] = field(default_factory=set)

    @cached_property
    def added(self) -> Mapping[bytes, frozenset[int]]:
        """Numbers of added lines by path."""
        return {file.path: frozenset(_added(file.hunks)) for file in self.change.files}

    @cached_property
    def removed(self) -> frozenset[str]:
        """All lines that the change took away, without white space."""
        return frozenset(
            bare(line.text.decode("utf-8", "backslashreplace")) for hunk in self.change.hunks for line in hunk.removed
        )

    def knows(self, path: bytes) -> bool:
        """Whether a file is or can be looked at: each one that is not part of the change costs a few git commands."""
        if path not in self.added:
            self._looked_at.add(path)
        return len(self._looked_at) <= MOST_FILES or path in self.added

    def places(self, path: bytes) -> Mapping[str, Sequence[int]]:
        """The numbers of a file's lines by their `key`."""
        if path not in self._places:
            found: dict[str, list[int]] = {}
            for number, text in self.lines(path).items():
                found.setdefault(key(text), []).append(number)
            self._places[path] = found
        return self._places[path]

    @cached_property
    def homes(self) -> Mapping[bytes, bytes]:
        """Where a renamed file went, by its old path. A copy is a second file, and no home."""
        return {file.old_path: file.path for file in self.change.files if file.status is Status.RENAMED}

    def home(self, path: bytes) -> bytes:
        """Where the file of a dismissal is after the change, by its name."""
        return self.homes.get(path, path)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A dismissal and a place that it could speak for."""

    dismissal: int
    slot: _Slot
    finding: int
    """-1 for an old line that nobody touched."""
    rank: tuple[int, ...]
    """The larger, the better."""


def dismissed(findings: Sequence[Finding], dismissals: Sequence[Dismissal], scene: Scene) -> dict[int, Dismissal]:
    """The dismissal of each finding that has one, by the finding's place in `findings`."""
    likely = _by_rule_and_code(findings, scene)
    pairs: list[_Pair] = []
    for number, dismissal in enumerate(dismissals):
        subject = dismissal.subject
        code = _ANY_CODE if subject.masked else bare(subject.anchor.code[0])
        found = [entry for rule in sorted(subject.rules) for entry in likely.get((rule, code), ())]
        wanted = [(index, finding) for index, finding in found if _is_about(subject, finding, scene)]
        if wanted and scene.knows(scene.home(subject.path)):
            pairs += _pairs(number, dismissal, wanted, scene)
    taken: set[int] = set()
    filled: set[_Slot] = set()
    result: dict[int, Dismissal] = {}
    for pair in sorted(pairs, key=lambda pair: pair.rank, reverse=True):
        if pair.dismissal in taken or pair.slot in filled:
            continue
        taken.add(pair.dismissal)
        filled.add(pair.slot)
        if pair.finding >= 0:
            result[pair.finding] = dismissals[pair.dismissal]
    return result


def _by_rule_and_code(findings: Sequence[Finding], scene: Scene) -> Mapping[tuple[str, str], Sequence[tuple[int, Finding]]]:
    """Where to look for the findings of a dismissal: by rule and first line, and by rule alone."""
    found: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
    for index, finding in enumerate(findings):
        line = key(scene.lines(finding.path).get(finding.start_line, ""))
        for code in (line, _ANY_CODE):
            found.setdefault((finding.rule, code), []).append((index, finding))
    return found


def _is_about(subject: Subject, finding: Finding, scene: Scene) -> bool:
    """Whether a finding of its rules is about the same code, wherever that stands."""
    if _OF_THE_CHANGE in (subject.reviewer, finding.reviewer) and not looks_like(subject.message, finding.message, masked=True):
        return False
    return _stands_at(subject, scene.lines(finding.path), finding.start_line)


def _stands_at(subject: Subject, lines: Lines, first: int) -> bool:
    """Whether the code of a dismissal stands at a line."""
    return all(
        looks_like(kept, lines.get(number, ""), masked=subject.masked) for number, kept in enumerate(subject.anchor.code, first)
    )


def _pairs(number: int, dismissal: Dismissal, wanted: Sequence[tuple[int, Finding]], scene: Scene) -> Iterator[_Pair]:
    """The places for one dismissal: findings that it may speak for, and old lines that it may have been made for."""
    subject = dismissal.subject
    home = scene.home(subject.path)
    lines, added = scene.lines(home), scene.added.get(home, frozenset())
    standing = [place for place in _likely(subject, scene.places(home)) if _stands_at(subject, lines, place)]
    for index, finding in wanted:
        at_home = finding.path == home
        alone = not standing and len(wanted) == 1
        if _may_speak_for(dismissal, finding, scene, at_home=at_home, vacated=not standing, alone=alone):
            equal = finding.occurrence == subject.occurrence
            rank = _rank(dismissal, scene.lines(finding.path), finding.start_line, touched=True)
            yield _Pair(
                number, ("finding", index), index, (*rank, int(at_home), int(equal), -abs(finding.start_line - subject.line))
            )
    for place in standing:
        if place not in added:
            rank = _rank(dismissal, lines, place, touched=False)
            yield _Pair(number, ("line", home, place, subject.rule), -1, (*rank, 1, 0, -abs(place - subject.line)))


def _likely(subject: Subject, places: Mapping[str, Sequence[int]]) -> Sequence[int]:
    """The lines that can be the first of a dismissal's code, told by how they begin."""
    if not subject.masked:
        return places.get(bare(subject.anchor.code[0]), ())
    head = before_mask(subject.anchor.code[0])
    return [number for line, numbers in places.items() if line.startswith(head) or is_long(line) for number in numbers]


def _rank(dismissal: Dismissal, lines: Lines, place: int, *, touched: bool) -> tuple[int, int]:
    """How well a place fits. Among equals a new dismissal is about a touched line, an old one about an old line."""
    return _alike(dismissal.subject, lines, place), int(touched == dismissal.fresh)


def _may_speak_for(dismissal: Dismissal, finding: Finding, scene: Scene, *, at_home: bool, vacated: bool, alone: bool) -> bool:
    """Whether a finding can be the one that was dismissed, rather than new code that reads the same.

    Args:
        at_home: the finding is in the file of the dismissal, renames followed.
        vacated: the code is not in that file any more.
        alone: and there is no other finding that it could be.
    """
    lines = scene.lines(finding.path)
    if bare(lines.get(finding.start_line, "")) in scene.removed:
        return at_home or vacated  # the change took the very line away and put it here: moved, or its white space changed
    alike = _alike(dismissal.subject, lines, finding.start_line) >= ALIKE
    if not at_home:
        return vacated and dismissal.fresh and (alike or alone)
    return dismissal.fresh or (alike and not _was_another_secret(dismissal.subject, scene))


def _was_another_secret(subject: Subject, scene: Scene) -> bool:
    """Whether the change took a line away that looks like the dismissed one while the new one is not equal to it: then the value
    behind the mask is another one."""
    return subject.masked and any(looks_like(subject.anchor.code[0], line, masked=True) for line in scene.removed)


def _alike(subject: Subject, lines: Lines, first: int) -> int:
    """How many of the three surroundings are those of the dismissal."""
    anchor = subject.anchor
    found = surroundings(lines, first, first + len(anchor.code) - 1)
    pairs = zip((anchor.inside, anchor.before, anchor.after), found, strict=True)
    return sum(looks_like(kept, text, masked=True) for kept, text in pairs)


def _added(hunks: Sequence[Hunk]) -> Iterator[int]:
    return (line.new_number for hunk in hunks for line in hunk.lines if line.kind is LineKind.ADDED)
