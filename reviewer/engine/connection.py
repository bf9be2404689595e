"""One gate at the engine's door: bytes in, messages out, without ever waiting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewer.engine import protocol
from reviewer.engine.sockets import Socket
from reviewer.engine.ticket import Ticket

_BLOCK = 256 * 1024
"""Bytes read at once."""


class Connection:
    """A connection that was accepted. It has one message without a reply at most."""

    def __init__(self, accepted: Socket, nonce: str) -> None:
        accepted.setblocking(False)
        self.socket = accepted
        self.nonce = nonce
        self.expected_proof = ""
        """What it has to say before anything else is answered."""
        self.trusted = False
        """Whether it has said hello, and proven what had to be proven."""
        self.model = ""
        """Key of the model that it is attached to."""
        self.ticket: Ticket | None = None
        """Of the message that has no reply yet."""
        self._message = 0
        """Id of that message."""
        self._received = bytearray()
        self._unsent = bytearray()

    @property
    def unsent(self) -> bool:
        """Whether a reply waits for the other side to read."""
        return bool(self._unsent)

    def read(self) -> dict[str, Any] | None:
        """What arrived: a whole message, or None if it is not whole yet.

        Raises:
            ConnectionError: the other side hung up.
            FrameError: it sent garbage, or a message before it had the reply to the last one.
        """
        try:
            block = self.socket.recv(_BLOCK)
        except (BlockingIOError, InterruptedError):
            return None
        if not block:
            raise ConnectionResetError("it was closed")
        self._received += block
        return self._whole()

    def reply(self, value: Mapping[str, Any]) -> None:
        """Send the reply to the last message, as far as it goes now; `send` sends the rest."""
        self.ticket = None
        self._unsent += protocol.encoded({**value, "id": self._message})
        self._message = 0
        self.send()

    def send(self) -> None:
        """Send what is unsent, as far as it goes now. That the other side hung up is seen when it is read from."""
        try:
            while self._unsent:
                del self._unsent[: self.socket.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._unsent.clear()

    def close(self) -> None:
        """Hang up; nobody waits for a reply any more."""
        if self.ticket is not None:
            self.ticket.cancel()
        self.socket.close()

    def _whole(self) -> dict[str, Any] | None:
        if len(self._received) < protocol.HEADER.size:
            return None
        end = protocol.HEADER.size + protocol.length(bytes(self._received[: protocol.HEADER.size]))
        if len(self._received) < end:
            return None
        message = protocol.decoded(bytes(self._received[protocol.HEADER.size : end]))
        number = message.get("id")
        if len(self._received) > end or self._message or not isinstance(number, int) or number <= 0:
            raise protocol.FrameError("a message came before the reply to the last one")
        self._received.clear()
        self._message = number
        return message
