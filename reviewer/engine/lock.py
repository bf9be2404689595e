"""The lock that one engine holds for all its life. The kernel lets go of it however the engine ends: none is ever stale."""

from __future__ import annotations

import os
from pathlib import Path

from reviewer.file_lock import locked


class Lock:
    """A lock that is held. Its descriptor is not inherited by programs that we start (PEP 446), so it ends with us."""

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
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if locked(descriptor):
            return None
        os.lseek(descriptor, 0, os.SEEK_SET)
        return int(os.read(descriptor, 20) or b"0")
    finally:
        os.close(descriptor)


def _taken(path: Path) -> Lock | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if locked(descriptor):
        return Lock(path, descriptor)
    os.close(descriptor)
    return None
