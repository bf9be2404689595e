"""What a model is shown beside the request: the file that the code goes into, around the place, and the files that were named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.generate.places import Place
from reviewer.generate.placing import Spot
from reviewer.records import printable
from reviewer.review._model_context import shown
from reviewer.review._model_redaction import without_secrets, words
from reviewer.review._model_scope import enclosing, is_definition
from reviewer.review._model_tokens import estimate

CEILING = 2000
"""Estimated tokens of all files together."""

_AROUND = 900
"""Of them, at most, the lines around the place of insertion."""

_GAP = "..."
"""Stands for lines that are left out."""

_PLACE = ">>> the new code goes here <<<"

_HEAD = 50
"""Of them, for name and fence of each file."""

_IMPORT = re.compile(r"\s*(import|from|use|using|require|require_relative|#include|package|const \w+ = require)\b")
_MOST_IMPORTS = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """The text, and what stands in it."""

    material: str
    """Empty if there is nothing to show."""
    files: tuple[str, ...]
    """What was shown of which file, in words."""


@dataclass(slots=True)
class _Room:
    left: int

    def take(self, lines: Sequence[str], *, gaps: bool = False) -> list[str]:
        """As many of the lines, from the first on, as there is room for.

        Args:
            gaps: the lines do not follow each other: a mark goes between them.
        """
        kept = []
        for line in lines:
            cost = estimate(line) + 1 + gaps * (estimate(_GAP) + 1)
            if cost > self.left:
                break
            self.left -= cost
            kept.append(line)
        return kept


def context(place: Place | None, spot: Spot | None, named: Sequence[Place], *, redacting: bool) -> Shown:
    """What to show.

    Args:
        place: the file that the code goes into, None if it stands by itself.
        spot: where in it.
        named: files that the person named, the most important first.
        redacting: the text leaves this machine, so that no secret may be in it.
    """
    room = _Room(CEILING - _HEAD * (len(named) + 1))
    parts: list[str] = []
    said: list[str] = []
    if place is not None and place.content is not None and spot is not None:
        own = _Room(room.left // 2 if named else room.left)
        room.left -= own.left
        parts.append(_fenced(place, _around(_lines(place, redacting), spot, own), redacting))
        room.left += own.left
        said.append(f"{printable(place.path)} (imports, definitions, the lines around line {spot.line})")
    for number, one in enumerate(named):
        share = _Room(room.left // (len(named) - number))
        before = share.left
        body, what = _of_file(_lines(one, redacting), share)
        room.left -= before - share.left
        if body:
            parts.append(_fenced(one, body, redacting))
            said.append(f"{printable(one.path)} ({what})")
        else:
            said.append(f"{printable(one.path)} (nothing: no room was left)")
    return Shown("\n".join(parts), tuple(said))


def _around(lines: Sequence[str], spot: Spot, room: _Room) -> list[str]:
    """The file's imports and heads, and the lines around the place, nearest first until there is no more room for them."""
    near = _Room(min(_AROUND, room.left))
    before = list(range(spot.line - 1, 0, -1))
    after = list(range(spot.line, len(lines) + 1))
    scope = _scope(lines, spot.line)
    kept: set[int] = set()
    while before or after:
        above = bool(before) and (not after or spot.line - before[0] <= after[0] - spot.line + 1)
        number = (before if above else after).pop(0)
        if not near.take([lines[number - 1]]):
            break
        kept.add(number)
    room.left -= min(_AROUND, room.left) - near.left
    heads = [number for number in _heads(lines, scope) if number not in kept]
    kept.update(heads[: len(room.take([lines[number - 1] for number in heads], gaps=True))])
    return list(_with_gaps(lines, kept, spot.line))


def _scope(lines: Sequence[str], line: int) -> range:
    """The lines of the definition that the place is in."""
    nearest = next((number for number in range(min(line, len(lines)), 0, -1) if lines[number - 1].strip()), 0)
    return (enclosing(lines, nearest, nearest) if nearest else None) or range(0)


def _heads(lines: Sequence[str], scope: range) -> list[int]:
    """Numbers of the head of the enclosing definition, of the imports and of all definitions: what matters most comes first."""
    imports = [number for number, line in enumerate(lines, 1) if _IMPORT.match(line)][:_MOST_IMPORTS]
    heads = [number for number, line in enumerate(lines, 1) if is_definition(line)]
    return list(dict.fromkeys([*([scope.start] if scope else []), *imports, *heads]))


def _with_gaps(lines: Sequence[str], kept: set[int], at: int) -> Iterator[str]:
    """The lines in their order; what is left out shows as dots."""
    last = 0
    for number in sorted({*kept, at}):
        if number > last + 1:
            yield _GAP
        if number == at:
            yield _PLACE
        if number in kept:
            yield lines[number - 1]
        last = number
    if last < len(lines):
        yield _GAP


def _of_file(lines: Sequence[str], room: _Room) -> tuple[list[str], str]:
    """A whole file if there is room for it; else the lines of its imports and definitions."""
    if sum(estimate(line) + 1 for line in lines) <= room.left:
        return room.take(lines), "all of it"
    numbers = sorted(_heads(lines, range(0)))
    heads = room.take([lines[number - 1] for number in numbers])
    return heads, "imports and heads of definitions" if len(heads) == len(numbers) else "the first imports and heads"


def _lines(place: Place, redacting: bool) -> list[str]:
    raw = (place.content or b"").removesuffix(b"\n").split(b"\n")
    return [shown(line) for line in (without_secrets(raw, place.language) if redacting else raw)]


def _fenced(place: Place, body: Sequence[str], redacting: bool) -> str:
    """A file with its name. The fence is named after the content, so no line in it can close it."""
    text = "\n".join(body)
    fence = "file-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    name = words(printable(place.path)) if redacting else printable(place.path)
    return f"File: {shown(name)}\n<{fence}>\n{text}\n</{fence}>\n"
