"""Wakes a thread that waits in a selector. A pair of sockets and no pipe: on Windows a selector takes sockets only."""

from __future__ import annotations

import threading

from reviewer.engine import sockets

_RINGS = 4096
"""Bytes read at once; each is one ring."""


class Bell:
    """One thread waits for it and closes it; any thread, or a signal handler, rings it."""

    def __init__(self) -> None:
        self._bell, self._rope = sockets.pair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        # Held while the rope is used or closed, so that nothing is written into a file that got its number. A signal handler
        # may ring while the same thread holds it.
        self._ringing = threading.RLock()
        self._open = True

    def fileno(self) -> int:
        """What a selector waits for, to be read."""
        return self._bell.fileno()

    def ring(self) -> None:
        """Wake whoever waits, or is going to. Nothing happens after `close`."""
        with self._ringing:
            if self._open:
                try:
                    self._rope.send(b"!")
                except BlockingIOError:
                    # Full: then it is ringing.
                    return

    def quiet(self) -> None:
        """Stop ringing."""
        try:
            self._bell.recv(_RINGS)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Take it away."""
        with self._ringing:
            self._open = False
            self._bell.close()
            self._rope.close()
