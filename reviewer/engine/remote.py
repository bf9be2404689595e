"""Asks a model that the engine holds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reviewer.engine.channel import Channel, LateError, LostError
from reviewer.engine.questions import GRACE, CrashedError, Questions, abandoned
from reviewer.errors import OutOfTimeError, OverdueError
from reviewer.records import Machine


class Remote(Questions):
    """A connection to the engine, for one model at a time.

    Args:
        python, backend: what the engine shall start the model's process with.
        machine: the user's settings for the engine; the last gate's count.
        priority: lower numbers are asked first. 0 is a person who waits.

    After CrashedError, and after OverdueError that is no OutOfTimeError, it is not alive: the engine restarts the model's
    process by itself, and can be asked again over a new connection. After AbandonedError the engine stops computing.
    """

    def __init__(self, channel: Channel, python: Path, backend: str, machine: Machine, priority: int = 0) -> None:
        self._channel = channel
        limits = {"idle": machine.engine_idle, "memory": machine.engine_memory}
        self._attach = {"engine": "attach", "python": str(python), "backend": backend, "limits": limits}
        self._priority = priority
        self._abandoned = False

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._channel.open and not self._abandoned

    def close(self) -> None:
        """Hang up; the model stays loaded."""
        self._channel.close()

    def abandon(self) -> None:
        """Hang up from any thread."""
        self._abandoned = True
        self._channel.shut()

    def exchange(self, request: Mapping[str, Any], deadline: float, grace: float = GRACE) -> Mapping[str, Any]:
        """One request and its reply; see `Questions.exchange`."""
        try:
            return self._exchanged(request, deadline, grace)
        except (CrashedError, OverdueError) as error:
            if not self._abandoned:
                raise
            self.close()
            raise abandoned() from error

    def _exchanged(self, request: Mapping[str, Any], deadline: float, grace: float) -> Mapping[str, Any]:
        if not self.alive:
            raise CrashedError("the connection to the engine has ended")
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise OutOfTimeError("no time was left for the model")
        envelope = self._attach if request["op"] == "load" else {"engine": "ask"}
        message = {**envelope, "request": request, "seconds": seconds, "priority": self._priority}
        try:
            reply = self._channel.exchange(message, deadline + grace)
        except LateError as error:
            raise OverdueError("the engine did not answer in time; it goes on by itself") from error
        except LostError as error:
            raise CrashedError(error.what) from error
        return self._told(reply)

    def _told(self, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        """The worker's own reply, unless the worker is gone."""
        ended, refusal = reply.get("ended"), reply.get("error")
        if not ended:
            return reply
        self.close()
        words = refusal if isinstance(refusal, dict) else {}
        kind = OverdueError if ended == "overdue" else CrashedError
        raise kind(str(words.get("what", "")), where=str(words.get("where", "")))
