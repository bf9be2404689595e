"""What a pattern found, as the checks get to see it, and what they say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.review._secret_match import Match
    from reviewer.review._secret_pack import Detector

_LONGEST = 20_000
"""Bytes of a secret that are judged; a key of more lines is judged by its first ones."""

_SHOWN = 200
"""Bytes on each side of a secret that a check gets to see."""


class Judgement(Enum):
    """What a check says of a match."""

    KEEP = "keep"
    DOUBT = "doubt"
    """It is worth a look but not worth a block."""
    FAINT = "faint"
    """Most likely a stand-in: worth a note, in case it is none."""
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match, decoded."""

    secret: str
    name: str
    """What it is assigned to; empty if the pattern does not say."""
    language: str
    """Of the file, as in `Hunk.language`."""
    keywords: tuple[bytes, ...]
    """Of the detector, in lower case."""
    window: bytes = field(repr=False)
    first: int
    """Where the secret begins in the window."""
    last: int

    @staticmethod
    def of(detector: Detector, match: Match) -> Candidate:
        """What one pattern of a detector found."""
        window, first, last, name, language = match
        secret = window[first : min(last, first + _LONGEST)].decode("utf-8", "replace")
        return Candidate(secret, name.decode("utf-8", "replace"), language, detector.keywords, window, first, last)

    @property
    def before(self) -> str:
        """The text up to the secret, at most 200 bytes."""
        return self.window[max(0, self.first - _SHOWN) : self.first].decode("utf-8", "replace")

    @property
    def after(self) -> str:
        """The text behind the secret, at most 200 bytes."""
        return self.window[self.last : self.last + _SHOWN].decode("utf-8", "replace")
