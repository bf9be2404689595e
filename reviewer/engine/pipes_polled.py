"""Pipes that a selector watches; see `pipes.Pipes` for the contract."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable, Sequence

from reviewer.engine.bell import Bell

_CHUNK = 4096
"""PIPE_BUF on Linux: a pipe that polls as writable takes that much at once without blocking (pipe(7))."""


class PolledPipes:
    """No thread but the caller's.

    Args:
        requests, replies: descriptors.
    """

    def __init__(self, requests: int, replies: int) -> None:
        self._requests = requests
        self._replies = replies
        self._bell = Bell()
        self._writable = _watching([requests], selectors.EVENT_WRITE)
        self._readable = _watching([replies], selectors.EVENT_READ)
        self._readable_or_rung = _watching([replies, self._bell.fileno()], selectors.EVENT_READ)

    def close(self) -> None:
        """See `Pipes`."""
        for selector in (self._writable, self._readable, self._readable_or_rung):
            selector.close()
        self._bell.close()

    def ring(self) -> None:
        """See `Pipes`."""
        self._bell.ring()

    def send(self, frame: bytes, deadline: float) -> None:
        """See `Pipes`."""
        view = memoryview(frame)
        while view:
            _wait(self._writable, deadline)
            view = view[os.write(self._requests, view[:_CHUNK]) :]

    def await_reply(self, deadline: float, rung: Callable[[], None]) -> None:
        """See `Pipes`."""
        while self._replies not in _wait(self._readable_or_rung, deadline):
            self._bell.quiet()
            rung()

    def receive(self, size: int, deadline: float) -> bytes:
        """See `Pipes`."""
        received = bytearray()
        while len(received) < size:
            _wait(self._readable, deadline)
            block = os.read(self._replies, size - len(received))
            if not block:
                raise ConnectionResetError("the pipe was closed")
            received += block
        return bytes(received)


def _watching(descriptors: Sequence[int], event: int) -> selectors.BaseSelector:
    selector = selectors.DefaultSelector()
    for descriptor in descriptors:
        selector.register(descriptor, event)
    return selector


def _wait(selector: selectors.BaseSelector, deadline: float) -> set[int]:
    """The descriptors that are ready, at least one."""
    left = deadline - time.monotonic()
    while left > 0:
        ready = selector.select(left)
        if ready:
            return {key.fd for key, _ in ready}
        left = deadline - time.monotonic()
    raise TimeoutError("the deadline is over")
