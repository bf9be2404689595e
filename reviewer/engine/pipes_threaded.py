"""Pipes that nobody can wait for with a deadline: one thread reads, one writes; see `pipes.Pipes` for the contract.

On Windows a pipe that subprocess makes can only be read from and written to, and either blocks (select takes sockets only, see
the documentation of the module select). The two threads have descriptors of their own for the same pipes, since closing one that
another thread blocks in is a trap: POSIX gives the number to the next file, Windows waits. So they live until the
process at the other ends is gone, or read and write no more; after `close` they touch nothing of ours.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

_BLOCK = 64 * 1024
"""Bytes read at once."""

_AHEAD = 1024 * 1024
"""Bytes that are read before anybody wants them; then the worker has to wait, as with any pipe."""


class ThreadedPipes:
    """All state is guarded by one condition, and nobody reads or writes while he holds it.

    Args:
        requests, replies: descriptors.
    """

    def __init__(self, requests: int, replies: int) -> None:
        self._changed = threading.Condition()
        self._open = True
        self._rung = False
        self._outgoing: bytes | None = None
        """What the writer has to write, or is writing."""
        self._refused = False
        """Nobody can read what we write."""
        self._arrived = bytearray()
        self._ended = False
        """Nothing will arrive any more."""
        for work, descriptor in ((self._write, os.dup(requests)), (self._read, os.dup(replies))):
            threading.Thread(target=work, args=(descriptor,), name="pipe of a worker", daemon=True).start()

    def close(self) -> None:
        """See `Pipes`."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def ring(self) -> None:
        """See `Pipes`."""
        with self._changed:
            self._rung = True
            self._changed.notify_all()

    def send(self, frame: bytes, deadline: float) -> None:
        """See `Pipes`."""
        with self._changed:
            self._outgoing = frame
            self._changed.notify_all()
            self._until(lambda: self._refused or self._outgoing is None, deadline)
            if self._refused:
                raise BrokenPipeError("nobody reads from the pipe")

    def await_reply(self, deadline: float, rung: Callable[[], None]) -> None:
        """See `Pipes`."""
        while not self._replied(deadline):
            rung()

    def receive(self, size: int, deadline: float) -> bytes:
        """See `Pipes`."""
        received = bytearray()
        with self._changed:
            while len(received) < size:
                self._until(lambda: bool(self._arrived) or self._ended, deadline)
                if not self._arrived:
                    raise ConnectionResetError("the pipe was closed")
                received += self._taken(size - len(received))
        return bytes(received)

    def _replied(self, deadline: float) -> bool:
        """Wait until something arrives (then True) or the bell rings."""
        with self._changed:
            self._until(lambda: bool(self._arrived) or self._ended or self._rung, deadline)
            if self._arrived or self._ended:
                return True
            self._rung = False
            return False

    def _taken(self, most: int) -> bytes:
        block = bytes(self._arrived[:most])
        del self._arrived[:most]
        self._changed.notify_all()
        return block

    def _until(self, condition: Callable[[], bool], deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not self._changed.wait_for(condition, left):
            raise TimeoutError("the deadline is over")

    def _read(self, descriptor: int) -> None:
        """Pass on what arrives. In a thread of its own."""
        while self._wants_more() and (block := _read_some(descriptor)):
            with self._changed:
                self._arrived += block
                self._changed.notify_all()
        os.close(descriptor)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _wants_more(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: not self._open or len(self._arrived) < _AHEAD)
            return self._open

    def _write(self, descriptor: int) -> None:
        """Write what there is to write. In a thread of its own."""
        while (frame := self._next_frame()) is not None:
            done = _written(descriptor, frame)
            with self._changed:
                self._outgoing = None
                self._refused = not done
                self._changed.notify_all()
            if not done:
                break
        os.close(descriptor)

    def _next_frame(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: not self._open or self._outgoing is not None)
            return self._outgoing if self._open else None


def _read_some(descriptor: int) -> bytes:
    """What is there; empty at the end."""
    try:
        return os.read(descriptor, _BLOCK)
    except OSError:
        return b""


def _written(descriptor: int, frame: bytes) -> bool:
    """Whether somebody could take all of it. (Windows says EINVAL of a pipe that nobody has the other end of.)"""
    view = memoryview(frame)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        return False
    return True
