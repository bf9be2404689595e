"""Follows values from outside to where they do harm, in the functions that the change touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.errors import RuleError, ToolError
from reviewer.records import CoverageEntry, Finding, Hunk, Kind, State, Step
from reviewer.review.interface import Job, Outcome, PrivateFile
from reviewer.taint.languages import LANGUAGES

if TYPE_CHECKING:
    from reviewer.taint.engine import Analysis
    from reviewer.taint.run import Flow
    from reviewer.taint.text import Text
    from reviewer.taint.values import Stop

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
    failures: dict[bytes, list[tuple[int, int, str]]] = field(default_factory=dict)
    """By path: first line, last line, reason."""
    versions: dict[str, str] = field(default_factory=dict)
    """By language: parser, grammar and declarations."""


def review(job: Job) -> Outcome:
    """Follow the values in every file of a language that this engine knows; of the others it says nothing.

    A finding stands at its sink. If the change does not touch that, it stands at the last touched step before it, and only if
    the old file had no such flow.
    """
    hunks: dict[bytes, list[Hunk]] = defaultdict(list)
    for hunk in job.hunks:
        if hunk.path in job.files and job.files[hunk.path].language in LANGUAGES:
            hunks[hunk.path].append(hunk)
    work = _Work()
    for path, own in hunks.items():
        job.progress.step(f"following values in {path.decode('utf-8', 'backslashreplace')}")
        _follow(job.files[path], own, job.before.get(path, b""), work)
    findings = sorted(work.findings, key=lambda one: (one.path, one.start_line, one.start_column, one.rule))
    coverage = [_covered(hunk, work) for own in hunks.values() for hunk in own]
    return Outcome(findings, coverage, _identity(work))


def _follow(file: PrivateFile, hunks: Sequence[Hunk], before: bytes, work: _Work) -> None:
    """Analyze one file. The engine and the parser are imported when the first such file is there."""
    from reviewer.taint import engine

    lines = frozenset(line.new_number for hunk in hunks for line in hunk.added)
    if not lines:
        return
    try:
        analysis = engine.analyze(file.language, file.content, lines)
    except (ToolError, RuleError) as error:
        work.failures[file.path] = [(0, 1 << 62, str(error))]
        return
    work.failures[file.path] = list(analysis.failures)
    work.versions[file.language] = analysis.version
    work.findings += _Report(file, before, analysis, lines).findings()


class _Report:
    """The findings of one file."""

    def __init__(self, file: PrivateFile, before: bytes, analysis: Analysis, lines: frozenset[int]) -> None:
        from reviewer.taint.text import Text

        self._file, self._before, self._analysis, self._lines = file, before, analysis, lines
        self._text = Text(file.content)

    def findings(self) -> list[Finding]:
        """One for each class and line: the most certain."""
        best: dict[tuple[str, int], Finding] = {}
        old: frozenset[tuple[str, str]] | None = None
        for flow in self._analysis.flows:
            anchor = next((stop for stop in reversed(flow.stops) if self._touches(stop)), None)
            if anchor is None:
                continue
            if anchor is not flow.stops[-1]:
                old = self._old_flows() if old is None else old
                if flow.harm in _NO_FALLBACK or (flow.harm, _code(self._text, flow)) in old:
                    continue
            found = self._finding(flow, anchor)
            known = best.get((found.rule, found.start_line))
            if known is None or known.confidence.rank < found.confidence.rank:
                best[found.rule, found.start_line] = found
        return list(best.values())

    def _old_flows(self) -> frozenset[tuple[str, str]]:
        """Class and sink of what was so before the change."""
        from reviewer.taint import engine
        from reviewer.taint.text import Text

        if not self._before:
            return frozenset()
        text = Text(self._before)
        everything = range(1, self._before.count(b"\n") + 2)
        analysis = engine.analyze(self._file.language, self._before, everything)
        return frozenset((flow.harm, _code(text, flow)) for flow in analysis.flows)

    def _touches(self, stop: Stop) -> bool:
        return self._text.line_of(stop.at[0]) in self._lines

    def _finding(self, flow: Flow, anchor: Stop) -> Finding:
        harm = self._analysis.pack.harms[flow.harm]
        line = self._text.line_of(anchor.at[0])
        sink = flow.sink.rpartition("?.")[2].removesuffix("()")
        return Finding(
            rule=f"taint-{self._analysis.pack.language}-{flow.harm}",
            kind=Kind.SECURITY,
            severity=harm.severity,
            confidence=flow.confidence,
            path=self._file.path,
            start_line=line,
            end_line=line,
            start_column=self._text.column(anchor.at[0]),
            end_column=0,
            snippet=self._text.line(line),
            message=harm.message.format(source=flow.title, sink=sink),
            remedy=harm.remedy,
            cwe=harm.cwe,
            reviewer=NAME,
            flow=tuple(self._steps(flow)),
        )

    def _steps(self, flow: Flow) -> Iterator[Step]:
        for stop in flow.stops:
            place = self._text.line_of(stop.at[0]), self._text.column(stop.at[0])
            yield Step(*place, self._text.code(stop.at), stop.note)


def _code(text: Text, flow: Flow) -> str:
    return "".join(text.code(flow.stops[-1].at).split())


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
