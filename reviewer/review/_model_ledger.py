"""Which parts of which hunks have come to an end, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reviewer.records import CoverageEntry, Hunk, State
from reviewer.review._model_context import Context
from reviewer.review.interface import cover

NAME = "models"

_WORST = (State.FAILED, State.DEFERRED, State.SKIPPED, State.REVIEWED)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A hunk, or a part of one that is too long for one question."""

    hunk: Hunk
    context: Context


@dataclass(slots=True)
class Ledger:
    """One entry per hunk in the end; the worst end of a part is the hunk's."""

    hunks: Sequence[Hunk]
    _open: dict[int, int] = field(default_factory=dict)
    """Parts that have not come to an end, by the identity of the hunk: equal hunks may stand in one job."""
    _ends: dict[int, tuple[State, str]] = field(default_factory=dict)

    def expect(self, hunk: Hunk, parts: int) -> None:
        """A hunk has so many parts."""
        self._open[id(hunk)] = parts

    def close(self, hunk: Hunk, state: State, reason: str = "") -> None:
        """A part, or a hunk without parts, has come to an end."""
        known = self._ends.get(id(hunk), (State.REVIEWED, ""))
        self._ends[id(hunk)] = min(known, (state, reason), key=lambda end: (_WORST.index(end[0]), end[1]))
        self._open[id(hunk)] = self._open.get(id(hunk), 1) - 1

    def close_rest(self, state: State, reason: str) -> None:
        """All that is open comes to one end."""
        for hunk in self.hunks:
            while self._open.get(id(hunk), 0) > 0:
                self.close(hunk, state, reason)

    def entries(self) -> list[CoverageEntry]:
        """The coverage, in the order of the hunks. Every part must have come to an end."""
        return [entry for hunk in self.hunks for entry in cover([hunk], NAME, *self._ends[id(hunk)])]
