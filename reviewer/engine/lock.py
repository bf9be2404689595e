"""The lock that one engine holds for all its life. The kernel lets go of it however the engine ends: none is ever stale."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


_BEYOND = 2**30
"""Where Windows locks a byte: there a locked byte cannot be read, and the process id has to be."""


class Lock:
    """A lock that is held. It is inherited by a forked child, and ends with the last process that has it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def sign(self) -> None:
        """Write our process id into it."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    @property
    def found(self) -> bool:
        """Whether the file under this name is still ours: if it was deleted, nobody can find us, and a second one may start."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def take(path: Path) -> Lock | None:
    """The lock, or None if somebody holds it."""
    while True:
        lock = _taken(path)
        if lock is None or lock.found:
            return lock
        lock.release()


def holder(path: Path) -> int | None:
    """Process id of who holds the lock; 0 if it has not been signed yet, None if nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _locked(descriptor):
            return None
        os.lseek(descriptor, 0, os.SEEK_SET)
        return int(os.read(descriptor, 20) or b"0")
    finally:
        os.close(descriptor)


def _taken(path: Path) -> Lock | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if _locked(descriptor):
        return Lock(path, descriptor)
    os.close(descriptor)
    return None


def _locked(descriptor: int) -> bool:
    """Try to get it, without waiting."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _BEYOND, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
