"""The terminal report's page, built with Rich. What the repository wrote comes through `_text` and is never read as markup."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from reviewer.records import Disposition, Finding, JudgedFinding, Result, State, Verdict, printable
from reviewer.report._code import CodeBlock
from reviewer.report._excerpt import Lines, excerpt
from reviewer.report._masking import Masks, masks_of
from reviewer.report._summary import Summary, counted, gaps, is_dismissed_by_change
from reviewer.report._text import safe
from reviewer.report.interface import View

_MOST_FINDINGS = 100
"""Findings of one section that are shown; the JSON report has them all."""

_MOST_GAPS = 20

_SECTIONS = (
    (Disposition.BLOCKS, "Blocks this commit", "bold red"),
    (Disposition.WARNS, "Warnings", "bold yellow"),
    (Disposition.NOTES, "Notes", "bold cyan"),
)

_OPEN = tuple(disposition for disposition, _, _ in _SECTIONS)
"""Dispositions of findings that nobody has decided about."""

_GATE = "gate"
"""The reviewer that says that something was silenced. That is not dismissed in turn."""

_SEVERITY = {"error": "bold red", "warning": "yellow", "info": "cyan"}

_STATE = {
    State.FAILED: ("FAILED", "bold red"),
    State.DEFERRED: ("deferred", "yellow"),
    State.SKIPPED: ("skipped", "dim"),
}  # fmt: skip

_HEADLINE = {
    Result.BLOCK: ("BLOCKED", "bold white on red"),
    Result.INCOMPLETE: ("INCOMPLETE", "bold black on yellow"),
    Result.WARN: ("WARNED", "bold black on yellow"),
    Result.PASS: ("PASSED", "bold black on green"),
}


def page(verdict: Verdict, summary: Summary, view: View) -> str:
    """The whole report."""
    return _Page(verdict, summary, view).render()


class _Page:
    """One report in the making: what every section needs."""

    def __init__(self, verdict: Verdict, summary: Summary, view: View) -> None:
        self.verdict = verdict
        self.summary = summary
        self.view = view
        self.masks: Masks = masks_of(verdict)
        self.lines = Lines(verdict.change, (judged.finding.path for judged in verdict.findings))
        # Everything that Rich would guess from the environment is said: the width, and whether colours may be written.
        self.console = Console(
            file=io.StringIO(), width=view.width, height=25, force_terminal=view.color, no_color=not view.color,
            color_system="standard" if view.color else None, markup=False, emoji=False, highlight=False, legacy_windows=False,
        )  # fmt: skip

    def render(self) -> str:
        for disposition, title, style in _SECTIONS:
            if disposition is Disposition.BLOCKS or not self.view.quiet:
                self._section([j for j in self.verdict.findings if j.disposition is disposition], title, style)
        if not self.view.quiet:
            self._suppressed()
            self._dismissed()
        self._not_looked_at()
        if not self.view.quiet:
            self._notes()
            self._how_to_dismiss()
        self._wrapped(self._headline(), 0)
        assert isinstance(self.console.file, io.StringIO)
        return "".join(line.rstrip(" ") + "\n" for line in self.console.file.getvalue().split("\n")[:-1])

    def _section(self, judged: Sequence[JudgedFinding], title: str, style: str) -> None:
        if not judged:
            return
        self._line(Text(title, style=style))
        shown = sorted(judged[:_MOST_FINDINGS], key=lambda j: (j.finding.path, j.finding.start_line, j.finding.start_column))
        for path, group in groupby(shown, key=lambda j: j.finding.path):
            self._wrapped(Text(printable(path), style="bold underline"), 0)
            for member in group:
                self._finding(member.finding)
        if len(judged) > _MOST_FINDINGS:
            self._line(Text(f"  and {len(judged) - _MOST_FINDINGS} more: see --format json", style="dim"))
            self._line(Text())

    def _finding(self, finding: Finding) -> None:
        place = f"{finding.start_line}:{finding.start_column}" if finding.end_column else str(finding.start_line)
        head = Text.assemble(
            (finding.severity.value, _SEVERITY[finding.severity.value]), f"  {place}  ",
            (safe(finding.rule, 200), "bold"), f"  {finding.kind.value}", f" {safe(finding.cwe, 40)}" if finding.cwe else "",
        )  # fmt: skip
        self._wrapped(head, 2)
        rows = excerpt(finding, self.lines, self.masks)
        for line in CodeBlock(rows, self.view.width, ascii_only=not self.view.color).lines():
            self._line(line)
        self._wrapped(Text(safe(self.masks.text(finding.message))), 4)
        for step in finding.flow:
            shown = f"{safe(self.masks.text(step.note), 120)}: {safe(self.masks.text(step.text), 200)}"
            self._wrapped(Text.assemble((f"{step.line:>6}  ", "dim"), shown), 4)
        if finding.remedy:
            self._wrapped(Text.assemble(("Instead: ", "green"), safe(self.masks.text(finding.remedy))), 4)
        self._wrapped(Text(self._origin(finding), style="dim"), 4)
        self._line(Text())

    def _origin(self, finding: Finding) -> str:
        also = f", also {', '.join(safe(rule, 200) for rule in finding.also)}" if finding.also else ""
        return f"{finding.confidence.value} confidence, by {safe(finding.reviewer, 200)}{also}, id {finding.fingerprint[:12]}"

    def _suppressed(self) -> None:
        silenced = [j.finding for j in self.verdict.findings if j.disposition is Disposition.SUPPRESSED]
        if not silenced:
            return
        self._line(Text(f"Silenced: {counted(len(silenced), 'finding')}", style="bold"))
        for finding in silenced[:_MOST_FINDINGS]:
            reason = safe(self.masks.text(finding.suppressed), 300)
            place = f"{printable(finding.path)}:{finding.start_line}"
            self._wrapped(Text(f"{place} {safe(finding.rule, 200)}: {reason}", style="dim"), 2)
        if len(silenced) > _MOST_FINDINGS:
            self._line(Text(f"  and {len(silenced) - _MOST_FINDINGS} more: see --format json", style="dim"))
        self._line(Text())

    def _dismissed(self) -> None:
        found = [j for j in self.verdict.findings if j.disposition is Disposition.DISMISSED]
        if not found:
            return
        found.sort(key=is_dismissed_by_change, reverse=True)
        self._line(Text(f"Dismissed: {counted(len(found), 'finding')}", style="bold"))
        for judged in found[:_MOST_FINDINGS]:
            self._decision(judged)
        if len(found) > _MOST_FINDINGS:
            self._line(Text(f"  and {len(found) - _MOST_FINDINGS} more: see --format json", style="dim"))
        self._line(Text())

    def _decision(self, judged: JudgedFinding) -> None:
        finding, made = judged.finding, judged.finding.dismissed
        text = Text(f"{printable(finding.path)}:{finding.start_line} {safe(finding.rule, 200)}", style="dim")
        if made is not None:
            until = f", until {safe(made.until, 40)}" if made.until else ""
            text.append(f": {safe(self.masks.text(made.why), 300)} ({safe(made.who, 200)}, {safe(made.on, 40)}{until})")
        if is_dismissed_by_change(judged):
            text.append(" by this change", style="not dim yellow")
        self._wrapped(text, 2)

    def _how_to_dismiss(self) -> None:
        """The command, for the first finding; it has the others' ids in its place."""
        named = (j.finding for j in self.verdict.findings if j.disposition in _OPEN and j.finding.reviewer != _GATE)
        first = next(named, None)
        if first is not None:
            self._wrapped(Text(f"No problem? hunkgate dismiss {first.fingerprint[:12]} --why '...'", style="dim"), 0)
            self._line(Text())

    def _not_looked_at(self) -> None:
        found = gaps(self.verdict.coverage, (State.FAILED,)) if self.view.quiet else gaps(self.verdict.coverage)
        if not found:
            return
        self._line(Text("Not looked at", style="bold"))
        for gap in found[:_MOST_GAPS]:
            word, style = _STATE[gap.state]
            reason = safe(self.masks.text(gap.reason), 300)
            self._wrapped(Text.assemble(f"{safe(gap.reviewer, 200)}: {gap.amount} ", (word, style), f": {reason}"), 2)
        if len(found) > _MOST_GAPS:
            self._line(Text(f"  and {len(found) - _MOST_GAPS} more reasons: see --format json", style="dim"))
        self._line(Text())

    def _notes(self) -> None:
        notes = [safe(self.masks.text(note)) for note in self.verdict.notes]
        if self.verdict.dropped:
            notes.append(f"{counted(self.verdict.dropped, 'finding')} dropped: not about lines that this change touches")
        for note in notes:
            self._wrapped(Text(f"Note: {note}", style="dim"), 0)
        if notes:
            self._line(Text())

    def _headline(self) -> Text:
        word, style = _HEADLINE[self.verdict.result]
        if self.summary.nobody_looked and self.verdict.result is Result.PASS:
            word, style = "NOT REVIEWED", "bold black on yellow"
        dot = " · " if self.view.color else " | "
        mark = f" {word} " if self.view.color else word
        return Text.assemble((mark, style), "  " + dot.join(self._facts()))

    def _facts(self) -> Iterator[str]:
        counts = self.summary.dispositions
        blocks = counts[Disposition.BLOCKS]
        if blocks:
            yield f"{counted(blocks, 'finding')} {'blocks' if blocks == 1 else 'block'} this commit"
        words = {Disposition.WARNS: "warning", Disposition.NOTES: "note"}
        tail = [counted(counts[which], word) for which, word in words.items() if counts[which]]
        tail += [f"{counts[Disposition.SUPPRESSED]} silenced"] if counts[Disposition.SUPPRESSED] else []
        if counts[Disposition.DISMISSED]:
            own = self.summary.dismissed_by_change
            tail.append(f"{counts[Disposition.DISMISSED]} dismissed" + (f" ({own} by this change)" if own else ""))
        if tail:
            yield ", ".join(tail)
        if not counts.total() and not self.summary.nobody_looked:
            yield "nothing found in what was looked at"
        if self.summary.nobody_looked:
            yield "nobody looked at this change"
        yield self.summary.extent
        if self.summary.reviewers:
            yield safe(self.summary.reviewers)
        if self.summary.unseen and not self.summary.nobody_looked:
            yield f"{counted(self.summary.unseen, 'hunk')} looked at by nobody"
        yield f"{self.verdict.seconds:.2f} s"

    def _wrapped(self, text: Text, indent: int) -> None:
        for line in text.wrap(self.console, max(20, self.view.width - indent)):
            self._line(Text.assemble(" " * indent, line))

    def _line(self, text: Text) -> None:
        self.console.print(text, no_wrap=True, overflow="ignore", crop=False)
