"""The way to a model: through the warm engine, which is started if need be, or else through a worker of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from reviewer.engine import launch, place
from reviewer.engine.asker import Asker
from reviewer.engine.client import Worker
from reviewer.engine.place import EngineError, Place
from reviewer.engine.remote import Remote
from reviewer.errors import OutOfTimeError
from reviewer.records import EngineUse, Machine

_ELSEWHERE = frozenset({"openai_http"})
"""Backends whose model is on a server: there is nothing to keep warm, and the server's key is in the review's environment, not
in the engine's."""


def _unsaid(reason: str) -> None:
    """The reader does not want to know."""


def start(
    machine: Machine,
    python: Path,
    backend: str,
    folder: Path,
    deadline: float,
    *,
    priority: int = 0,
    note: Callable[[str], None] = _unsaid,
    where: Place | None = None,
) -> Asker:
    """Something that a model can be loaded with and asked through.

    Args:
        python, backend, folder: see `Worker`.
        deadline: `time.monotonic()`; nothing here waits longer.
        priority: lower numbers are asked first. 0 is a person who waits.
        note: is told in one sentence why there is no engine, if one is wanted.
        where: the engine's place, if it is not the usual one.

    Raises:
        OutOfTimeError: the deadline is over.
        ToolMissingError: the interpreter does not exist.
    """
    if machine.engine is EngineUse.OFF or backend in _ELSEWHERE:
        return Worker(python, backend, folder)
    try:
        channel = launch.reach(where or place.find(), deadline)
    except EngineError as error:
        if time.monotonic() >= deadline:
            raise OutOfTimeError("no time was left for the model") from error
        note(f"the warm engine cannot be used, so the model is loaded for this review alone: {error}")
        return Worker(python, backend, folder)
    return Remote(channel, python, backend, machine, priority)
