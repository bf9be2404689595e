"""What the reviewers say before and after a mend: whether its finding is gone, and whether another one came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewer.fix.edits import applied, line_after, lines_after
from reviewer.fix.interface import Candidate, Step, failed, passed
from reviewer.proving.bench import failed_paths
from reviewer.proving.reading import FRESH, Readings
from reviewer.records import Finding, Replacement, State, Verdict, printable

_PYTHON = (b".py", b".pyi")

GONE, NOTHING_NEW = "the finding is gone", "no new finding"


@dataclass(frozen=True, slots=True)
class Mend:
    """All that is changed in one file."""

    content: bytes
    """Before."""
    replacements: tuple[Replacement, ...]
    mode: int
    """Git's, of the file."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two reviews, the second with mends."""

    before: Verdict
    after: Verdict
    mends: Mapping[bytes, Mend]
    """By path."""
    read: Readings = FRESH
    """What has been read of the files already."""

    def gone(self, candidate: Candidate) -> Step:
        """Whether its reviewer looked again and says nothing of the kind on the lines that it was about."""
        finding, mend = candidate.finding, self.mends[candidate.path]
        if not self._looked_at(finding):
            return failed(GONE, f"{finding.reviewer} did not look at the mended file")
        first, last = lines_after(mend.replacements, mend.content, finding.start_line, finding.end_line)
        rules = _rules(finding)
        for other in _findings(self.after):
            if other.path == finding.path and _rules(other) & rules and first <= other.start_line <= last:
                return failed(GONE, f"{other.rule} still finds it in line {other.start_line}")
        return passed(GONE, f"reviewed again by {finding.reviewer}")

    def nothing_new(self) -> Step:
        """Whether nobody finds what he did not find before, and nobody failed who did not fail before."""
        failures = failed_paths(self.after) - failed_paths(self.before)
        for path, reviewer in sorted(failures):
            return failed(NOTHING_NEW, f"{reviewer} fails on the mended {printable(path)}")
        known: dict[bytes, list[tuple[Finding, int]]] = defaultdict(list)
        for finding in _findings(self.before):
            known[finding.path].append((finding, self._line(finding)))
        for other in _findings(self.after):
            if not any(_is_same(finding, line, other) for finding, line in known[other.path]) and not self._revealed(other):
                return failed(NOTHING_NEW, f"{other.rule} in line {other.start_line} of {printable(other.path)}")
        names = sorted({entry.reviewer for entry in self.after.coverage if entry.state is State.REVIEWED})
        return passed(NOTHING_NEW, f"reviewed again by {', '.join(names)}" if names else "nothing differs from the base any more")

    def _revealed(self, other: Finding) -> bool:
        """Whether nobody could read the file before, and the finding is about something that stood there."""
        mend = self.mends.get(other.path)
        if mend is None or not other.path.endswith(_PYTHON) or self.read.python_error(mend.content) is None:
            return False
        spans = [lines_after(mend.replacements, mend.content, one.start_line, one.end_line) for one in mend.replacements]
        if not any(first <= other.end_line and other.start_line <= last for first, last in spans):
            return True
        line = applied(mend.content, mend.replacements).split(b"\n")[other.start_line - 1].decode("utf-8", "replace")
        text = line[other.start_column - 1 : other.end_column - 1] if other.end_column else ""
        return bool(text.strip()) and text in mend.content.decode("utf-8", "replace")

    def _line(self, finding: Finding) -> int:
        """Where the finding's first line stands now."""
        mend = self.mends.get(finding.path)
        return finding.start_line if mend is None else line_after(mend.replacements, mend.content, finding.start_line)

    def _looked_at(self, finding: Finding) -> bool:
        states = {(entry.reviewer, entry.state) for entry in self.after.coverage if entry.path == finding.path}
        unchanged = not any(file.path == finding.path and file.hunks for file in self.after.change.files)
        return unchanged or (finding.reviewer, State.REVIEWED) in states


def _findings(verdict: Verdict) -> Sequence[Finding]:
    return [judged.finding for judged in verdict.findings]


def _rules(finding: Finding) -> frozenset[str]:
    return frozenset((finding.rule, *finding.also))


def _is_same(finding: Finding, line: int, other: Finding) -> bool:
    """Whether two findings are one, before and after.

    Args:
        line: where the first one's line stands now.
    """
    if finding.path != other.path or not _rules(finding) & _rules(other):
        return False
    return other.start_line == line or (finding.rule, finding.snippet.strip()) == (other.rule, other.snippet.strip())
