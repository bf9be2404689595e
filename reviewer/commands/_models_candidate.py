"""A model that sits the exam: in a worker process of its own, and in a new one after a crash."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from reviewer.backends.interface import ModelFiles, Settings
from reviewer.engine.client import Worker
from reviewer.errors import BackendError
from reviewer.models.exam.marking import Answer
from reviewer.models.exam.sitting import Question

LOADING = 600.0
"""Seconds that loading may take: nobody waits at a commit, and large models come from slow disks."""

THINKING = 180.0
"""Seconds that one question may take, so that a slow machine can take the exam too. What does not fit a budget at commit time is
deferred there; the exam asks what the answers are worth."""


class Candidate:
    """The model; a context manager. Nothing is started before the first question.

    Args:
        python, backend, folder: see `Worker`.
    """

    def __init__(self, python: Path, backend: str, folder: Path, files: ModelFiles, settings: Settings) -> None:
        self._python, self._backend, self._folder = python, backend, folder
        self._files, self._settings = files, settings
        self._worker: Worker | None = None

    def __enter__(self) -> Candidate:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._drop()

    @property
    def worker(self) -> Worker:
        """The loaded model.

        Raises:
            BackendError: it cannot be loaded.
        """
        if self._worker is not None and self._worker.alive:
            return self._worker
        worker = Worker(self._python, self._backend, self._folder)
        self._worker = worker
        try:
            worker.load(self._files, self._settings, time.monotonic() + LOADING)
        except BackendError:
            self._drop()
            raise
        return worker

    def served(self) -> str:
        """What the server says of its model; empty if it says nothing.

        Raises:
            BackendError: it cannot be reached.
        """
        return self.worker.digest(time.monotonic() + THINKING)

    def ask(self, role: str, question: Question) -> Answer:
        """Put one question of the exam, as the gate would in that role.

        Raises:
            BackendError: no answer; the next question gets a fresh worker if this one is gone.
        """
        from reviewer.review import _model_roles

        return _model_roles.ask(role, question, self.worker, time.monotonic() + THINKING)

    def _drop(self) -> None:
        if self._worker is not None:
            with suppress(BackendError):
                self._worker.close()
            self._worker = None
