"""The pipes to a worker and back. Nothing waits beyond a deadline, and another thread can wake whoever waits for a reply.

Two ways, one contract: where a selector can watch pipes, it does (`pipes_polled`); elsewhere, on Windows, threads read and write
(`pipes_threaded`).
"""

from __future__ import annotations

import selectors
from collections.abc import Callable
from typing import Protocol


class Pipes(Protocol):
    """Used by one thread; only `ring` is for the others. Deadlines are `time.monotonic()`.

    The descriptors are somebody else's, who closes them after `close`, and then ends the process at their other ends.
    """

    def close(self) -> None:
        """Let go of the pipes; whoever rings afterwards wakes nobody."""

    def ring(self) -> None:
        """Wake whoever waits for a reply, or is going to."""

    def send(self, frame: bytes, deadline: float) -> None:
        """Write all of it.

        Raises:
            TimeoutError: nobody reads. The pipe cannot be used any more.
            BrokenPipeError: nobody can.
        """

    def await_reply(self, deadline: float, rung: Callable[[], None]) -> None:
        """Wait until something arrives, or never will.

        Args:
            rung: is called whenever the bell rings; it may send.

        Raises:
            TimeoutError: nothing does.
        """

    def receive(self, size: int, deadline: float) -> bytes:
        """So many bytes.

        Raises:
            TimeoutError: they do not arrive.
            ConnectionResetError: they never will.
        """
        ...


def open_pipes(requests: int, replies: int) -> Pipes:
    """The pipes with these descriptors, as this system can wait for them."""
    if hasattr(selectors, "PollSelector"):
        from reviewer.engine.pipes_polled import PolledPipes

        return PolledPipes(requests, replies)
    from reviewer.engine.pipes_threaded import ThreadedPipes

    return ThreadedPipes(requests, replies)
