"""Takes secrets out of a hunk and its file before anything of them goes to an endpoint on another machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from reviewer.records import Hunk, Line, LineKind
from reviewer.review._model_context import Source
from reviewer.review._secret_masking import MASK, Span, masked, united
from reviewer.review._secret_pack import shipped
from reviewer.review._secret_scan import Scanner


def redacted(hunk: Hunk, source: Source | None) -> tuple[Hunk, Source | None]:
    """The hunk and its file with every secret masked that the gate would report.

    Both sides of the change are looked at as whole texts, and the new side as the whole file if it is known, so that a key over
    several lines is known as one. Lines stay lines.
    """
    clean = source_without_secrets(source, hunk.language) if source else None
    lines = list(hunk.lines)
    for unwanted in (LineKind.ADDED, LineKind.REMOVED):
        side = [index for index, line in enumerate(lines) if line.kind is not unwanted]
        for index, text in zip(side, without_secrets([lines[index].text for index in side], hunk.language), strict=True):
            lines[index] = replace(lines[index], text=text)
    if source is not None and clean is not None:
        lines = [_as_in_file(line, hunk.lines[index], source, clean) for index, line in enumerate(lines)]
    path, section = (without_secrets([text], "")[0] for text in (hunk.path, hunk.section.encode("utf-8", "replace")))
    return replace(hunk, lines=tuple(lines), path=path, section=section.decode("utf-8", "replace")), clean


def _as_in_file(line: Line, plain: Line, source: Source, clean: Source) -> Line:
    """A line of the hunk, masked as in the whole file too; where the two disagree nothing of it is shown."""
    number = line.new_number
    if not 0 < number <= len(source.lines) or clean.lines[number - 1] == source.lines[number - 1]:
        return line
    text = clean.lines[number - 1].encode("utf-8", "replace")
    return replace(line, text=text if line.text in (plain.text, text) else MASK.encode())


def source_without_secrets(source: Source, language: str) -> Source:
    """A whole file with every secret masked."""
    raw = [line.encode("utf-8", "replace") for line in source.lines]
    lines = tuple(line.decode("utf-8", "replace") for line in without_secrets(raw, language))
    return Source("\n".join(lines), lines)


def words(text: str) -> str:
    """A text of one line with every secret in it masked."""
    return without_secrets([text.encode("utf-8", "replace")], "")[0].decode("utf-8", "replace")


def without_secrets(lines: Sequence[bytes], language: str) -> list[bytes]:
    """Lines of one text with every secret in them masked, each line by itself."""
    text = b"\n".join(lines)
    scan = _scanner().scan(text, language)
    # Where there are too many values to look at them all, nothing of the rest goes out.
    unread = [(scan.guessed, len(text))] if scan.unfinished else []
    spans = united([*scan.spans, *unread])
    made, start = [], 0
    for line in lines:
        end = start + len(line)
        inside = [(first - start, last - start) for first, last in spans if first < end and last > start]
        made.append(_masked(line, inside))
        start = end + 1
    return made


def _masked(line: bytes, spans: Sequence[Span]) -> bytes:
    """A line without the parts of it that belong to secrets; spans may begin before it and end after it."""
    if spans and spans[0][0] < 0:
        # The rest of a secret that began in an earlier line: not even its first letters may be shown.
        done = min(spans[0][1], len(line))
        return MASK.encode() + _masked(line[done:], [(first - done, last - done) for first, last in spans[1:]])
    return masked(line, [(first, min(last, len(line))) for first, last in spans])


@cache
def _scanner() -> Scanner:
    return Scanner(shipped())
