"""The pipes to a worker and back. Nothing waits beyond a deadline, and another thread can wake whoever waits for a reply."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable

_CHUNK = 4096
"""PIPE_BUF on Linux: a pipe that polls as writable takes that much at once without blocking (pipe(7))."""


class Pipes:
    """Used by one thread; only `ring` is for the others. Deadlines are `time.monotonic()`.

    Args:
        requests, replies: descriptors of somebody else's, who closes them.
    """

    def __init__(self, requests: int, replies: int) -> None:
        self._requests = requests
        self._replies = replies
        self._bell, self._rope = os.pipe()
        os.set_blocking(self._rope, False)
        self._ringing = threading.Lock()
        """Held while the bell is used or closed, so that nothing is written into a file that got its number."""
        self._open = True

    def close(self) -> None:
        """Take the bell away."""
        with self._ringing:
            if self._open:
                self._open = False
                os.close(self._bell)
                os.close(self._rope)

    def ring(self) -> None:
        """Wake whoever waits for a reply, or is going to."""
        with self._ringing:
            if self._open:
                try:
                    os.write(self._rope, b"!")
                except BlockingIOError:
                    # Full: then it is ringing.
                    return

    def send(self, frame: bytes, deadline: float) -> None:
        """Write all of it.

        Raises:
            TimeoutError: nobody reads.
            BrokenPipeError: nobody can.
        """
        view = memoryview(frame)
        while view:
            _wait({self._requests: select.POLLOUT}, deadline)
            view = view[os.write(self._requests, view[:_CHUNK]) :]

    def await_reply(self, deadline: float, rung: Callable[[], None]) -> None:
        """Wait until something arrives.

        Args:
            rung: is called whenever the bell rings.

        Raises:
            TimeoutError: nothing does.
        """
        while self._replies not in (ready := _wait({self._replies: select.POLLIN, self._bell: select.POLLIN}, deadline)):
            if self._bell in ready:
                os.read(self._bell, _CHUNK)
                rung()

    def receive(self, size: int, deadline: float) -> bytes:
        """So many bytes.

        Raises:
            TimeoutError: they do not arrive.
            ConnectionResetError: they never will.
        """
        received = bytearray()
        while len(received) < size:
            _wait({self._replies: select.POLLIN}, deadline)
            block = os.read(self._replies, size - len(received))
            if not block:
                raise ConnectionResetError("the pipe was closed")
            received += block
        return bytes(received)


def _wait(events: dict[int, int], deadline: float) -> set[int]:
    """The descriptors that are ready, at least one."""
    poll = select.poll()
    for descriptor, event in events.items():
        poll.register(descriptor, event)
    left = deadline - time.monotonic()
    ready = poll.poll(left * 1000) if left > 0 else []
    if not ready:
        raise TimeoutError("the deadline is over")
    return {descriptor for descriptor, _ in ready}
