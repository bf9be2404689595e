"""How the memory of a review finds the decisions about its findings, and keeps the findings in mind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone

from reviewer.errors import ConfigError, HunkgateError
from reviewer.knowledge import FOLDER, recent, shelf
from reviewer.knowledge.dismissals import Dismissal
from reviewer.knowledge.known import Known, Recalled
from reviewer.knowledge.lines import Hide, Lines, lines_of
from reviewer.knowledge.matching import Scene, dismissed
from reviewer.knowledge.shelf import Shelf
from reviewer.knowledge.subject import subject_of
from reviewer.records import Dismissals, Dismissed, Finding, Policy, printable

NEVER = frozenset({"rules-malformed"})
"""Rules that cannot be dismissed: what they say would make every later review fail."""

_GATE = "gate"
"""The reviewer that says that something was silenced. That is not silenced in turn."""

_MOST_NAMED = 10
"""Files or findings that notes name one by one."""


class Recalling:
    """The work of one review's memory.

    Args:
        today: the day (UTC) on which dismissals have to be in force.
    """

    def __init__(self, known: Known, today: date | None = None) -> None:
        self._known = known
        self._today = today or datetime.now(timezone.utc).date()
        self._lines: dict[bytes, Lines] = {}
        self._shelves: dict[Dismissals, Shelf] = {}
        self._scene = Scene(known.change, self.lines)

    def recalled(self, findings: Sequence[Finding], policy: Policy) -> Recalled:
        """The findings, each with the decision that dismisses it.

        Raises:
            GitError: the dismissals cannot be read.
        """
        found = self._shelf(policy.dismissals)
        in_force = [dismissal for dismissal in found.counted if not dismissal.expired(self._today)]
        open_ones = {index: finding for index, finding in enumerate(findings) if not finding.suppressed and _may_be(finding)}
        decided = self._decided(open_ones, in_force)
        rest = {index: finding for index, finding in open_ones.items() if index not in decided}
        notes = [*_refusals(found.refused), *self._late(rest, found), *self._early(rest, found), *self._elsewhere(rest, found)]
        marked = tuple(_marked(finding, decided.get(index)) for index, finding in enumerate(findings))
        return Recalled(marked, tuple(notes))

    def remember(self, findings: Iterable[Finding], hide: Hide) -> str:
        """Keep the findings for `hunkgate dismiss`. A review does not fail because that fails: the reason is returned instead.

        Args:
            hide: takes the secrets out of any text.
        """
        kept = [finding for finding in findings if _may_be(finding)]
        if not kept:
            return ""
        try:
            subjects = (subject_of(finding, self.lines(finding.path), hide) for finding in kept)
            recent.remember(self._known.git, self._known.change, subjects)
        except HunkgateError as error:
            return f"these findings cannot be dismissed by their ids: {error}"
        return ""

    def lines(self, path: bytes) -> Lines:
        """The lines of a file after the change; only those of its hunks if no more is known."""
        if path not in self._lines:
            self._lines[path] = self._read(path)
        return self._lines[path]

    def _read(self, path: bytes) -> Lines:
        content = self._known.contents.get(path)
        if content is None and self._known.change.tree:
            content = shelf.file_at(self._known.git, self._known.change.tree, path)
        if content is not None:
            return lines_of(content)
        hunks = (hunk for hunk in self._known.change.hunks if hunk.path == path)
        return {
            line.new_number: line.text.decode("utf-8", "backslashreplace")
            for hunk in hunks
            for line in hunk.lines
            if line.new_number
        }

    def _shelf(self, policy: Dismissals) -> Shelf:
        if policy not in self._shelves:
            self._shelves[policy] = shelf.read(self._known.git, self._known.base_tree, self._known.change.tree, policy)
        return self._shelves[policy]

    def _decided(self, findings: Mapping[int, Finding], dismissals: Sequence[Dismissal]) -> dict[int, Dismissal]:
        """The decisions about findings, by the keys of `findings`."""
        if not findings or not dismissals:
            return {}
        keys = list(findings)
        return {keys[place]: found for place, found in dismissed([*findings.values()], dismissals, self._scene).items()}

    def _late(self, findings: Mapping[int, Finding], found: Shelf) -> list[str]:
        decided = self._decided(findings, [dismissal for dismissal in found.counted if dismissal.expired(self._today)])
        return [
            f"the dismissal of {_named(findings[index])} ended on {dismissal.until} ({dismissal.why}; {dismissal.who})"
            for index, dismissal in [*decided.items()][:_MOST_NAMED]
        ]

    def _early(self, findings: Mapping[int, Finding], found: Shelf) -> list[str]:
        decided = self._decided(findings, found.waiting)
        what = 'is dismissed by this very change, which does not count here (dismissals = "base"): commit the dismissal first'
        return [f"{_named(findings[index])} {what}" for index in [*decided][:_MOST_NAMED]]

    def _elsewhere(self, findings: Mapping[int, Finding], found: Shelf) -> list[str]:
        """What is dismissed in the work tree by a file that is not going to be committed."""
        if self._known.top is None or not findings:
            return []
        known = {dismissal.subject.identity for dismissal in (*found.counted, *found.waiting)}
        others = [one for one in shelf.in_work_tree(self._known.top).values() if not isinstance(one, ConfigError)]
        fresh = [replace(one, fresh=True) for one in others if one.subject.identity not in known]
        decided = self._decided(findings, [one for one in fresh if not one.expired(self._today)])
        what = f"is dismissed by a file that is not part of this commit: git add {FOLDER}"
        return [f"{_named(findings[index])} {what}" for index in [*decided][:_MOST_NAMED]]


def _may_be(finding: Finding) -> bool:
    """Whether it can be dismissed at all."""
    return finding.rule not in NEVER and finding.reviewer != _GATE


def _refusals(refused: Sequence[ConfigError]) -> list[str]:
    notes = [f"a dismissal is refused and dismisses nothing: {error}" for error in refused[:_MOST_NAMED]]
    more = len(refused) - _MOST_NAMED
    return [*notes, f"and {more} more dismissals are refused: hunkgate dismiss --list"] if more > 0 else notes


def _named(finding: Finding) -> str:
    return f"{finding.rule} at {printable(finding.path)}:{finding.start_line} ({finding.fingerprint[:12]})"


def _marked(finding: Finding, dismissal: Dismissal | None) -> Finding:
    if dismissal is None:
        return finding
    until = dismissal.until.isoformat() if dismissal.until else ""
    return replace(finding, dismissed=Dismissed(dismissal.why, dismissal.who, dismissal.on.isoformat(), until, dismissal.fresh))
