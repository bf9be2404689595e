"""Follows values from outside to where they do harm, in the functions that the change touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.errors import RuleError
from reviewer.records import CoverageEntry, Finding, Hunk, Kind, Severity, State, Step
from reviewer.review.interface import Job, Outcome, PrivateFile
from reviewer.taint.languages import LANGUAGES

if TYPE_CHECKING:
    from reviewer.taint.flows import Analysis, Flow, Stop

NAME = "taint"

_NO_FALLBACK = frozenset({"log", "header", "regex", "trust"})
"""Classes that are not worth a word when the change does not touch the sink itself."""


def rule_ids() -> frozenset[str]:
    """Every rule id that a finding of this reviewer can have."""
    from reviewer.taint import declarations

    return declarations.rule_ids()


@dataclass(slots=True)
class _Work:
    findings: list[Finding] = field(default_factory=list)
    failures: dict[bytes, Sequence[tuple[int, int, str]]] = field(default_factory=dict)
    """By path: first line, last line, reason."""
    harmless: set[tuple[bytes, int, str]] = field(default_factory=set)
    versions: dict[str, str] = field(default_factory=dict)
    """By language: parser, grammar and declarations."""


def review(job: Job) -> Outcome:
    """Follow the values in every file of a language that this engine knows; of the others it says nothing.

    A finding stands at its sink, or where the text was built that a function returns. If the change does not touch that, it
    stands at the last touched step before it, and only if the old file had no such flow.
    """
    hunks: dict[bytes, list[Hunk]] = defaultdict(list)
    for hunk in job.hunks:
        if hunk.path in job.files and job.files[hunk.path].language in LANGUAGES:
            hunks[hunk.path].append(hunk)
    work = _Work()
    _follow([job.files[path] for path, own in hunks.items() if _promising(job.files[path], own, work)], hunks, job, work)
    findings = sorted(work.findings, key=lambda one: (one.path, one.start_line, one.start_column, one.rule))
    coverage = [_covered(hunk, work) for own in hunks.values() for hunk in own]
    return Outcome(findings, coverage, _identity(work), harmless=frozenset(work.harmless))


def _promising(file: PrivateFile, hunks: Sequence[Hunk], work: _Work) -> bool:
    """Whether the words of a file leave it possible that there is something to find on lines that were added."""
    from reviewer.taint import packed, triggers

    member = LANGUAGES[file.language][0]
    try:
        work.versions[member] = f"{member} declarations {packed.document(member)['digest']}"
        return any(hunk.added for hunk in hunks) and bool(triggers.Triggers(member, file.content))
    except RuleError as error:
        work.failures[file.path] = [(0, 1 << 62, str(error))]
        return False


def _follow(files: Sequence[PrivateFile], hunks: Mapping[bytes, Sequence[Hunk]], job: Job, work: _Work) -> None:
    """Analyze files. The parser and the engine run in a process of their own, which is started only if there is a file."""
    if not files:
        return
    from reviewer.taint import client

    job.progress.step(f"following values in {len(files)} files")
    lines = {file.path: sorted(line.new_number for hunk in hunks[file.path] for line in hunk.added) for file in files}
    asked = [client.Request(file.language, file.content, job.before.get(file.path, b""), lines[file.path]) for file in files]
    for file, analysis in zip(files, client.ask(asked), strict=True):
        if isinstance(analysis, str):
            work.failures[file.path] = [(0, 1 << 62, analysis)]
            continue
        report = _Report(file, analysis, frozenset(lines[file.path]))
        work.failures[file.path] = analysis.failures
        work.versions[LANGUAGES[file.language][0]] = analysis.version
        work.harmless |= report.harmless()
        work.findings += report.findings()


class _Report:
    """What is to be said about one file."""

    def __init__(self, file: PrivateFile, analysis: Analysis, lines: frozenset[int]) -> None:
        from reviewer.taint import packed
        from reviewer.taint.text import Text

        self._file, self._analysis, self._lines = file, analysis, lines
        self._text = Text(file.content)
        self._language = LANGUAGES[file.language][0]
        self._harms: Mapping[str, tuple[str, str, str, str, bool]] = packed.document(self._language)["harms"]

    def harmless(self) -> set[tuple[bytes, int, str]]:
        """Lines where a sink of a CWE is, and all that reaches it is known and does no harm."""
        return {(self._file.path, line, self._harms[name][0]) for line, name in self._analysis.settled}

    def findings(self) -> list[Finding]:
        """One for each class and line: the most certain."""
        best: dict[tuple[str, int], Finding] = {}
        for flow in _distinct(self._analysis.flows):
            anchor = next((stop for stop in _anchors(flow) if self._touches(stop)), None)
            if anchor is None or (anchor not in _anchors(flow)[: 1 + flow.built] and not self._is_new(flow)):
                continue
            found = self._finding(flow, anchor)
            known = best.get((found.rule, found.start_line))
            if known is None or known.confidence.rank < found.confidence.rank:
                best[found.rule, found.start_line] = found
        return list(best.values())

    def _is_new(self, flow: Flow) -> bool:
        """Whether a flow whose sink the change does not touch was not there before, and is worth a word."""
        from reviewer.taint.text import sink_code

        return flow.harm not in _NO_FALLBACK and (flow.harm, sink_code(self._text, flow)) not in self._analysis.old

    def _touches(self, stop: Stop) -> bool:
        return self._text.line_of(stop.at[0]) in self._lines

    def _finding(self, flow: Flow, anchor: Stop) -> Finding:
        cwe, severity, message, remedy, _ = self._harms[flow.harm]
        line = self._text.line_of(anchor.at[0])
        sink = flow.sink.rpartition("?.")[2].removesuffix("()")
        return Finding(
            rule=f"taint-{self._language}-{flow.harm}",
            kind=Kind.SECURITY,
            severity=Severity(severity),
            confidence=flow.confidence,
            path=self._file.path,
            start_line=line,
            end_line=line,
            start_column=self._text.column(anchor.at[0]),
            end_column=0,
            snippet=self._text.line(line),
            message=message.format(source=flow.title, sink=sink),
            remedy=remedy,
            cwe=cwe,
            reviewer=NAME,
            flow=tuple(self._steps(flow)),
        )

    def _steps(self, flow: Flow) -> Iterator[Step]:
        for stop in flow.stops:
            place = self._text.line_of(stop.at[0]), self._text.column(stop.at[0])
            yield Step(*place, self._text.code(stop.at), stop.note)


def _distinct(flows: Sequence[Flow]) -> list[Flow]:
    """Without the functions that only return what another one built that is reported too."""
    built = {(flow.harm, _way(flow)) for flow in flows if flow.built}
    return [flow for flow in flows if flow.built or flow.sink != "return" or (flow.harm, _way(flow)) not in built]


def _way(flow: Flow) -> tuple[tuple[int, int], ...]:
    return tuple(stop.at for stop in flow.stops[:-1])


def _anchors(flow: Flow) -> Sequence[Stop]:
    """Where a finding may stand, best first."""
    *before, last = flow.stops
    return [before[-1], last, *reversed(before[:-1])] if flow.built else [last, *reversed(before)]


def _covered(hunk: Hunk, work: _Work) -> CoverageEntry:
    last = hunk.new_start + max(hunk.new_count, 1) - 1
    for start, end, reason in work.failures.get(hunk.path, ()):
        if start <= last and end >= hunk.new_start:
            where = f"line {start}: " if start else ""
            return CoverageEntry(hunk.path, hunk.new_start, NAME, State.FAILED, where + reason)
    return CoverageEntry(hunk.path, hunk.new_start, NAME, State.REVIEWED)


def _identity(work: _Work) -> Mapping[str, str]:
    """What makes the review repeatable: parser, grammars and declarations."""
    return {NAME: " ".join(work.versions[language] for language in sorted(work.versions))} if work.versions else {}
