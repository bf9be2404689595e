"""A model that can be asked, started when it is asked for the first time, and again once if it crashes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from reviewer.errors import BackendError, OverdueError, StorageError, ToolMissingError
from reviewer.models.catalogue import Entry, entry
from reviewer.models.lock import resolved
from reviewer.models.store import Store, open_store
from reviewer.records import Machine

if TYPE_CHECKING:
    from reviewer.backends.interface import ModelFiles, Settings
    from reviewer.engine.asker import Asker

RESTARTS = 1
"""How often a crashed worker is started again in one review."""

Answer = TypeVar("Answer")


class Session:
    """One model for one review.

    Args:
        start: starts what answers.
        files, settings: what it loads.
        deadline: `time.monotonic()` at which every question ends.
    """

    def __init__(self, start: Callable[[], Asker], files: ModelFiles, settings: Settings, deadline: float) -> None:
        self._start = start
        self._files = files
        self._settings = settings
        self._restarts = RESTARTS
        self._asker: Asker | None = None
        self.deadline = deadline
        self.loading = 0.0
        """Seconds that loading took, restarts included."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._drop()

    def ask(self, question: Callable[[Asker], Answer]) -> Answer:
        """What `question` returns, asked again of a new worker if the first one crashes.

        Raises:
            OverdueError, CrashedError, BackendError: see `engine.client.Questions`.
        """
        if time.monotonic() >= self.deadline:
            raise OverdueError("no time is left for the model")
        from reviewer.engine.client import CrashedError

        try:
            return question(self._loaded())
        except CrashedError:
            self._drop()
            if not self._restarts:
                raise
            self._restarts -= 1
        return self.ask(question)

    def abandon(self) -> None:
        """From another thread: end the running question, and ask nothing any more."""
        self.deadline = 0.0
        asker = self._asker
        if asker is not None:
            asker.abandon()

    def _loaded(self) -> Asker:
        if self._asker is not None and not self._asker.alive:
            self._drop()
        if self._asker is None:
            started = time.monotonic()
            # Known before it is loaded, so that it can be abandoned meanwhile.
            self._asker = self._start()
            with ExitStack() as undone:
                undone.callback(self._drop)
                self._asker.load(self._files, self._settings, self.deadline)
                undone.pop_all()
            self.loading += time.monotonic() - started
        return self._asker

    def _drop(self) -> None:
        if self._asker is not None:
            self._asker.close()
            self._asker = None


class Opened:
    """A model of this machine whose files are there and are the published ones. Nothing is started yet.

    Raises:
        UsageError: there is no such model.
        NotInstalledError, DigestError: it is not there, or another file.
        BackendError: no runtime is installed.
    """

    def __init__(self, machine: Machine, name: str) -> None:
        # Most hooks have no model: they must not pay for the import of all that fetches and runs one.
        self.machine = machine
        self.entry: Entry = resolved(entry(name, machine.endpoints))
        self.store: Store = open_store(machine)
        self.store.check(self.entry)
        from reviewer.engine.install import choose_runtime

        self.backend, self.python = choose_runtime(self.store, self.entry, machine)

    def label(self, served: str = "") -> str:
        """Model, digest and runtime; of a model on a server where that is.

        Args:
            served: the digest that the server tells, if it was asked and tells one.
        """
        from reviewer.models.roles import identity

        return f"{self.entry.name} {identity(self.entry, served)} {self.backend}"

    def session(self, folder: Path, deadline: float, note: Callable[[str], None]) -> Session:
        """A session with it, through the warm engine if there can be one.

        Args:
            folder: the gate's private folder; the worker's standard error goes below it.
            note: is told why there is no engine, if one is wanted.
        """

        from reviewer.engine import access
        from reviewer.engine.install import model_files, settings_for

        def start() -> Asker:
            try:
                return access.start(self.machine, self.python, self.backend, _own(folder), deadline, note=note)
            except ToolMissingError as error:
                raise BackendError(error.what, where=error.where, todo=error.todo) from error

        files, settings = model_files(self.store, self.entry, self.backend), settings_for(self.entry, self.machine)
        return Session(start, files, settings, deadline)


def _own(folder: Path) -> Path:
    own = folder / "models"
    try:
        with suppress(FileExistsError):
            own.mkdir(mode=0o700)
    except OSError as error:
        raise StorageError(f"cannot write the private folder: {error.strerror}", where=str(own)) from error
    return own
