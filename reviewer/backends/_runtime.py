"""What a runtime in this process must be able to do; everything else about a local model is written once, above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Tokens = tuple[int, ...]


class Runtime(Protocol):
    """A loaded model with its key-value cache.

    What is computed must depend on the tokens in the cache and on how they were cut into readings only, not on what else was
    read before. Whatever goes wrong is raised as BackendError.
    """

    context: int
    """Tokens that the cache takes."""
    piece: int
    """Tokens to read at once: as few as cost no speed, since the time is looked at between readings; at most 256."""
    pace: float
    """Seconds for one token of a reading, as a first guess."""

    def encode(self, text: str) -> list[int]:
        """Tokens of a text; special tokens in it may be matched."""

    def special(self) -> dict[str, int]:
        """The special tokens."""

    def vocabulary(self) -> Sequence[bytes]:
        """What each token stands for in a text; empty for those that stand for nothing."""

    def read(self, rows: Sequence[Tokens], start: int, *, every: bool = False) -> None:
        """Forget everything from a position of the cache on, and read on there.

        Args:
            rows: at least one, none empty. Several are read beside each other; then the cache afterwards ends at `start`.
            every: whether `log_probabilities` or `states` will be asked; else only `logits` and `best`.
        """

    def logits(self, wanted: Sequence[int]) -> list[float]:
        """Logits of some tokens after the last one read."""

    def best(self, count: int) -> Sequence[int]:
        """The tokens with the greatest logits after the last one read, in their order; equals by number."""

    def log_probabilities(self, targets: Sequence[Tokens]) -> list[list[float]]:
        """For each row of the last reading and each of its positions, the log-probability that the target follows there."""

    def state_sum(self) -> Sequence[float]:
        """The sum of the last hidden states over the positions of the last reading's only row."""

    def keep(self) -> Any:
        """A copy of the cache."""

    def resume(self, kept: Any) -> None:
        """Bring the cache back to a copy of it."""

    def close(self) -> None:
        """Give memory back."""
