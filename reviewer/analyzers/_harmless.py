"""What ruff reports although the code around it shows that it is harmless, or is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SURELY = ("seems safe", "`BaseLoader`", "`CBaseLoader`")
"""In ruff's own words: a shell call whose command is a literal, and loaders of YAML that make nothing but texts."""

_TEXT = r"""(?:[rRbBuU]?(?:"[^"\\\n]*"|'[^'\\\n]*')|[fF](?:"[^"\\\n{]*"|'[^'\\\n{]*'))"""
_CONSTANT = {
    "S102": re.compile(rf"exec\(\s*{_TEXT}\s*[,)]"),
    "S307": re.compile(rf"eval\(\s*{_TEXT}\s*[,)]"),
    "S310": re.compile(rf"[\w.]+\(\s*{_TEXT}\s*[,)]"),
    "S321": re.compile(r"[\w.]*\bFTP_TLS\b"),
    "S608": re.compile(rf"{_TEXT}(?:\s*\+\s*{_TEXT}|\s*%\s*\(\s*\)|\.format\(\s*\))+\s*(?:[,);#]|$)"),
}
"""Code that a check reports although nothing variable goes into it, or (FTP_TLS) it is the cure."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a check found something."""

    lines: Sequence[str]
    """All lines of the file, as the check counts them."""
    row: int
    """1-based."""
    column: int
    """1-based, in characters."""


def is_harmless(code: str, message: str, place: Place | None) -> bool:
    """Whether a report tells nothing.

    Args:
        place: None if the lines are not counted as they are here.
    """
    if any(words in message for words in _SURELY):
        return True
    if place is None or not 0 < place.row <= len(place.lines):
        return False
    pattern = _CONSTANT.get(code)
    if pattern is not None and pattern.match(place.lines[place.row - 1], place.column - 1) is not None:
        return True
    return code == "B018" and _asks_for_its_failure(place)


def _asks_for_its_failure(place: Place) -> bool:
    """Whether it stands first in a `try`, where it is to see whether it fails."""
    above = next((line.strip() for line in reversed(place.lines[: place.row - 1]) if line.strip()), "")
    return above == "try:"
