"""The network's input: hunks of staged sets as rows of numbers, and batches of them as bytes that every device takes.

The standard library is enough for that, so a process that speaks to a stick needs no numpy.
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.classify import hunk_numbers, hunk_words, staged_context, staged_sets
from reviewer.classify.staged_sets import Piece

BATCH = 32
"""Hunks that the network takes at once; its shapes are static, since the NCS2 knows no others."""

FEATURES = (
    *hunk_numbers.NAMES, *staged_context.NAMES, *(f"mean_{name}" for name in hunk_numbers.NAMES),
    *(f"most_{name}" for name in hunk_numbers.NAMES), "set_hunks", "set_files",
)  # fmt: skip
"""What each number is that the network takes, in its order."""


@dataclass(frozen=True, slots=True)
class Row:
    """A hunk as the network takes it, its staged set included. Rows do not depend on each other."""

    numbers: array[float]
    """One for each of `FEATURES`."""
    words: array[int]
    """As `hunk_words.words` gives them."""


def rows(pieces: Sequence[Piece]) -> list[Row]:
    """One for each hunk, in their order. Hunks of equal context are one staged set (see `staged_sets`)."""
    found: list[Row | None] = [None] * len(pieces)
    for members in staged_sets.grouped(pieces):
        of_the_set = array("f", common([pieces[number] for number in members]))
        for number in members:
            found[number] = Row(pieces[number].numbers + of_the_set, pieces[number].words)
    return [one for one in found if one is not None]


def common(members: Sequence[Piece]) -> list[float]:
    """The numbers that all hunks of a staged set share."""
    return [*staged_context.numbers(members[0].context), *staged_sets.pooled(members)]


def batch(members: Sequence[Row]) -> dict[str, bytes]:
    """The network's inputs for at most `BATCH` hunks: floats of 32 bits, row by row; rows that are missing are zero."""
    missing = BATCH - len(members)
    numbers = b"".join(one.numbers.tobytes() for one in members) + bytes(4 * missing * len(FEATURES))
    words = array("f", bytes(4 * BATCH * hunk_words.BUCKETS))
    for place, one in enumerate(members):
        start, weight = place * hunk_words.BUCKETS, (len(one.words) + 1) ** -0.5
        for word in one.words:
            words[start + word] = weight
    return {"numbers": numbers, "words": words.tobytes()}


def to_json(members: Sequence[Row]) -> list[list[str]]:
    """Rows as a message carries them."""
    return [[b64encode(values.tobytes()).decode("ascii") for values in (one.numbers, one.words)] for one in members]


def from_json(value: Any) -> list[Row]:
    """The inverse of `to_json`.

    Raises:
        ValueError: it is none.
    """
    try:
        found = [Row(array("f", b64decode(numbers)), array("i", b64decode(words))) for numbers, words in value]
    except (TypeError, ValueError) as error:
        raise ValueError("these are no rows of this network") from error
    sizes = all(len(one.numbers) == len(FEATURES) for one in found)
    if not sizes or not all(0 <= word < hunk_words.BUCKETS for one in found for word in one.words):
        raise ValueError("these are no rows of this network")
    return found
