"""A question on its way through the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Reply = Mapping[str, Any]


class Ticket:
    """Carries one reply back, once at most: whoever asked has hung up, or gets the first reply and no other.

    Args:
        request: what the worker is asked; empty if only its loading is awaited.
        deadline: `time.monotonic()`.
        priority: lower ones first.
        number: order of arrival.
        answer: sends the reply.
    """

    def __init__(self, request: Reply, deadline: float, priority: int, number: int, answer: Callable[[Reply], None]) -> None:
        self.request = request
        self.deadline = deadline
        self.priority = priority
        self.order = (priority, deadline, number)
        self._answer: Callable[[Reply], None] | None = answer

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for the reply."""
        return self._answer is not None

    def settle(self, reply: Reply) -> None:
        """Send the reply, if it is still wanted."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer(reply)

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._answer = None
