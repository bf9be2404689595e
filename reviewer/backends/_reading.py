"""Keeps track of what a runtime's cache holds, so that nothing is read twice, and of the time.

A text comes in segments. Where segments begin is part of the input, and each is read in pieces counted from its own beginning:
so what the cache holds after some segments never depends on which of them were there already.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from reviewer.backends._runtime import Runtime, Tokens
from reviewer.backends._time import Ceiling
from reviewer.errors import BackendError, OutOfTimeError

_KEPT = 4
"""Beginnings whose state is kept: as many as there are roles that are asked in turns."""

_KEPT_TOKENS = 512
"""Of a beginning that is kept: a state has 57 KB a token for a model of 1.5B in 32 bits."""


class Reading:
    """The cache of a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._segments: list[Tokens] = []
        self._kept: dict[Tokens, Any] = {}
        self._pace = runtime.pace
        self._step = 0.0
        """Seconds that the last short reading took, whatever its length."""

    @property
    def position(self) -> int:
        """Tokens in the cache."""
        return sum(map(len, self._segments))

    def read(self, segments: Sequence[Tokens], ceiling: Ceiling) -> None:
        """Bring the cache to exactly these segments; the logits after the last one can be asked then.

        Raises:
            OutOfTimeError
            BackendError: they are longer than the context.
        """
        wanted = [segment for segment in segments if segment]
        self._fit(sum(map(len, wanted)))
        self._go_back(wanted)
        for number in range(len(self._segments), len(wanted)):
            self._append(wanted[number], ceiling)
            if number == 0 and len(wanted) > 1:
                self._keep(wanted[0])

    def append(self, tokens: Tokens, ceiling: Ceiling) -> None:
        """Read on."""
        self._fit(self.position + len(tokens))
        self._append(tokens, ceiling)

    def score(self, rows: Sequence[Tokens], ceiling: Ceiling) -> list[list[float]]:
        """For each row the log-probability of every token but the first, read after what the cache holds.

        Args:
            rows: each of at least two tokens; the cache is the same afterwards.
        """
        for row in rows:
            self._fit(self.position + len(row))
        found: dict[int, list[float]] = {}
        for group in _groups(rows, self._runtime.piece):
            found.update(zip(group, self._beside([rows[number] for number in group], ceiling), strict=True))
        return [found[number] for number in range(len(rows))]

    def mean_state(self, tokens: Tokens, ceiling: Ceiling) -> list[float]:
        """The mean of the last hidden states over a text that nothing stands before."""
        self._fit(len(tokens))
        self._segments = []
        sums: list[float] = []
        for start, piece in self._pieces(tokens):
            self._timed([piece], start, ceiling, every=True)
            part = self._runtime.state_sum()
            sums = [one + other for one, other in zip(sums, part, strict=True)] if sums else list(part)
        return [value / len(tokens) for value in sums]

    def _beside(self, rows: Sequence[Tokens], ceiling: Ceiling) -> list[list[float]]:
        if len(rows) > 1:
            self._timed([row[:-1] for row in rows], self.position, ceiling, every=True)
            return self._runtime.log_probabilities([row[1:] for row in rows])
        (row,), position = rows, self.position
        scores: list[float] = []
        for start, piece in self._pieces(row[:-1]):
            self._timed([piece], position + start, ceiling, every=True)
            scores += self._runtime.log_probabilities([row[start + 1 : start + 1 + len(piece)]])[0]
        return [scores]

    def _go_back(self, wanted: Sequence[Tokens]) -> None:
        """Forget what does not belong to the wanted segments, and always the last of them, whose end is to be read."""
        common = 0
        while common < min(len(self._segments), len(wanted) - 1) and self._segments[common] == wanted[common]:
            common += 1
        del self._segments[common:]
        if not common and len(wanted) > 1 and (kept := self._kept.get(wanted[0])) is not None:
            self._runtime.resume(kept)
            self._segments = [wanted[0]]

    def _append(self, segment: Tokens, ceiling: Ceiling) -> None:
        position = self.position
        for start, piece in self._pieces(segment):
            self._timed([piece], position + start, ceiling)
        self._segments.append(segment)

    def _keep(self, segment: Tokens) -> None:
        if len(segment) > _KEPT_TOKENS:
            return
        self._kept.pop(segment, None)
        while len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[segment] = self._runtime.keep()

    def _pieces(self, tokens: Tokens) -> Iterator[tuple[int, Tokens]]:
        size = self._runtime.piece
        for start in range(0, len(tokens), size):
            yield start, tokens[start : start + size]

    def _timed(self, rows: Sequence[Tokens], start: int, ceiling: Ceiling, *, every: bool = False) -> None:
        total = len(rows) * max(map(len, rows))
        self._foresee(total, ceiling)
        began = time.monotonic()
        try:
            self._runtime.read(rows, start, every=every)
        except BackendError:
            self._segments = []
            raise
        taken = time.monotonic() - began
        if total >= self._runtime.piece // 2:
            self._pace = taken / total
        else:
            self._step = taken

    def _foresee(self, total: int, ceiling: Ceiling) -> None:
        """Do not begin what would end too late; but after a slow moment of the machine, try again soon."""
        try:
            ceiling.check(max(total * self._pace, self._step))
        except OutOfTimeError:
            self._pace, self._step = self._pace / 2, self._step / 2
            raise

    def _fit(self, length: int) -> None:
        if length > self._runtime.context:
            raise BackendError(f"the question has {length} tokens, more than the {self._runtime.context} of the context")


def _groups(rows: Sequence[Tokens], room: int) -> Iterator[list[int]]:
    """Numbers of rows to read beside each other: as many of like length as fit into one reading."""
    group: list[int] = []
    for number in sorted(range(len(rows)), key=lambda number: (-len(rows[number]), number)):
        longest = len(rows[group[0]]) if group else 0
        if group and (len(group) + 1) * longest > room:
            yield group
            group = []
        group.append(number)
    if group:
        yield group
