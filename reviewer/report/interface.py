"""What every report takes and gives. One file per format, found by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reviewer.records import Verdict


@dataclass(frozen=True, slots=True)
class View:
    """How the reader wants to see it."""

    color: bool = False
    """Escape sequences for colour may be written (a terminal, and NO_COLOR is not set)."""
    width: int = 100
    """Columns of the reader's terminal."""
    quiet: bool = False
    """Only what blocks and what failed."""


class Report(Protocol):
    """The module's contract."""

    def render(self, verdict: Verdict, view: View) -> str:
        """The report as text, ending in a line feed (empty if there is nothing to say)."""
