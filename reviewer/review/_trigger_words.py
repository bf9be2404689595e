"""Which rules can match a text at all: every match of a rule holds one of the words that `rules/words.yml` has for it.

Ast-grep compiles every pattern of every rule it is given, 0.5 ms a rule; most rules are about names that a change does not hold.
A rule that is not listed, or was edited after the list was made, is always used: a stale list costs time, never a finding.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from reviewer import rulebook

LIST = "words.yml"
"""Its lines: id, colon, CRC-32 of the rule file in hexadecimal, and the words in lower case, all between single blanks."""


@cache
def _listed() -> dict[str, tuple[int, tuple[bytes, ...]]]:
    """By id: the checksum of the rule file, and the words."""
    found = {}
    for line in (rulebook.folder() / LIST).read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(": ")
        if rest and not line.startswith("#"):
            checksum, *words = rest.split(" ")
            found[name] = (int(checksum, 16), tuple(word.encode() for word in words))
    return found


def checksum(text: str) -> int:
    """Of a rule file."""
    return zlib.crc32(text.encode())


def chooser(content: bytes) -> Callable[[Path, str], bool]:
    """Whether a shipped rule (its path and the text of its file) can match in this content."""
    lowered = content.lower()

    def can_match(path: Path, text: str) -> bool:
        made_of, words = _listed().get(path.stem, (0, ()))
        return not words or made_of != checksum(text) or any(word in lowered for word in words)

    return can_match
