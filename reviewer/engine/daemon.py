"""The engine's process: takes the lock, listens, tells whoever started it, lets go of their streams, and serves.

It needs the standard library and this package only, so it is started without `site`: nothing that is installed beside us can
add to it. It never opens a socket but its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import reviewer
from reviewer.engine import lock, place, sockets
from reviewer.engine.launch import READY
from reviewer.engine.place import EngineError, Place
from reviewer.engine.server import Server
from reviewer.errors import HunkgateError

WAIT = 2.0
"""Seconds for an engine that is just ending to let go of the lock, or for one that is just starting to listen."""

_PAUSE = 0.01


def main(folder: str, version: str, loopback: str) -> int:
    """Be the engine, and tell whoever started us when it can be connected to, or another one can.

    Args:
        folder, version, loopback: see `Place`; the last one is "1" or empty.
    """
    where = Place(Path(folder), version, bool(loopback))
    try:
        started = _listening(where)
        log = os.open(where.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) if started else None
    except (HunkgateError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    wanted = _tell_ready()
    if started is not None and log is not None and wanted:
        _leave_streams(log)
        _serve(where, *started)
        # At once: whoever told us to stop has seen the lock fall free.
        os._exit(0)
    elif started is not None:
        _let_go(*started)
    return 0


def serve(where: Place) -> bool:
    """Serve in this very process until told to stop; False if another engine runs.

    Raises:
        EngineError: see `place.prepare`, and if the lock is held by something that does not listen.
    """
    started = _listening(where)
    if started is not None:
        _serve(where, *started)
    return started is not None


def _listening(where: Place) -> tuple[lock.Lock, sockets.Listener] | None:
    """The lock and a socket that gates can connect to from now on; None if another engine has them."""
    place.prepare(where)
    patience = time.monotonic() + WAIT
    while (own := lock.take(where.lock)) is None:
        if _answers(where):
            return None
        if time.monotonic() >= patience:
            todo = "Run 'hunkgate engine stop'."
            raise EngineError("another engine is there, but it does not listen", where=str(where.lock), todo=todo)
        time.sleep(_PAUSE)
    own.sign()
    return own, sockets.listen(where)


def _answers(where: Place) -> bool:
    """Whether somebody listens."""
    try:
        connected, _ = sockets.connect(where, WAIT)
    except OSError:
        return False
    connected.close()
    return True


def _serve(where: Place, own: lock.Lock, listener: sockets.Listener) -> None:
    os.chdir("/")
    shutil.rmtree(where.work, ignore_errors=True)
    # It can still be there on Windows, as long as a worker of an engine that was killed has its file open.
    where.work.mkdir(mode=0o700, exist_ok=True)
    program = Path(reviewer.__file__).resolve()
    server = Server(where, listener, lambda: own.found and program.exists())
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: server.stop())
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server.run()
    finally:
        server.close(ours=own.found)
        if own.found:
            shutil.rmtree(where.work, ignore_errors=True)
        own.release()


def _tell_ready() -> bool:
    """Say that reviews can connect; False if whoever started us is gone. (Windows says that with EINVAL, not with EPIPE.)"""
    try:
        os.write(1, f"{READY}\n".encode())
    except OSError:
        return False
    return True


def _let_go(own: lock.Lock, listener: sockets.Listener) -> None:
    """Nobody knows of us: leave nothing."""
    listener.close(ours=own.found)
    own.release()


def _leave_streams(log: int) -> None:
    """Let go of the streams of whoever started us; what we or a thread of ours may have to complain about goes to the log.

    Args:
        log: a descriptor, which is closed.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(log, 2)
    os.close(nothing)
    os.close(log)
