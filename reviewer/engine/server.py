"""The engine's main loop: one thread that accepts, reads, answers and keeps the time. See docs/engine.md for why.

The workers' threads only put events into a queue and ring a bell that this loop waits for as well.
"""

from __future__ import annotations

import os
import queue
import selectors
import time
from collections.abc import Callable, Mapping
from typing import Any

from reviewer.engine import limits, protocol, sockets
from reviewer.engine.bell import Bell
from reviewer.engine.channel import PROTOCOL
from reviewer.engine.connection import Connection
from reviewer.engine.hand import Event, Hand, Patience, Spec
from reviewer.engine.hub import Hub
from reviewer.engine.memory import resident
from reviewer.engine.place import EngineError, Place
from reviewer.engine.ticket import Ticket

_TICK = 1.0
"""Seconds between two looks at memory, dead workers and the end."""

_MOST_CONNECTIONS = 200
"""More can only be a mistake; the process may have 256 files open on some systems."""

_DAY = 86400.0
"""Seconds. Nobody asks for more."""

_PATIENCE = Patience()


class Server:
    """Serves until it is idle for too long, is told to stop, or cannot be found any more.

    Args:
        listener: what it accepts connections from; closed by `close`.
        found: whether the gates still find it: its lock is under its name, its program is installed.
    """

    def __init__(
        self, place: Place, listener: sockets.Listener, found: Callable[[], bool], patience: Patience = _PATIENCE
    ) -> None:
        self.hub = Hub(self._hire)
        self._place = place
        self._listener = listener
        self._found = found
        self._patience = patience
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._bell = Bell()
        self._connections: set[Connection] = set()
        self._began = self._active = time.monotonic()
        self._arrived = self._hired = 0
        self._ending = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener.socket, selectors.EVENT_READ, self._accept)
        self._selector.register(self._bell, selectors.EVENT_READ, self._drain)

    def run(self) -> None:
        """Serve."""
        next_tick = 0.0
        while not self._ending:
            wait = min(next_tick, self.hub.next_deadline()) - time.monotonic()
            for key, _ in self._selector.select(max(0.0, wait)):
                key.data()
            now = time.monotonic()
            if now >= min(next_tick, self.hub.next_deadline()):
                next_tick = now + _TICK
                self._tick(now)

    def stop(self) -> None:
        """End `run` soon. May be called by a signal handler or another thread."""
        self._ending = True
        self._bell.ring()

    def close(self, *, ours: bool) -> None:
        """Hang up everywhere and end every worker.

        Args:
            ours: see `Listener.close`.
        """
        self._listener.close(ours=ours)
        for connection in list(self._connections):
            self._drop(connection)
        self.hub.end()
        self._selector.close()
        self._bell.close()

    def _hire(self, spec: Spec) -> Hand:
        self._hired += 1
        return Hand(spec, self._place.work / str(self._hired), self._patience, self._post)

    def _post(self, event: Event) -> None:
        self._events.put(event)
        self._bell.ring()

    def _drain(self) -> None:
        self._bell.quiet()
        while not self._events.empty():
            self._active = time.monotonic()
            self.hub.happened(self._events.get())

    def _tick(self, now: float) -> None:
        self.hub.tick()
        if self._connections or self.hub.working:
            self._active = now
        elif now - self._active >= self.hub.limits.idle:
            self._ending = True
        if not self._found():
            self._ending = True

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.socket.accept()
        except OSError:
            return
        if len(self._connections) >= _MOST_CONNECTIONS:
            accepted.close()
            return
        connection = Connection(accepted, sockets.nonce())
        self._connections.add(connection)
        self._selector.register(accepted, selectors.EVENT_READ, lambda: self._serve(connection))

    def _drop(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        self._connections.discard(connection)
        self._active = time.monotonic()
        connection.close()
        self.hub.left(connection.model)

    def _serve(self, connection: Connection) -> None:
        """Something can be read from, or written to, a connection."""
        try:
            connection.send()
            message = connection.read()
            if message is not None:
                self._handle(connection, message)
        except (OSError, protocol.FrameError, RecursionError):
            self._drop(connection)
            return
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
        if connection in self._connections and self._selector.get_key(connection.socket).events != events:
            self._selector.modify(connection.socket, events, lambda: self._serve(connection))

    def _answer(self, connection: Connection, value: Mapping[str, Any]) -> None:
        connection.reply(value)
        self._watch(connection)

    def _handle(self, connection: Connection, message: Mapping[str, Any]) -> None:
        wanted = message.get("engine")
        if wanted == "hello":
            self._answer(connection, self._greeting(connection, message))
        elif wanted == "prove" and sockets.same(message.get("proof"), connection.expected_proof):
            connection.trusted = True
            self._answer(connection, {"ok": None})
        elif not connection.trusted:
            raise protocol.FrameError("it has not said who it is")
        elif wanted in ("attach", "ask"):
            self._forward(connection, message)
        else:
            self._answer(connection, self._controlled(str(wanted)))

    def _greeting(self, connection: Connection, message: Mapping[str, Any]) -> dict[str, Any]:
        spoken, version = message.get("protocol"), message.get("version")
        if spoken != PROTOCOL or version != self._place.version:
            what = f"the engine is hunkgate {self._place.version}, protocol {PROTOCOL}; this is {version}, protocol {spoken}"
            return protocol.error_to_json(EngineError(what, todo="Run 'hunkgate engine stop' with the version that started it."))
        secret, nonces = self._listener.secret, f"{message.get('nonce')} {connection.nonce}"
        connection.expected_proof = sockets.proof(secret, "gate", nonces)
        connection.trusted = not secret
        proof = sockets.proof(secret, "engine", nonces)
        own = {"protocol": PROTOCOL, "version": self._place.version, "pid": os.getpid()}
        return {"ok": {**own, "nonce": connection.nonce, "proof": proof}}

    def _forward(self, connection: Connection, message: Mapping[str, Any]) -> None:
        request, seconds, priority = message.get("request"), message.get("seconds"), message.get("priority")
        if not (isinstance(request, dict) and isinstance(seconds, int | float) and isinstance(priority, int)):
            raise protocol.FrameError("a message without what it needs")
        if not 0 <= seconds <= _DAY:
            raise protocol.FrameError("a message with an impossible deadline")
        self._arrived += 1
        asks, deadline = message["engine"] == "ask", time.monotonic() + seconds
        ticket = Ticket(request if asks else {}, deadline, priority, self._arrived, lambda reply: self._answer(connection, reply))
        connection.ticket = ticket
        if asks:
            self.hub.ask(connection.model, ticket)
            return
        self.hub.limits = limits.from_json(message.get("limits"), self.hub.limits)
        spec = Spec(str(message.get("python")), str(message.get("backend")), request)
        connection.model = self.hub.attach(spec, ticket)

    def _controlled(self, wanted: str) -> dict[str, Any]:
        if wanted == "status":
            return {"ok": self._status()}
        if wanted == "stop":
            self._ending = True
            return {"ok": None}
        return protocol.error_to_json(EngineError(f"the engine cannot {wanted!r}"))

    def _status(self) -> dict[str, Any]:
        now = time.monotonic()
        return {
            "running": True,
            "version": self._place.version,
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "rss": resident(os.getpid()),
            "uptime": round(now - self._began, 1),
            "idle_limit": self.hub.limits.idle,
            "memory_limit": self.hub.ceiling,
            "connections": len(self._connections) - 1,
            "workers": self.hub.described(),
        }
