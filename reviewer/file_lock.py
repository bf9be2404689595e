"""A lock on an open file that nobody else can take meanwhile.

The kernel lets go of it however its holder ends: none is ever stale. It belongs to the descriptor, which programs that we start
do not inherit (PEP 446).
"""

from __future__ import annotations

import os
import sys
import time

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_BEYOND = 2**30
"""Where Windows locks a byte: there a locked byte cannot be read, and what is written into the file has to be."""

_PAUSE = 0.02
"""Seconds between two attempts on Windows, which waits ten seconds or not at all."""


def locked(descriptor: int) -> bool:
    """Try to get the lock, without waiting.

    Args:
        descriptor: of a file that is open for writing.
    """
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _BEYOND, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def wait_for(descriptor: int) -> None:
    """Get the lock, however long that takes."""
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    while not locked(descriptor):
        time.sleep(_PAUSE)
