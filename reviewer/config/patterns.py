"""Patterns of paths, such as "src/crypto/**": what they may be, and which paths they mean.

They start at the root of the repository. `*` and `?` stand for characters of one name, `**` for any number of folders; what means
a folder means all in it. Upper and lower case, and the two ways in which Unicode writes a letter with an accent, are the same:
where file systems do not tell them apart, a file of another spelling lands in the same folder.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from reviewer.config.kinds import Words

_LONGEST = 200
_ANY_FOLDERS = "**"


@dataclass(frozen=True, slots=True)
class Patterns(Words):
    """A list of patterns."""

    def read(self, value: object) -> tuple[str, ...]:
        words = Words.read(self, value)
        for word in words:
            if not _is_pattern(word):
                example = 'such as "src/crypto/**" or "**/*.sql"'
                raise ValueError(f"must be a list of paths as seen from the root, {example}; {word!r} is none")
        return words

    def schema(self) -> dict[str, object]:
        form = r"^(?!.*//)(?!(?:.*/)?\.{1,2}(?:/|$))[^/\\\s](?:[^\\]*[^\\\s])?$"
        return {"type": "array", "items": {"type": "string", "pattern": form, "maxLength": _LONGEST}}


def matching(patterns: Iterable[str], path: bytes) -> str:
    """The first of the patterns that means a path or a folder that it is in; empty if none does."""
    names = _plain(path.decode("utf-8", "surrogateescape")).split("/")
    return next((pattern for pattern in patterns if _matches(_plain(pattern).rstrip("/").split("/"), names)), "")


def _is_pattern(word: str) -> bool:
    names = word.rstrip("/").split("/")
    odd = any(name in ("", ".", "..") or (_ANY_FOLDERS in name and name != _ANY_FOLDERS) for name in names)
    return len(word) <= _LONGEST and not odd and "\0" not in word and "\\" not in word and word == word.strip()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _matches(pattern: list[str], names: list[str]) -> bool:
    """Row by row of the table (names of the pattern, names of the path): no star costs more than one pass.

    What is left of the path lies in the folder that was matched. A file with the name of a folder of "src/**" is meant, too.
    """
    there = {0}
    for part in pattern:
        if part == _ANY_FOLDERS:
            there = set(range(min(there), len(names) + 1))
        else:
            there = {at + 1 for at in there if at < len(names) and _fits(part, names[at])}
        if not there:
            return False
    return True


def _fits(part: str, name: str) -> bool:
    """Whether a name is of the form, by the same table, letter by letter."""
    there = {0}
    for letter in part:
        if letter == "*":
            there = set(range(min(there), len(name) + 1))
        else:
            there = {at + 1 for at in there if at < len(name) and letter in ("?", name[at])}
        if not there:
            return False
    return len(name) in there
