"""The time ceiling of one call."""

from __future__ import annotations

import time

from reviewer.errors import OutOfTimeError


class Ceiling:
    """Looked at between the steps of a computation that cannot be interrupted in the middle of one.

    Args:
        seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def check(self, ahead: float = 0.0) -> None:
        """Stop if the next step, of `ahead` seconds, would end after the ceiling.

        Raises:
            OutOfTimeError
        """
        if time.monotonic() + ahead > self._until:
            raise OutOfTimeError("the time for this question was over before the model had an answer")

    @property
    def left(self) -> float:
        """Seconds until then, at least 0."""
        return max(0.0, self._until - time.monotonic())
