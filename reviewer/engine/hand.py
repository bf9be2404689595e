"""One worker process and the thread that speaks to it.

The thread starts the worker, so it has to live as long as the worker (see `client`). It gets some tasks at a time and posts
exactly one event for each, in their order, so what it does can be followed by looking at its events only.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from reviewer.engine import protocol
from reviewer.engine.client import CrashedError, Task, Worker
from reviewer.errors import AbandonedError, BackendError, HunkgateError, OutOfTimeError, OverdueError, StorageError


@dataclass(frozen=True, slots=True)
class Spec:
    """What a worker is for. Two gates that say the same share it."""

    python: str
    backend: str
    request: Mapping[str, Any]
    """The load request, passed on as it came."""

    @property
    def key(self) -> str:
        """The same for the same model, backend and settings."""
        return json.dumps([self.python, self.backend, self.request], sort_keys=True)

    @property
    def files(self) -> Mapping[str, Any]:
        """The model files of the request."""
        files = self.request.get("files")
        return files if isinstance(files, dict) else {}

    @property
    def model(self) -> str:
        """Its name."""
        return str(self.files.get("name", ""))

    @property
    def modest(self) -> bool:
        """Whether it takes only room that is free, since a review can do without it at little cost: nobody is put out for it."""
        return self.request.get("modest") is True


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a worker is given."""

    load: float = 300.0
    """For loading a model, whoever still waits for it. 14 s were measured for 1.5 billion weights, from a slow disk far more."""
    grace: float = 5.0
    """Beyond the deadline of a question before it counts as hung. One piece of 256 tokens takes 2.6 s at 100 tokens a second,
    the slowest reading measured, and a backend looks at the clock between pieces only."""


class Happening(Enum):
    """What a hand tells."""

    LOADED = "loaded"
    REFUSED = "refused"
    """The backend does not load this; CLOSED follows."""
    REPLIED = "replied"
    """The first of several tasks is done, with an answer or an error; the hand goes on with the next one."""
    ANSWERED = "answered"
    """The last task is done, with an answer or an error; the hand waits for the next ones."""
    ENDED = "ended"
    """The worker crashed or hung over the first task that was not done yet, if there was one; CLOSED follows."""
    CLOSED = "closed"
    """The worker is gone, whyever. The last event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One of them."""

    hand: Hand
    what: Happening
    reply: Mapping[str, Any]
    """For the gate; empty with LOADED and CLOSED."""


class Hand:
    """Starts a worker and loads its model at once.

    Args:
        folder: a private folder of its own that need not exist yet.
        post: takes the events, in the hand's own thread.
    """

    def __init__(self, spec: Spec, folder: Path, patience: Patience, post: Callable[[Event], None]) -> None:
        self.spec = spec
        self.process = 0
        """The worker's process id, 0 if there is none."""
        self._folder = folder
        self._patience = patience
        self._post = post
        self._tasks: queue.SimpleQueue[Sequence[Task] | None] = queue.SimpleQueue()
        self._worker: Worker | None = None
        self._thread = threading.Thread(target=self._live, name=f"worker of {spec.model}", daemon=True)
        self._thread.start()

    def give(self, tasks: Sequence[Task]) -> None:
        """The next tasks; only after LOADED or ANSWERED."""
        self._tasks.put(tasks)

    def take_back(self, task: Task) -> None:
        """Nobody wants the reply to a task that was given any more: it comes soon."""
        task.taken_back.set()
        if self._worker is not None:
            self._worker.look()

    def dismiss(self) -> None:
        """End the worker when its task is done."""
        self._tasks.put(None)

    def kill(self) -> None:
        """End the worker now."""
        self.dismiss()
        if self._worker is not None:
            self._worker.abandon()

    def join(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    def _live(self) -> None:
        try:
            with self._started() as worker:
                self.process, self._worker = worker.pid, worker
                if self._load(worker):
                    self._work(worker)
        except (CrashedError, OverdueError, AbandonedError) as error:
            self._tell(Happening.ENDED, ending(error))
        except HunkgateError as error:
            self._tell(Happening.REFUSED, protocol.error_to_json(error))
        finally:
            self.process = 0
            self._tell(Happening.CLOSED)

    def _started(self) -> Worker:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Worker(Path(self.spec.python), self.spec.backend, self._folder)
        except OSError as error:
            raise StorageError(f"a worker's folder cannot be made: {error.strerror}", where=str(self._folder)) from error

    def _load(self, worker: Worker) -> bool:
        reply = worker.exchange(self.spec.request, time.monotonic() + self._patience.load, 0.0)
        if "error" in reply:
            self._tell(Happening.REFUSED, reply)
            return False
        self._tell(Happening.LOADED)
        return True

    def _work(self, worker: Worker) -> None:
        while (tasks := self._tasks.get()) is not None:
            left = len(tasks)
            for reply in _told(worker.replies(tasks, self._patience.grace)):
                left -= 1
                self._tell(Happening.REPLIED if left else Happening.ANSWERED, reply)

    def _tell(self, what: Happening, reply: Mapping[str, Any] | None = None) -> None:
        self._post(Event(self, what, reply or {}))


def _told(replies: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The same; that there was no time for a single task is its reply."""
    try:
        yield from replies
    except OutOfTimeError as error:
        yield protocol.error_to_json(error)


def ending(error: BackendError) -> dict[str, Any]:
    """The reply to a gate whose question cost the worker."""
    overdue = isinstance(error, OverdueError)
    return {**protocol.error_to_json(error), "ended": "overdue" if overdue else "crashed"}
