"""Reviews the added lines for secrets: keys, tokens, passwords. Their values appear nowhere in what it says."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reviewer.records import Finding, Hunk, Kind, State, printable
from reviewer.review._secret_pack import shipped
from reviewer.review._secret_scan import Hit, Scanner
from reviewer.review.interface import Job, Outcome, cover

_NAME = "secrets"

_CWE = "CWE-798"
"""Use of hard-coded credentials."""

MOST_PER_FILE = 500
"""Findings; a file with more of them is a dump of secrets, and the verdict is the same."""

MASK = "…****"
"""Stands for the rest of a secret, whatever its length."""

_SNIPPET = 300
"""Characters of a line that a snippet shows."""

_LEAD = 80
"""Characters before the secret that the snippet of a longer line shows."""

_GAP = b"\0"
"""A line that no pattern goes across."""

_PEM_HEADER = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----")
"""Says what the secret is and nothing of the secret, so it is not masked."""


@dataclass(frozen=True, slots=True)
class _Added:
    """The added lines of one file in one text; a gap where lines between them were not added."""

    path: bytes
    language: str
    text: bytes
    starts: Sequence[int]
    """Byte offset of every line in `text`."""
    numbers: Sequence[int]
    """Line number in the new file; 0 for a gap."""


def review(job: Job) -> Outcome:
    """Scan what the hunks add. Needs no file content, knows no exceptions by path: a secret in a vendored file is out, too."""
    pack = shipped()
    scanner = Scanner(pack)
    findings: list[Finding] = []
    notes = []
    for added in _by_file(job.hunks):
        hits = scanner.scan(added.text, added.language)
        if len(hits) > MOST_PER_FILE:
            notes.append(f"{printable(added.path)}: {len(hits)} secrets, the first {MOST_PER_FILE} are shown")
        findings += _findings(added, hits)
    identity = f"{len(pack.detectors)} detectors {pack.digest[:12]}"
    return Outcome(findings, cover(job.hunks, _NAME, State.REVIEWED), {_NAME: identity}, notes)


def redact(text: str) -> str:
    """The text with every secret in it masked: for quoting code, and before code is sent anywhere."""
    raw = text.encode("utf-8", "surrogatepass")
    hits = Scanner(shipped()).scan(raw)
    return _masked(raw, [(hit.start, hit.end) for hit in hits]).decode("utf-8", "replace")


def _by_file(hunks: Iterable[Hunk]) -> Iterator[_Added]:
    files: dict[bytes, list[Hunk]] = {}
    for hunk in hunks:
        files.setdefault(hunk.path, []).append(hunk)
    for path, group in files.items():
        yield _added(path, sorted(group, key=lambda hunk: hunk.new_start))


def _added(path: bytes, hunks: Sequence[Hunk]) -> _Added:
    texts: list[bytes] = []
    numbers: list[int] = []
    for line in (line for hunk in hunks for line in hunk.added):
        if numbers and line.new_number != numbers[-1] + 1:
            texts.append(_GAP)
            numbers.append(0)
        texts.append(line.text)
        numbers.append(line.new_number)
    starts, place = [], 0
    for text in texts:
        starts.append(place)
        place += len(text) + 1
    return _Added(path, hunks[0].language, b"\n".join(texts), starts, numbers)


def _findings(added: _Added, hits: Sequence[Hit]) -> Iterator[Finding]:
    """One finding a hit, each at the line its secret starts on."""
    by_line = _spans_by_line(added, hits)
    for hit in hits[:MOST_PER_FILE]:
        index = bisect_right(added.starts, hit.start) - 1
        start = added.starts[index]
        line = _line(added, index)
        first, last = hit.start - start, min(hit.end - start, len(line))
        yield Finding(
            rule=hit.detector.id,
            kind=Kind.SECRET,
            severity=hit.severity,
            confidence=hit.confidence,
            path=added.path,
            start_line=added.numbers[index],
            end_line=added.numbers[index],
            start_column=_width(line[:first]) + 1,
            end_column=_width(line[:last]) + 1,
            snippet=_snippet(line, first, by_line[index]),
            message=hit.detector.message,
            remedy=hit.detector.remedy,
            cwe=_CWE,
            reviewer=_NAME,
        )


def _spans_by_line(added: _Added, hits: Iterable[Hit]) -> dict[int, list[tuple[int, int]]]:
    """The byte ranges of every line that no snippet may show: line index -> ranges in that line, in order."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for hit in hits:
        index = bisect_right(added.starts, hit.start) - 1
        while index < len(added.starts) and added.starts[index] < hit.end:
            start = added.starts[index]
            spans.setdefault(index, []).append((max(0, hit.start - start), min(hit.end - start, len(_line(added, index)))))
            index += 1
    return spans


def _line(added: _Added, index: int) -> bytes:
    end = added.starts[index + 1] - 1 if index + 1 < len(added.starts) else len(added.text)
    return added.text[added.starts[index] : end]


def _width(text: bytes) -> int:
    """In characters; a byte that is not UTF-8 counts as one."""
    return len(text.decode("utf-8", "surrogateescape"))


def _snippet(line: bytes, first: int, spans: Sequence[tuple[int, int]]) -> str:
    """The line without its secrets; of a long line the part around one of them."""
    shown = _masked(line, spans).decode("utf-8", "backslashreplace").rstrip("\r")
    if len(shown) <= _SNIPPET:
        return shown
    lead = _masked(line[:first], [span for span in spans if span[1] <= first]).decode("utf-8", "backslashreplace")
    start = max(0, len(lead) - _LEAD)
    return shown[start : start + _SNIPPET]


def _masked(line: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    pieces, done = [], 0
    for first, last in spans:
        kept = _kept(line[first:last])
        pieces += [line[done : first + kept], MASK.encode()]
        done = last
    return b"".join([*pieces, line[done:]])


def _kept(secret: bytes) -> int:
    """How many bytes of a secret may be shown: four, but no more than a quarter of it, and no half of a character."""
    header = _PEM_HEADER.match(secret)
    if header:
        return header.end()
    kept = min(4, len(secret) // 4)
    return kept if secret[:kept].isascii() else 0
