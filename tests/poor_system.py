"""A system without what Windows lacks, played on one that has it: no fork, no Unix sockets, no waiting for pipes, no owners of
files, no end of a child with its parent. What is not there cannot be used by accident.

`impoverish` is for a process of its own: an engine (`poor_engines`), or a program:

    python tests/poor_system.py benchmarks/engine_kills.py --rounds 30
"""

from __future__ import annotations

import os
import runpy
import selectors
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TAKEN = {
    "os": ("fork", "forkpty", "getuid", "getsid", "set_blocking", "sysconf", "uname"),
    "select": ("poll", "epoll", "kqueue"),
    "selectors": ("PollSelector", "EpollSelector", "KqueueSelector"),
    "signal": ("SIGHUP",),
    "socket": ("AF_UNIX",),
}
"""What these modules do not have on Windows, as far as an engine could want it. SIGKILL is left: with it the standard library
kills on POSIX."""

_ENGINE = "from reviewer.engine.daemon import main"
_WORKER = "from reviewer.engine.worker import main"
_ORPHAN = f"import reviewer.engine.worker\nreviewer.engine.worker._die_with = lambda parent: None\n{_WORKER}"
"""The kernel does not take a worker away when its engine dies."""


class SocketsOnly(selectors.SelectSelector):
    """Windows' select takes sockets and nothing else."""

    def register(self, fileobj, events, data=None):
        """As the original does, for sockets."""
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            raise OSError(10038, "an operation was attempted on something that is not a socket")
        return super().register(fileobj, events, data)


def pair_over_loopback() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets, as the standard library makes them where there is no socketpair(2)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    return ours, theirs


def impoverish() -> None:
    """Take it all away from this process, for good."""
    selectors.DefaultSelector = SocketsOnly
    socket.socketpair = pair_over_loopback
    for module, names in TAKEN.items():
        for name in names:
            vars(__import__(module)).pop(name, None)


def bear_orphans() -> None:
    """In an engine: let workers be started that do not end by themselves."""
    from reviewer.engine import client

    assert _WORKER in client._BOOTSTRAP
    client._BOOTSTRAP = client._BOOTSTRAP.replace(_WORKER, _ORPHAN)


def bootstrap() -> str:
    """How an engine is started in such a system."""
    from reviewer.engine import launch

    lines = [f"sys.path.insert(0, {str(Path(__file__).resolve().parent)!r})", "import poor_system", "sys.path.pop(0)"]
    lines += ["poor_system.impoverish()", "poor_system.bear_orphans()", _ENGINE]
    assert _ENGINE in launch._BOOTSTRAP
    return launch._BOOTSTRAP.replace(_ENGINE, "\n".join(lines))


@contextmanager
def poor_engines() -> Iterator[None]:
    """Engines that are started from here know nothing better, nor do the pipes of workers that are started from here. The rest of
    this process is as rich as before, so a test can look at them."""
    from reviewer.engine import launch

    before, rich = launch._BOOTSTRAP, selectors.PollSelector
    launch._BOOTSTRAP = bootstrap()
    del selectors.PollSelector
    try:
        yield
    finally:
        launch._BOOTSTRAP = before
        selectors.PollSelector = rich


def main(program: str) -> None:
    """Run a program whose own processes are poor, but may fork: the engines are what is looked at."""
    fork, uid, sysconf = os.fork, os.getuid, os.sysconf
    impoverish()
    from reviewer.engine import launch

    launch._BOOTSTRAP = bootstrap()
    os.fork, os.getuid, os.sysconf = fork, uid, sysconf
    sys.argv = sys.argv[1:]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
