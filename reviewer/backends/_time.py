"""The ceiling of one call: how long it may take, and whether its answer is still wanted."""

from __future__ import annotations

import time
from collections.abc import Callable

from reviewer.errors import AbandonedError, OutOfTimeError


def _never() -> bool:
    """Nobody can take the question back."""
    return False


class Ceiling:
    """Looked at between the steps of a computation that cannot be interrupted in the middle of one.

    Args:
        seconds: from now on.
        given_up: whether nobody wants the answer any more; asked at every look.
    """

    def __init__(self, seconds: float, given_up: Callable[[], bool] = _never) -> None:
        self._until = time.monotonic() + seconds
        self._given_up = given_up

    def check(self, ahead: float = 0.0) -> None:
        """Stop if nobody wants the answer, or if the next step, of `ahead` seconds, would end after the ceiling.

        Raises:
            AbandonedError, OutOfTimeError
        """
        if self._given_up():
            raise AbandonedError("nobody waits for the answer any more")
        if time.monotonic() + ahead > self._until:
            raise OutOfTimeError("the time for this question was over before the model had an answer")

    def at_most(self, seconds: float) -> Ceiling:
        """The same, or a lower one that ends after so many seconds."""
        return Ceiling(min(self.left, seconds), self._given_up)

    @property
    def left(self) -> float:
        """Seconds until then, at least 0."""
        return max(0.0, self._until - time.monotonic())
