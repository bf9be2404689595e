"""The engine's sockets: a Unix socket in a private folder, or the loopback device with a secret. Nothing leaves the machine.

On the loopback device any user can connect, and any user can listen on a port that an engine has left. So each side proves
that it read the secret (a file that only this user can read) before it believes the other: see `proof`.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.engine.place import Place

Socket = socket.socket
BOTH_WAYS = socket.SHUT_RDWR
"""Named here so that no other module has to import socket."""

_WAITING = 64
"""Connections that may wait to be accepted."""

_SECRET_BYTES = 32

_NOT_YET = (errno.EAGAIN, errno.EWOULDBLOCK)
"""One number on Linux, two on Windows, where the second is what sockets say."""

_PAUSE = 0.005
"""Seconds between two attempts to connect."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the engine listens."""

    socket: socket.socket
    secret: bytes
    """What the other side has to know; empty on a Unix socket, where the folder keeps others out."""
    name: Path
    """The file that leads here."""

    def close(self, *, ours: bool) -> None:
        """Stop listening, and leave no file that leads nowhere.

        Args:
            ours: whether the files in the folder are still ours, and not those of a next engine.
        """
        if ours:
            # On Windows a file that somebody is just reading stays; nobody believes it without the lock.
            with suppress(PermissionError):
                self.name.unlink(missing_ok=True)
        self.socket.close()


def listen(place: Place) -> Listener:
    """Listen; whatever an engine before left there is replaced. Only the holder of the lock may do this."""
    listener = _on_loopback(place) if place.loopback else _on_unix(place)
    listener.socket.setblocking(False)
    return listener


def connect(place: Place, timeout: float) -> tuple[socket.socket, bytes]:
    """A connection and the secret of the other side.

    Raises:
        OSError: nobody listens (FileNotFoundError, ConnectionRefusedError), or nobody accepts in time (TimeoutError).
    """
    target, secret = _loopback_target(place) if place.loopback else (os.fspath(place.socket), b"")
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM) if place.loopback else _unix_socket()
    try:
        made.settimeout(timeout)
        _connect(made, target, time.monotonic() + timeout)
    except OSError:
        made.close()
        raise
    return made, secret


def _connect(made: socket.socket, target: Any, deadline: float) -> None:
    """Connect; where too many wait to be accepted, Linux says "try again" of a Unix socket instead of letting us wait."""
    while (code := made.connect_ex(target)) in _NOT_YET and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    if code in _NOT_YET:
        raise TimeoutError("nobody accepts the connection")
    if code:
        raise OSError(code, os.strerror(code))


def pair() -> tuple[socket.socket, socket.socket]:
    """Two sockets that are connected with each other, and that have no name. (On Windows Python makes them on the loopback
    device; what goes through one only wakes a thread.)"""
    return socket.socketpair()


def nonce() -> str:
    """A word that was never used before."""
    return os.urandom(16).hex()


def proof(secret: bytes, side: str, nonces: str) -> str:
    """What only somebody who knows the secret can say about these nonces; empty if there is no secret.

    Args:
        side: who says it, so that one side cannot repeat what the other said.
    """
    if not secret:
        return ""
    import hmac

    return hmac.new(secret, f"{side} {nonces}".encode(), "sha256").hexdigest()


def same(one: object, other: str) -> bool:
    """Whether a proof that arrived is the expected one, which must not be empty; takes as long for a wrong one."""
    import hmac

    return bool(other) and isinstance(one, str) and hmac.compare_digest(one.encode(), other.encode())


def _on_unix(place: Place) -> Listener:
    place.socket.unlink(missing_ok=True)
    made = _unix_socket()
    before = os.umask(0o177)
    try:
        made.bind(os.fspath(place.socket))
    finally:
        os.umask(before)
    made.listen(_WAITING)
    return Listener(made, b"", place.socket)


def _unix_socket() -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError(errno.EAFNOSUPPORT, "there are no Unix sockets on this system")
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def _on_loopback(place: Place) -> Listener:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        # Else any user of Windows could listen on this very port too.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    made.bind(("127.0.0.1", 0))
    made.listen(_WAITING)
    secret = os.urandom(_SECRET_BYTES)
    # Written in place: Windows replaces no file that somebody is just reading, and half of it is as good as none.
    descriptor = os.open(place.address, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump({"port": made.getsockname()[1], "secret": secret.hex()}, stream)
    return Listener(made, secret, place.address)


def _loopback_target(place: Place) -> tuple[tuple[str, int], bytes]:
    try:
        written = json.loads(place.address.read_bytes())
        port, secret = int(written["port"]), bytes.fromhex(written["secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConnectionRefusedError("the engine's address file is damaged") from error
    if len(secret) != _SECRET_BYTES:
        raise ConnectionRefusedError("the engine's address file is damaged")
    return ("127.0.0.1", port), secret
