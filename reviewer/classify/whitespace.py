"""Whether a hunk changes nothing but white space, told so that a change of meaning is never called white space.

The hunk's old and new text are compared line by line after white space that the language ignores is taken away. Where the
language gives white space a meaning (indentation, continuation lines, strings over several lines), it is left in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reviewer.classify.long_strings import long_string_in_sight
from reviewer.classify.sides import after, before
from reviewer.records import Hunk, Line

FREE_FORM = frozenset(
    {
        "c", "cpp", "csharp", "css", "dart", "dockerfile", "go", "graphql", "groovy", "html", "ini", "java", "javascript",
        "json", "kotlin", "less", "lua", "objectivec", "perl", "php", "protobuf", "ruby", "rust", "scala", "scss", "shell",
        "sql", "swift", "terraform", "toml", "tsx", "typescript", "xml", "zig",
    }
)  # fmt: skip
"""Languages in which indentation means nothing. All others, unknown ones too, keep theirs."""

_QUOTES = re.compile(rb"""["'`/]""")
"""A line with a string or a regular expression in it keeps its inner white space."""

_CARRIAGE_RETURN_MATTERS = frozenset({"shell", "make"})
"""A shell takes the carriage return for part of the last word."""


def whitespace_only(hunk: Hunk) -> str:
    """The reason in words if nothing but white space differs; empty if anything else may."""
    if not hunk.lines or _written(hunk.removed) != _written(hunk.added) or _edges_matter(hunk):
        return ""
    old, new = _significant(before(hunk), hunk.language), _significant(after(hunk), hunk.language)
    if old != new:
        return ""
    if _ends_of_line(before(hunk)) != _ends_of_line(after(hunk)):
        return "only white space differs, line endings among it"
    return "only white space differs"


def _written(lines: Iterable[Line]) -> int:
    """Bytes that are not white space. Quick to count, and most hunks need no closer look."""
    return sum(len(part) for line in lines for part in line.text.split())


def _edges_matter(hunk: Hunk) -> bool:
    """Whether white space at the edges of lines may mean something here: a continuation line or a long string is in sight."""
    return long_string_in_sight(hunk) or any(line.text.rstrip().endswith(b"\\") for line in hunk.lines)


def _significant(lines: list[Line], language: str) -> list[bytes]:
    return [kept for line in lines if (kept := _kept(line.text, language)).strip()]


def _kept(text: bytes, language: str) -> bytes:
    """The line without the white space that means nothing in the language."""
    if language in _CARRIAGE_RETURN_MATTERS:
        return text.strip(b" \t") if language in FREE_FORM else text.rstrip(b" \t")
    if language not in FREE_FORM:
        return text.rstrip()
    kept = text.strip()
    return kept if _QUOTES.search(kept) else re.sub(rb"[ \t]+", b" ", kept)


def _ends_of_line(lines: list[Line]) -> list[bool]:
    return [line.text.endswith(b"\r") for line in lines if line.text.strip()]
