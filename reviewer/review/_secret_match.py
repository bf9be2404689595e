"""Where a pattern of a detector fits."""

from __future__ import annotations

from typing import NamedTuple


class Match(NamedTuple):
    """What a pattern found."""

    window: bytes
    """The text that was looked at."""
    first: int
    """Where the secret begins in it."""
    last: int
    name: bytes
    """What the secret is assigned to; empty if the pattern does not say."""
    language: str
    """Of the file, as in `Hunk.language`."""
