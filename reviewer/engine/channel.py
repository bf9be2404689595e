"""A gate's side of a connection to the engine: one message, then one reply, with a deadline.

Messages are frames as in `protocol`. One from the gate has "id" and "engine", what is wanted:

    hello    "protocol", "version", "nonce"       {"ok": {"protocol", "version", "pid", "nonce", "proof"}}
    prove    "proof"                              {"ok": null}; only where the engine sent a proof itself
    status                                        {"ok": {...}}, see `status`
    stop                                          {"ok": null}
    attach   "python", "backend", "request", "seconds", "priority", "limits"     as the worker replies to that load request
    ask      "request", "seconds", "priority"     as the worker replies to that request

A reply has the "id" of its message, and "ended" ("crashed" or "overdue") beside "error" if it cost the worker. A connection
has at most one message without a reply; when it is closed, that message is forgotten.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from reviewer.engine import lock, protocol, sockets
from reviewer.engine.place import EngineError, Place, check

PROTOCOL = 1
"""Number of the table above; two sides with different numbers do not talk."""


class LostError(EngineError):
    """The connection ended, or something arrived that is no reply."""


class LateError(EngineError):
    """Nothing arrived in time."""


class Channel:
    """An open connection. After LostError and LateError it is closed."""

    def __init__(self, connected: sockets.Socket) -> None:
        self._socket = connected
        self._sent = 0
        self._closing = threading.Lock()
        """Held while the socket is closed or shut, so that no other one that got its number is shut."""
        self.open = True

    def close(self) -> None:
        """Hang up. The engine forgets what it was asked."""
        self.open = False
        with self._closing:
            self._socket.close()

    def shut(self) -> None:
        """Hang up from any thread: whoever waits for a reply gets LostError, and closes the channel."""
        with self._closing, suppress(OSError):
            self._socket.shutdown(sockets.BOTH_WAYS)

    def exchange(self, message: Mapping[str, Any], deadline: float) -> dict[str, Any]:
        """Send a message and return its reply.

        Raises:
            LostError, LateError
        """
        self._sent += 1
        try:
            self._wait_until(deadline)
            self._socket.sendall(protocol.encoded({**message, "id": self._sent}))
            size = protocol.length(self._receive(protocol.HEADER.size, deadline))
            reply = protocol.decoded(self._receive(size, deadline))
        except TimeoutError as error:
            self.close()
            raise LateError("the engine did not answer in time") from error
        except (OSError, protocol.FrameError) as error:
            self.close()
            raise LostError(f"the connection to the engine was lost: {error}") from error
        if reply.get("id") != self._sent:
            self.close()
            raise LostError("the engine answered another question than the one that was asked")
        return reply

    def _receive(self, size: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < size:
            self._wait_until(deadline)
            block = self._socket.recv(size - len(received))
            if not block:
                raise ConnectionResetError("it was closed")
            received += block
        return bytes(received)

    def _wait_until(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def dial(place: Place, deadline: float) -> Channel:
    """A connection to the engine, after both sides have said who they are.

    On the loopback device its lock is asked first: anybody may listen on a port that an engine has left, and where nobody does,
    Windows tries for two seconds before it says so.

    Raises:
        OSError: nobody listens.
        LostError, LateError
        EngineError: the folder cannot be trusted, it is no engine of ours, or it speaks another protocol.
    """
    check(place)
    if place.loopback and lock.holder(place.lock) is None:
        raise ConnectionRefusedError("no engine has the lock")
    try:
        connected, secret = sockets.connect(place, max(0.001, deadline - time.monotonic()))
    except TimeoutError as error:
        raise LateError("the engine does not accept connections") from error
    channel = Channel(connected)
    try:
        _greet(channel, place, secret, deadline)
    except EngineError:
        channel.close()
        raise
    return channel


def _greet(channel: Channel, place: Place, secret: bytes, deadline: float) -> None:
    own = sockets.nonce()
    hello = {"engine": "hello", "protocol": PROTOCOL, "version": place.version, "nonce": own}
    answer = _accepted(channel.exchange(hello, deadline), place)
    if answer.get("protocol") != PROTOCOL or answer.get("version") != place.version:
        raise EngineError("the engine that answered is of another version", where=str(place.folder))
    if not secret:
        return
    nonces = f"{own} {answer.get('nonce')}"
    if not sockets.same(answer.get("proof"), sockets.proof(secret, "engine", nonces)):
        raise EngineError("what answered is not this user's engine", where=os.fspath(place.address))
    _accepted(channel.exchange({"engine": "prove", "proof": sockets.proof(secret, "gate", nonces)}, deadline), place)


def _accepted(reply: Mapping[str, Any], place: Place) -> dict[str, Any]:
    refusal = reply.get("error")
    if isinstance(refusal, dict):
        raise EngineError(str(refusal.get("what", "")), where=str(place.folder), todo=str(refusal.get("todo", "")))
    answer = reply.get("ok")
    return answer if isinstance(answer, dict) else {}
