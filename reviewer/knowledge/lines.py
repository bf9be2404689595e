"""Lines of code as a dismissal knows them: without white space, without secrets, and with what stands around them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Lines = Mapping[int, str]
"""Text by 1-based line number; lines that nobody knows are left out."""

Hide = Callable[[str], str]
"""Takes the secrets out of a text, and puts a mask in the place of each."""

MOST_CODE = 10
"""Lines of a longer finding are not compared one by one: only its first line is."""

LONGEST = 300
"""Characters of a line that are kept as they are."""

_KEPT = 200
_NEAR = 10
"""Blank lines between a line and its neighbour; beyond them it has none."""

_FAR = 2000
"""Lines above a line among which the one that encloses it is looked for."""

MASK = "…****"
"""What the reviewer of secrets puts in the place of one."""

_MASK = re.compile(r"…?\*{4,}")
"""That, and the `****` of the reports."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a finding stands, in words of the code. Every text is stripped; what is kept is shortened and free of secrets."""

    code: tuple[str, ...]
    """The lines it is about."""
    inside: str
    """The nearest line above that is indented less: the head of the block; empty at the outermost level."""
    before: str
    """The nearest line above that is not blank; empty if there is none."""
    after: str


def lines_of(content: bytes) -> dict[int, str]:
    """The lines of a file."""
    return dict(enumerate(content.decode("utf-8", "backslashreplace").split("\n"), 1))


def anchor_at(lines: Lines, first: int, last: int) -> Anchor:
    """The anchor of the lines from `first` to `last`, neither shortened nor free of secrets yet."""
    until = last if last - first < MOST_CODE else first
    code = tuple(lines.get(number, "").strip() for number in range(first, until + 1))
    return Anchor(code, *surroundings(lines, first, until))


def surroundings(lines: Lines, first: int, last: int) -> tuple[str, str, str]:
    """What `Anchor` calls inside, before and after, as it stands in the file but for white space at both ends."""
    before = next((text for number in range(first - 1, first - _NEAR, -1) if (text := lines.get(number, "").strip())), "")
    after = next((text for number in range(last + 1, last + _NEAR) if (text := lines.get(number, "").strip())), "")
    return _enclosing(lines, first), before, after


def shortened(text: str) -> str:
    """A long line as its beginning and a digest of the whole; one with a mask is cut off, as its digest could never be compared.

    The digest is over text that the secrets have been taken out of.
    """
    if len(text) <= LONGEST:
        return text
    if _MASK.search(text):
        return text[:LONGEST]
    return f"{text[:_KEPT]}#{hashlib.sha256(bare(text).encode()).hexdigest()[:16]}"


def bare(text: str) -> str:
    """The text without its white space."""
    return "".join(text.split())


def looks_like(kept: str, text: str, *, masked: bool) -> bool:
    """Whether a line of a file is the one that was kept: the same but for white space.

    Args:
        kept: as in `Anchor`.
        text: as in the file, with its secrets.
        masked: masks in `kept` stand for any text.
    """
    wanted = bare(kept)
    return wanted == key(text) or (masked and _fits(_MASK.split(wanted), bare(text)))


def key(text: str) -> str:
    """What lines that differ in white space alone have in common, and what was kept of them (but for its white space)."""
    found = bare(text)
    return found if len(found) <= LONGEST and len(text.strip()) <= LONGEST else bare(shortened(text.strip()))


def before_mask(kept: str) -> str:
    """What a kept line begins with, without white space; all of it if nothing in it is masked."""
    return _MASK.split(bare(kept))[0]


def is_long(line_key: str) -> bool:
    """Whether the `key` of a line can be that of a long one, of which only a part may have been kept."""
    return len(line_key) >= _KEPT


def behind_masks(kept: str, text: str) -> Iterator[str]:
    """What the masks of a kept line stand for in a line of a file that looks like it, without white space."""
    pieces, found = _MASK.split(bare(kept)), bare(text)
    if not _fits(pieces, found):
        return
    at = found.find(pieces[0]) + len(pieces[0])
    for piece in pieces[1:]:
        end = found.find(piece, at) if piece else len(found)
        yield found[at:end]
        at = end + len(piece)


def _fits(pieces: list[str], text: str) -> bool:
    """Whether the pieces stand in the text one after the other, from its beginning to its end unless the text is a long one."""
    if len(pieces) < 2:
        return False
    whole = len(text) <= LONGEST
    if whole and not (text.startswith(pieces[0]) and text.endswith(pieces[-1])):
        return False
    at = 0
    for piece in pieces:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _enclosing(lines: Lines, first: int) -> str:
    own = _indentation(lines.get(first, ""))
    if not own:
        return ""
    above = (lines.get(number, "") for number in range(first - 1, max(0, first - _FAR), -1))
    return next((text.strip() for text in above if text.strip() and _indentation(text) < own), "")


def _indentation(text: str) -> int:
    wide = text.expandtabs(8)
    return len(wide) - len(wide.lstrip())
