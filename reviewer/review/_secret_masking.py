"""Shows text that holds secrets, without them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

MASK = "…****"
"""Stands for the rest of a secret, whatever its length."""

Span = tuple[int, int]
"""Byte range [first, last) of a secret."""

_SNIPPET = 300
"""Characters of a line that a snippet shows."""

_LEAD = 80
"""Characters before the secret that the snippet of a longer line shows."""

_NEAR = 2_000
"""Bytes on both sides of a secret that its snippet is made of; of a shorter line, all."""

_PEM_HEADER = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----")
"""Says what the secret is and nothing of the secret, so it is not masked."""


def united(spans: Iterable[Span]) -> list[Span]:
    """The same bytes in ranges that do not overlap, in order."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first < found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def masked(text: bytes, spans: Iterable[Span]) -> bytes:
    """The text with every range masked; they are in order and do not overlap."""
    pieces, done = [], 0
    for first, last in spans:
        kept = _kept(text[first:last])
        pieces += [text[done : first + kept], MASK.encode()]
        done = last
    return b"".join([*pieces, text[done:]])


def snippet(line: bytes, place: int, spans: Sequence[Span]) -> str:
    """A line without its secrets; of a long line the part around one of them.

    Args:
        place: where that one begins, in bytes.
        spans: all secrets of the line, in order, without overlap.
    """
    start, end = _around(line, place, spans)
    near = spans[bisect_left(spans, (start, start)) : bisect_left(spans, (end, end))]
    inside = [(first - start, last - start) for first, last in near]
    shown = _shown(masked(line[start:end], inside)).rstrip("\r")
    if len(shown) <= _SNIPPET:
        return shown
    lead = _shown(masked(line[start:place], [span for span in inside if span[1] <= place - start]))
    begin = max(0, len(lead) - _LEAD)
    return shown[begin : begin + _SNIPPET]


def _around(line: bytes, place: int, spans: Sequence[Span]) -> Span:
    """The part of a line that a snippet is made of; it neither begins nor ends within a secret or a character."""
    if len(line) <= 2 * _NEAR:
        return 0, len(line)
    here = bisect_right(spans, (place, len(line))) - 1
    start, end = max(0, place - _NEAR), min(len(line), spans[here][1] + _NEAR)
    before, behind = bisect_right(spans, (start, len(line))) - 1, bisect_left(spans, (end, 0)) - 1
    start = max(start, spans[before][1]) if before >= 0 and before != here else start
    end = min(end, spans[behind][0]) if behind != here and spans[behind][1] > end else end
    while start < place and line[start] & 0xC0 == 0x80:
        start += 1
    while spans[here][1] < end < len(line) and line[end] & 0xC0 == 0x80:
        end -= 1
    return start, end


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")


def _kept(secret: bytes) -> int:
    """How many bytes of a secret may be shown: four, but no more than a quarter of it, and no half of a character."""
    header = _PEM_HEADER.match(secret)
    if header:
        return header.end()
    kept = min(4, len(secret) // 4)
    return kept if secret[:kept].isascii() else 0
