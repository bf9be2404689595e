"""What a review asks a model through: the warm engine, or a worker of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from reviewer.backends.interface import ModelFiles, Piece, Settings, Written


class Asker(Protocol):
    """A model that can be asked. For the errors see `reviewer.engine.client.Questions`.

    After CrashedError, AbandonedError, and OverdueError that is no OutOfTimeError, it is not alive; the next one comes from
    `reviewer.engine.access.start`. Deadlines are `time.monotonic()`. One thread uses it; only `abandon` is for the others.
    """

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""

    def load(self, files: ModelFiles, settings: Settings, deadline: float) -> None:
        """Load a model; all other questions need it."""

    def digest(self, deadline: float) -> str:
        """What tells this model from every other."""

    def count(self, texts: Sequence[str], deadline: float) -> list[int]:
        """Tokens of each text."""

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        """Log-probability of each option."""

    def score(self, prefix: Sequence[Piece], continuations: Sequence[str], deadline: float) -> list[list[float]]:
        """Log-probability of each token of each continuation."""

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, deadline: float
    ) -> Written:
        """The likeliest JSON that the schema admits."""

    def embed(self, texts: Sequence[str], deadline: float) -> list[list[float]]:
        """The vector of each text."""

    def abandon(self) -> None:
        """Give up, from any thread: the running question ends at once with AbandonedError, and so does every later one.

        May be called at any time and as often as one likes; an answer that was just arriving may still be given. It never
        waits. Whoever uses the asker closes it as ever.
        """

    def close(self) -> None:
        """Leave. A worker of its own ends; the engine stays."""
