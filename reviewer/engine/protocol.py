"""What the gate and a worker say to each other, in frames of `reviewer.frames`.

A message to a worker is {"number": N, "items": [REQUEST, ...]}. Each request gets a reply, in their order, as soon as it is
there. While they are answered, {"number": N, "cancel": PLACE} may be sent, which has no reply of its own: the request at that
place (from 0) ends soon, with an error, or with its answer if that was there already. Of another message than the last one,
nothing can be cancelled any more.

A request is {"op": NAME, ...}; its reply is {"ok": VALUE} or {"error": {"what", "where", "todo", "overdue"}}, where "overdue"
is true if only the time was too short. Operations and their values:

    prepare, load   "files", "settings"                                                       null
    digest                                                                                    str
    count           "texts"                                                                   [int]
    choose          "system", "material", "question", "options"                               [float]
    score           "prefix": [[text, special]], "continuations"                              [[float]]
    write           "system", "material", "question", "schema", "max_tokens"                  {"text", "tokens", "finished"}
    embed           "texts"                                                                   [[float]]
    close                                                                                     null

All of them have "seconds", the ceiling of those that can keep one, counted from the moment the worker takes the message up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reviewer.backends.interface import ChatFormat, ModelFiles, Piece, Settings, Written
from reviewer.errors import BackendError, HunkgateError, OutOfTimeError
from reviewer.frames import HEADER as HEADER
from reviewer.frames import LIMIT as LIMIT
from reviewer.frames import FrameError as FrameError
from reviewer.frames import decoded as decoded
from reviewer.frames import encoded as encoded
from reviewer.frames import length as length
from reviewer.records import Dialect, Endpoint


def files_to_json(files: ModelFiles) -> dict[str, Any]:
    """Model files as a message carries them."""
    chat = {name: getattr(files.chat, name) for name in ChatFormat.__slots__}
    paths = {"weights": str(files.weights), "converted": str(files.converted)}
    endpoint = asdict(files.endpoint) if files.endpoint else None
    return {"name": files.name, "sha256": files.sha256, "chat": chat, "endpoint": endpoint, **paths}


def files_from_json(value: Mapping[str, Any]) -> ModelFiles:
    """The inverse of `files_to_json`."""
    return ModelFiles(
        name=value["name"],
        weights=Path(value["weights"]),
        sha256=value["sha256"],
        converted=Path(value["converted"]),
        chat=ChatFormat(**value["chat"]),
        endpoint=_endpoint(value.get("endpoint")),
    )


def _endpoint(value: Mapping[str, Any] | None) -> Endpoint | None:
    return Endpoint(**{**value, "dialect": Dialect(value["dialect"])}) if value else None


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Settings as a message carries them."""
    return {name: getattr(settings, name) for name in Settings.__slots__}


def prefix_to_json(prefix: Sequence[Piece]) -> list[list[Any]]:
    """Pieces as a message carries them."""
    return [[piece.text, piece.special] for piece in prefix]


def prefix_from_json(value: Sequence[Sequence[Any]]) -> list[Piece]:
    """The inverse of `prefix_to_json`."""
    return [Piece(text, special) for text, special in value]


def written_to_json(written: Written) -> dict[str, Any]:
    """A written text as a message carries it."""
    return asdict(written)


def written_from_json(value: Any) -> Written:
    """The inverse of `written_to_json`.

    Raises:
        FrameError: it is none.
    """
    match value:
        case {"text": str(text), "tokens": int(tokens), "finished": bool(finished)}:
            return Written(text, tokens, finished)
    raise FrameError("what arrived is no text")


def error_to_json(error: HunkgateError) -> dict[str, Any]:
    """The reply that carries an error."""
    overdue = isinstance(error, OutOfTimeError)
    return {"error": {"what": error.what, "where": error.where, "todo": error.todo, "overdue": overdue}}


def value(reply: Mapping[str, Any]) -> Any:
    """What a reply carries.

    Raises:
        BackendError, OutOfTimeError: it carries an error.
    """
    refusal = reply.get("error")
    if not isinstance(refusal, dict):
        return reply.get("ok")
    words = {key: str(refusal.get(key, "")) for key in ("where", "todo")}
    kind = OutOfTimeError if refusal.get("overdue") is True else BackendError
    raise kind(str(refusal.get("what", "")), **words)
