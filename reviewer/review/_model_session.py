"""A loaded model in its worker process, started again once if it crashes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from reviewer.backends.interface import ModelFiles, Settings
from reviewer.engine.client import CrashedError, Worker
from reviewer.engine.install import choose_runtime, model_files, settings_for
from reviewer.errors import StorageError
from reviewer.models.catalogue import entry
from reviewer.models.store import open_store
from reviewer.records import Machine

RESTARTS = 1
"""How often a crashed worker is started again in one review."""

Answer = TypeVar("Answer")


class Session:
    """One model for one review.

    Args:
        start: starts a worker process.
        files, settings: what it loads.
        deadline: `time.monotonic()` at which every question ends.
        label: model and digest, for the record.
    """

    def __init__(self, start: Callable[[], Worker], files: ModelFiles, settings: Settings, deadline: float, label: str) -> None:
        self._start = start
        self._files = files
        self._settings = settings
        self._restarts = RESTARTS
        self._worker: Worker | None = None
        self.deadline = deadline
        self.label = label
        self.loading = 0.0
        """Seconds that loading took, restarts included."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._drop()

    def load(self) -> None:
        """Load the model, if it is not loaded.

        Raises:
            OverdueError, CrashedError, BackendError: see `Worker`.
        """
        self.ask(lambda worker: None)

    def ask(self, question: Callable[[Worker], Answer]) -> Answer:
        """What `question` returns, asked again of a new worker if the first one crashes.

        Raises:
            OverdueError, CrashedError, BackendError: see `Worker`.
        """
        try:
            return question(self._loaded())
        except CrashedError:
            self._drop()
            if not self._restarts:
                raise
            self._restarts -= 1
        return self.ask(question)

    def _loaded(self) -> Worker:
        if self._worker is None:
            started = time.monotonic()
            worker = self._start()
            try:
                worker.load(self._files, self._settings, self.deadline)
            except BaseException:
                worker.close()
                raise
            self._worker = worker
            self.loading += time.monotonic() - started
        return self._worker

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def open_session(machine: Machine, folder: Path, deadline: float) -> Session:
    """The session for the model of this machine; nothing is started yet.

    Args:
        folder: the gate's private folder; the worker's standard error goes below it.

    Raises:
        UsageError: there is no such model.
        NotInstalledError, DigestError: it is not there, or another file.
        BackendError: no runtime is installed.
    """
    model = entry(machine.model)
    store = open_store(machine)
    store.check(model)
    backend, python = choose_runtime(store, model, machine)
    own = folder / "models"
    try:
        with suppress(FileExistsError):
            own.mkdir(mode=0o700)
    except OSError as error:
        raise StorageError(f"cannot write the private folder: {error.strerror}", where=str(own)) from error
    files, settings = model_files(store, model, backend), settings_for(model, machine)
    return Session(lambda: Worker(python, backend, own), files, settings, deadline, f"{model.name} {model.sha256}")
