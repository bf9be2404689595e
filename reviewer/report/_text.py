"""Text of the repository, made harmless for a terminal: it can neither move the cursor nor reorder what is read."""

from __future__ import annotations

from dataclasses import dataclass

TAB = 4
"""Columns between tab stops."""

_RAW_BYTE = range(0xDC80, 0xDD00)
"""What Python's "surrogateescape" makes of a byte that is not UTF-8."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as it is shown."""

    text: str
    starts: tuple[int, ...]
    """For each character of the line, and for its end, where it begins in `text`."""


def decoded(line: bytes) -> str:
    """A line of a file, one character for each byte that is not UTF-8, without the carriage return at its end."""
    return line.removesuffix(b"\r").decode("utf-8", "surrogateescape")


def shown(raw: str) -> Shown:
    """The line with tabs expanded and every control, format and invisible character written as an escape."""
    pieces: list[str] = []
    starts = [0]
    for char in raw:
        piece = " " * (TAB - starts[-1] % TAB) if char == "\t" else escaped(char)
        pieces.append(piece)
        starts.append(starts[-1] + len(piece))
    return Shown("".join(pieces), tuple(starts))


def safe(text: str, most: int = 2000) -> str:
    """A message on one line: line breaks and tabs become spaces, other unprintable characters escapes.

    Args:
        most: characters; what is longer is cut.
    """
    cut = text if len(text) <= most else text[:most] + "..."
    return "".join(escaped(char) for char in " ".join(cut.split()))


def escaped(char: str) -> str:
    """One character, as an escape if it cannot be printed by itself (controls, bidirectional marks, raw bytes)."""
    if char.isprintable():
        return char
    if ord(char) in _RAW_BYTE:
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def well_formed(text: str) -> str:
    """The text without lone surrogates, which no JSON reader has to accept."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
