"""Looks at the engine that runs, and ends it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import Any

from reviewer.engine import lock, place
from reviewer.engine.launch import GREETING, running
from reviewer.engine.place import EngineError, Place

_END = 5.0
"""Seconds for the engine to end when it was asked to, and again when it was told to by SIGTERM."""

_DIE = 15.0
"""Seconds for the kernel to take away what was killed."""

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""On Windows SIGTERM ends a process at once."""

_PAUSE = 0.02


def status(where: Place) -> dict[str, Any] | None:
    """What the engine says of itself (see `Server`), or None if none runs.

    Raises:
        EngineError: it does not answer, or see `dial`.
    """
    said = _asked(where, "status")
    return None if said is None else said.get("ok")


def stop(where: Place) -> int | None:
    """End the engine and every model's process. Returns its process id, or None if none ran.

    An engine that does not do what it is asked is killed. Whether one runs is read off its lock, which cannot be stale.

    Raises:
        EngineError: it is still there, or its folder cannot be trusted.
    """
    try:
        place.check(where)
    except FileNotFoundError:
        return None
    pid = _signed(where)
    if pid is None:
        return None
    with suppress(EngineError):
        _asked(where, "stop")
    for harder, seconds in ((0, _END), (signal.SIGTERM, _END), (_KILL, _DIE)):
        if harder:
            # Gone already, or (Windows says it in another way) just going. Whether it is gone is seen at its lock.
            with suppress(OSError):
                os.kill(pid, harder)
        if _gone(where, pid, seconds):
            return pid
    raise EngineError(f"the engine (process {pid}) does not end", where=str(where.lock))


def _asked(where: Place, what: str) -> dict[str, Any] | None:
    channel = running(where, time.monotonic() + GREETING)
    if channel is None:
        return None
    try:
        return channel.exchange({"engine": what}, time.monotonic() + GREETING)
    finally:
        channel.close()


def _signed(where: Place) -> int | None:
    """Who holds the lock; one that is just starting gets a moment to sign it.

    Raises:
        EngineError: what holds it is no engine.
    """
    patience = time.monotonic() + _END
    while (pid := lock.holder(where.lock)) == 0:
        if time.monotonic() >= patience:
            raise EngineError("the engine's lock is held by something that is no engine", where=str(where.lock))
        time.sleep(_PAUSE)
    return pid


def _gone(where: Place, pid: int, seconds: float) -> bool:
    """Whether the lock changes hands, or falls free, in time."""
    patience = time.monotonic() + seconds
    while (now := lock.holder(where.lock)) == pid:
        if time.monotonic() >= patience:
            return False
        time.sleep(_PAUSE)
    return now != pid
