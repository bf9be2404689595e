"""A model that can be asked, started when it is asked for the first time, and again once if it crashes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from reviewer.errors import AbandonedError, BackendError, OverdueError, StorageError, ToolMissingError
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


def _unsaid(sentence: str) -> None:
    """The reader does not want to know."""


class Session:
    """One model for one review.

    Args:
        start: starts what answers.
        files: what it loads.
        settings: how; one for each device, the best one first. If the first one vanishes, the next one is used, once.
        deadline: `time.monotonic()` at which every question ends.
        note: is told in one sentence of a device that vanished.
    """

    def __init__(
        self,
        start: Callable[[], Asker],
        files: ModelFiles,
        settings: Sequence[Settings],
        deadline: float,
        note: Callable[[str], None] = _unsaid,
    ) -> None:
        self._start = start
        self._files = files
        self._settings = {one.device: one for one in settings}
        self._devices = tuple(self._settings)
        self._note = note
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
        if len(self._devices) == 1:
            return self._ask(question, self._devices[0])
        from reviewer.devices._fallback import with_fallback
        from reviewer.devices.interface import GoneError

        used = with_fallback(self._devices, lambda device: self._tried(question, device), (GoneError,))
        if used.note:
            self._note(f"{self._files.name}: {used.note}")
        return used.value

    def _tried(self, question: Callable[[Asker], Answer], device: str) -> Answer:
        """The answer; a device that can be replaced is gone as soon as anything but the time goes wrong on it.

        A runtime that lost its accelerator says no more than one that cannot answer a question, so such a question costs one try
        elsewhere, too.

        Raises:
            GoneError: the device is not used any more.
        """
        from reviewer.devices.interface import GoneError

        try:
            return self._ask(question, device)
        except (OverdueError, AbandonedError):
            raise
        except BackendError as error:
            if device == self._devices[-1]:
                raise
            self._devices = self._devices[1:]
            self._drop()
            raise GoneError(error.told) from error

    def _ask(self, question: Callable[[Asker], Answer], device: str) -> Answer:
        if time.monotonic() >= self.deadline:
            raise OverdueError("no time is left for the model")
        from reviewer.engine.client import CrashedError

        try:
            return question(self._loaded(device))
        except CrashedError:
            self._drop()
            if not self._restarts or device != self._devices[-1]:
                raise
            self._restarts -= 1
        return self._ask(question, device)

    @property
    def loaded(self) -> bool:
        """Whether it can answer at once."""
        return self._asker is not None

    def release(self) -> None:
        """Give its memory back; the next question loads it again."""
        self._drop()

    def abandon(self) -> None:
        """From another thread: end the running question, and ask nothing any more."""
        self.deadline = 0.0
        asker = self._asker
        if asker is not None:
            asker.abandon()

    def _loaded(self, device: str) -> Asker:
        if self._asker is not None and not self._asker.alive:
            self._drop()
        if self._asker is None:
            started = time.monotonic()
            # Known before it is loaded, so that it can be abandoned meanwhile.
            self._asker = self._start()
            with ExitStack() as undone:
                undone.callback(self._drop)
                self._asker.load(self._files, self._settings[device], self.deadline)
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
        from reviewer.engine.install import choose_runtime, devices_for

        self.backend, self.python = choose_runtime(self.store, self.entry, machine)
        self.devices = devices_for(self.store, self.entry, self.backend)
        """Where it runs, and where it goes on if that device vanishes."""

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
            note: is told why there is no engine, if one is wanted, and of a device that vanished.
        """

        from reviewer.engine import access
        from reviewer.engine.install import model_files, settings_for

        def start() -> Asker:
            try:
                return access.start(self.machine, self.python, self.backend, _own(folder), deadline, note=note)
            except ToolMissingError as error:
                raise BackendError(error.what, where=error.where, todo=error.todo) from error

        settings = [settings_for(self.entry, self.machine, device) for device in self.devices]
        return Session(start, model_files(self.store, self.entry, self.backend), settings, deadline, note)


def _own(folder: Path) -> Path:
    own = folder / "models"
    try:
        with suppress(FileExistsError):
            own.mkdir(mode=0o700)
    except OSError as error:
        raise StorageError(f"cannot write the private folder: {error.strerror}", where=str(own)) from error
    return own
