"""Messages over pipes and sockets: four bytes of length (big-endian), then that many bytes of JSON in UTF-8.

For the engine (engine/protocol.py) and for devices that live in a process of their own (devices/_peer.py). The worker of the
stick speaks them without this module: it runs where this package cannot be imported.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

HEADER = struct.Struct(">I")

LIMIT = 16 * 1024 * 1024
"""Bytes of one frame; more can only be garbage."""


class FrameError(ValueError):
    """The bytes are no frame."""


def encoded(message: Mapping[str, Any]) -> bytes:
    """One frame. Lone surrogates survive as JSON escapes."""
    body = json.dumps(message).encode("ascii")
    if len(body) > LIMIT:
        raise FrameError(f"a message of {len(body)} bytes is too long")
    return HEADER.pack(len(body)) + body


def length(header: bytes) -> int:
    """How many bytes follow a header.

    Raises:
        FrameError: more than any message has.
    """
    (size,) = HEADER.unpack(header)
    if size > LIMIT:
        raise FrameError("what arrived is no message")
    return int(size)


def decoded(body: bytes) -> dict[str, Any]:
    """The message of a frame's body.

    Raises:
        FrameError: it is none.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FrameError("what arrived is no message") from error
    if not isinstance(message, dict):
        raise FrameError("what arrived is no message")
    return message
