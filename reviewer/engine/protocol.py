"""The frames between the gate and a worker: four bytes of length (big-endian), then that many bytes of JSON in UTF-8.

A request is {"op": NAME, ...}; its reply is {"ok": VALUE} or {"error": {"what", "where", "todo"}}. Operations:
prepare and load ({"files", "settings"}), count ({"texts"}), choose ({"system", "material", "question", "options"}), close.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reviewer.backends.interface import ChatFormat, ModelFiles, Settings

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


def files_to_json(files: ModelFiles) -> dict[str, Any]:
    """Model files as a message carries them."""
    chat = {name: getattr(files.chat, name) for name in ChatFormat.__slots__}
    paths = {"weights": str(files.weights), "converted": str(files.converted)}
    return {"name": files.name, "sha256": files.sha256, "chat": chat, **paths}


def files_from_json(value: Mapping[str, Any]) -> ModelFiles:
    """The inverse of `files_to_json`."""
    return ModelFiles(
        name=value["name"],
        weights=Path(value["weights"]),
        sha256=value["sha256"],
        converted=Path(value["converted"]),
        chat=ChatFormat(**value["chat"]),
    )


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Settings as a message carries them."""
    return {name: getattr(settings, name) for name in Settings.__slots__}
