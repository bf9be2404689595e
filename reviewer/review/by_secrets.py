"""Reviews the added lines for secrets: keys, tokens, passwords. Their values appear nowhere in what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from reviewer.records import CoverageEntry, Finding, Kind, State, printable
from reviewer.review._secret_lines import Added, by_file
from reviewer.review._secret_masking import MASK, Span, masked, snippet, united
from reviewer.review._secret_pack import shipped
from reviewer.review._secret_scan import MOST_GUESSES, Hit, Scan, Scanner, weight
from reviewer.review.interface import Job, Outcome

__all__ = ["MASK", "MOST_PER_FILE", "redact", "review"]

_NAME = "secrets"

_CWE = "CWE-798"
"""Use of hard-coded credentials."""

MOST_PER_FILE = 500
"""Secrets that are findings of their own; a file with more of them is a dump, and one finding stands for the others."""


def review(job: Job) -> Outcome:
    """Scan what the hunks add. Needs no file content, knows no exceptions by path: a secret in a vendored file is out, too."""
    pack, scanner = shipped(), _scanner()
    findings: list[Finding] = []
    coverage: list[CoverageEntry] = []
    notes = []
    for added in by_file(job.hunks):
        scan = scanner.scan(added.text, added.language)
        findings += _findings(added, scan)
        coverage += _coverage(added, scan)
        if len(scan.hits) > MOST_PER_FILE:
            notes.append(f"{printable(added.path)}: {len(scan.hits)} secrets, the first {MOST_PER_FILE} are shown")
    identity = f"{len(pack.entries)} detectors {pack.digest[:12]}"
    return Outcome(findings, coverage, {_NAME: identity}, notes)


def redact(text: str) -> str:
    """The text with every secret in it masked: for quoting code, and before code is sent anywhere."""
    raw = text.encode("utf-8", "surrogatepass")
    return masked(raw, united(_scanner().scan(raw).spans)).decode("utf-8", "replace")


@cache
def _scanner() -> Scanner:
    return Scanner(shipped())


def _coverage(added: Added, scan: Scan) -> Iterator[CoverageEntry]:
    """Reviewed, unless the guesses ended before or within a hunk."""
    unread = [number for number in added.numbers[added.index(scan.guessed) :] if number] if scan.unfinished else []
    reason = (
        f"more than {MOST_GUESSES} values after names like password or token stand in this file: "
        f"from line {unread[0]} on only the formats of known services were looked for"
        if unread
        else ""
    )
    for hunk in added.hunks:
        short = bool(unread) and any(line.new_number >= unread[0] for line in hunk.added)
        state = State.FAILED if short else State.REVIEWED
        yield CoverageEntry(hunk.path, hunk.new_start, _NAME, state, reason if short else "")


def _findings(added: Added, scan: Scan) -> Iterator[Finding]:
    """One finding a secret, at the lines it stands on, and one for all that are too many."""
    by_line = _spans_by_line(added, united(scan.spans))
    for hit in scan.hits[:MOST_PER_FILE]:
        yield _finding(added, hit, by_line)
    if len(scan.hits) > MOST_PER_FILE:
        yield _rest(added, scan.hits[MOST_PER_FILE:], by_line)


def _finding(added: Added, hit: Hit, by_line: dict[int, list[Span]]) -> Finding:
    first, last = added.index(hit.start), added.index(max(hit.start, hit.end - 1))
    line = added.line(first)
    place = hit.start - added.starts[first]
    return Finding(
        rule=hit.detector.id,
        kind=Kind.SECRET,
        severity=hit.severity,
        confidence=hit.confidence,
        path=added.path,
        start_line=added.numbers[first],
        end_line=added.numbers[last],
        start_column=_width(line[:place]) + 1,
        end_column=_width(added.line(last)[: hit.end - added.starts[last]]) + 1,
        snippet=snippet(line, place, by_line[first]),
        message=hit.detector.message,
        remedy=hit.detector.remedy,
        cwe=_CWE,
        reviewer=_NAME,
    )


def _rest(added: Added, hits: Sequence[Hit], by_line: dict[int, list[Span]]) -> Finding:
    """One finding from the first to the last of many secrets, as bad as the worst of them."""
    worst = max(hits, key=weight)
    first, last = added.index(hits[0].start), added.index(max(hit.end for hit in hits) - 1)
    return Finding(
        rule=worst.detector.id,
        kind=Kind.SECRET,
        severity=worst.severity,
        confidence=worst.confidence,
        path=added.path,
        start_line=added.numbers[first],
        end_line=added.numbers[last],
        start_column=1,
        end_column=0,
        snippet=snippet(added.line(first), hits[0].start - added.starts[first], by_line[first]),
        message=f"{len(hits)} more secrets stand in this file. The worst: {worst.detector.message}",
        remedy=worst.detector.remedy,
        cwe=_CWE,
        reviewer=_NAME,
    )


def _spans_by_line(added: Added, spans: Sequence[Span]) -> dict[int, list[Span]]:
    """The byte ranges of every line that no snippet may show: line index -> ranges in that line, in order."""
    by_line: dict[int, list[Span]] = {}
    for first, last in spans:
        index = added.index(first)
        while index < len(added.starts) and added.starts[index] < last:
            start = added.starts[index]
            by_line.setdefault(index, []).append((max(0, first - start), min(last - start, len(added.line(index)))))
            index += 1
    return by_line


def _width(text: bytes) -> int:
    """In characters; a byte that is not UTF-8 counts as one."""
    return len(text.decode("utf-8", "surrogateescape"))
