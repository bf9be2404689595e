"""Mends for a person at a terminal: the finding, the hunk, and each step of the proof. No secret is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.fix.applying import Written
from reviewer.fix.hint import COMMAND
from reviewer.fix.interface import Proof, Result
from reviewer.fix.patch import hunks
from reviewer.proving.proposals import Settled
from reviewer.records import printable
from reviewer.report._masking import Masks
from reviewer.report._text import decoded, safe, shown
from reviewer.report.interface import View

_COLORS = {b"-": "31", b"+": "32", b"@": "36"}
"""Select Graphic Rendition (ECMA-48): red, green, cyan."""


def whole(settled: Settled, findings: int, masks: Masks, view: View) -> str:
    """All that is proven, what is not shown and why, and the command that puts it in."""
    blocks = [head(settled, findings), *(one(proof, masks, view) for proof in settled.shown), refusals(settled, masks)]
    blocks.append(unasked(settled))
    last = f"\nPut them in: {COMMAND}\n" if settled.shown else ""
    return "".join(blocks) + last


def head(settled: Settled, findings: int) -> str:
    """One line: how many there are."""
    if not settled.shown and not settled.refused:
        return f"hunkgate fix: nothing to mend: {_number(findings, 'finding')}" + (", none has a fix\n" if findings else "\n")
    proposed = len({proof.candidate.finding.fingerprint for proof in (*settled.shown, *settled.refused)})
    return f"hunkgate fix: {_number(findings, 'finding')}, {proposed} with a fix, {len(settled.shown)} proven\n"


def one(proof: Proof, masks: Masks, view: View) -> str:
    """A finding with its mend."""
    finding = proof.candidate.finding
    place = f"{safe(printable(finding.path), 200)}:{finding.start_line}"
    lines = [
        f"\n{place}  {safe(finding.rule, 100)}  {finding.severity.value}  {finding.fingerprint[:12]}",
        f"  {safe(masks.text(finding.message))}",
        f"  fix of: {safe(proof.candidate.origin, 100)}",
        *_hunks(proof, masks, view),
        f"  proven: {'; '.join(_steps(proof))}",
    ]
    return "\n".join(lines) + "\n"


def refusals(settled: Settled, masks: Masks) -> str:
    """How many are not shown, by reason, and each."""
    if not settled.refused:
        return ""
    reasons = Counter(proof.failure.name if proof.failure else "" for proof in settled.refused)
    counted = ", ".join(f"{count} for {reason!r}" for reason, count in sorted(reasons.items()))
    rows = []
    for proof in settled.refused:
        finding, failure = proof.candidate.finding, proof.failure
        place = f"{safe(printable(finding.path), 200)}:{finding.start_line}"
        said = safe(masks.text(f"{failure.name}: {failure.said}"), 300) if failure else ""
        rows.append(f"  {place}  {safe(finding.rule, 100)}  not shown, failed at: {said}\n")
    return f"\nNot shown: {counted}\n{''.join(rows)}"


def unasked(settled: Settled) -> str:
    """How many findings no model was asked about, by reason."""
    reasons = Counter(one.reason for one in settled.unasked)
    rows = [f"  {_number(count, 'finding')}: {safe(reason, 300)}\n" for reason, count in sorted(reasons.items())]
    return f"\nNo model was asked about:\n{''.join(rows)}" if rows else ""


def written(done: Written) -> str:
    """What was changed."""
    if not done.staged:
        return "nothing was changed\n"
    lines = []
    for path in done.staged:
        left = done.left.get(path)
        also = f"; the work tree was left as it is: {left}" if left else " and in the work tree"
        lines.append(f"mended in the index{also}: {safe(printable(path), 300)}\n")
    if done.left:
        lines.append("Where only the index was mended, the next 'git add' of the file would undo it: mend the file too.\n")
    return "".join(lines)


def _hunks(proof: Proof, masks: Masks, view: View) -> Iterator[str]:
    candidate = proof.candidate
    for hunk in hunks(candidate.content, candidate.fix.replacements):
        yield f"    {_colored(b'@', hunk.head().decode().rstrip(), view)}"
        number = hunk.start
        for sign, line in hunk.rows():
            number += sign != b"+"
            # A new line stands below the old one whose place it takes.
            text = masks.lines.get((candidate.path, number)) or masks.text(decoded(line.removesuffix(b"\n")))
            yield f"    {_colored(sign, sign.decode() + shown(text).text[: max(20, view.width - 6)], view)}"


def _colored(sign: bytes, text: str, view: View) -> str:
    code = _COLORS.get(sign) if view.color else None
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def _steps(proof: Proof) -> Iterator[str]:
    for step in proof.steps:
        said = f" ({safe(step.said, 120)})" if step.said else ""
        yield f"{'not checked: ' if step.result is Result.UNCHECKED else ''}{step.name}{said}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
