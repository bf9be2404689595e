"""An engine of a test's own: its place, its models (scripts for the `scripted` backend), and that nothing of it is left."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from poor_system import poor_engines

from reviewer.backends.interface import ChatFormat, ModelFiles, Settings
from reviewer.engine import access, control, launch
from reviewer.engine.asker import Asker
from reviewer.engine.place import EngineError, Place
from reviewer.engine.remote import Remote
from reviewer.errors import BackendError
from reviewer.records import Machine

LATER = 60.0
SOON = 0.6
OPTIONS = ("ok", "problem")


def within(seconds: float) -> float:
    return time.monotonic() + seconds


def choose(asker: Asker, seconds: float = LATER, material: str = "m") -> list[float]:
    return asker.choose("s", material, "q", OPTIONS, within(seconds))


class Asking(threading.Thread):
    """A review that asks beside the test, and has patience with a slow machine. What it got is known after `join`."""

    def __init__(self, asker: Asker, seconds: float) -> None:
        super().__init__()
        self._asker, self._seconds = asker, seconds
        self.reply: Mapping[str, Any] = {}
        self.error: BackendError | None = None
        self.start()

    def run(self) -> None:
        try:
            self.reply = patiently(self._asker, self._seconds)
        except BackendError as error:
            self.error = error


def patiently(asker: Asker, seconds: float) -> Mapping[str, Any]:
    """The reply to a question with a short deadline, however late it comes."""
    assert isinstance(asker, Remote)
    request = {"op": "choose", "system": "s", "material": "m", "question": "q", "options": list(OPTIONS)}
    return asker.exchange(request, within(seconds), LATER)


@dataclass
class Warm:
    """The engine of one test."""

    folder: Path
    place: Place
    machine: Machine = field(default_factory=Machine)
    notes: list[str] = field(default_factory=list)

    def files(self, script: Mapping[str, Any] | None = None, name: str = "tiny") -> ModelFiles:
        """A model."""
        data = json.dumps(script or {}).encode()
        file = self.folder / f"{name}.json"
        file.write_bytes(data)
        chat = ChatFormat("<s>", "<u>", "<a>", "<e>")
        return ModelFiles(name, file, hashlib.sha256(data).hexdigest(), self.folder / "converted", chat)

    def start(self, seconds: float = LATER, *, priority: int = 0) -> Asker:
        """An asker without a model."""
        return access.start(
            self.machine, Path(sys.executable), "scripted", self.folder, within(seconds),
            priority=priority, note=self.notes.append, where=self.place,
        )  # fmt: skip

    def loaded(self, script: Mapping[str, Any] | None = None, name: str = "tiny", *, priority: int = 0) -> Asker:
        """An asker with a model."""
        asker = self.start(priority=priority)
        asker.load(self.files(script, name), Settings(), within(LATER))
        return asker

    @property
    def leads_here(self) -> Path:
        """The file by which it is found."""
        return self.place.address if self.place.loopback else self.place.socket

    def status(self) -> dict[str, Any]:
        """What the running engine says."""
        answer = control.status(self.place)
        assert answer is not None
        return answer

    def worker(self, name: str = "tiny") -> dict[str, Any]:
        """What it says of one model."""
        return next(one for one in self.status()["workers"] if one["model"] == name)

    def until_running(self) -> None:
        """Wait until it takes connections."""
        patience = within(30)
        running = False
        while not running and time.monotonic() < patience:
            with suppress(EngineError):
                running = control.status(self.place) is not None
        assert running

    def until(self, state: str, name: str = "tiny") -> dict[str, Any]:
        """Wait for a model to be in a state."""
        patience = within(30)
        while (worker := self.worker(name))["state"] != state:
            assert time.monotonic() < patience, worker
            time.sleep(0.01)
        return worker


@contextmanager
def patient() -> Iterator[None]:
    """On a busy machine an engine may need longer to start, or to say hello, than a review would wait."""
    with (
        patch.object(launch, "_START", LATER),
        patch.object(launch, "GREETING", LATER),
        patch.object(control, "GREETING", LATER),
    ):
        yield


@contextmanager
def warm_engine(machine: Machine | None = None, *, loopback: bool = False, poor: bool = False) -> Iterator[Warm]:
    """An engine that is started when it is needed; afterwards it and all its processes must be gone.

    Args:
        poor: on a system without what Windows lacks, see `poor_system`; then it is on the loopback device.
    """
    # Not below tmp_path: with the name of a test in it a socket's path is too long.
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        warm = Warm(Path(name), Place(Path(name) / "engine", loopback=loopback or poor), machine or Machine())
        try:
            with patient(), poor_engines() if poor else nullcontext():
                yield warm
        finally:
            if (warm.place.folder).exists():
                warm.place.folder.chmod(0o700)
                control.stop(warm.place)
        assert_nothing_left()


def assert_nothing_left() -> None:
    """No process runs that was started with this test's home folder. Its workers get a moment to be taken away."""
    patience = within(10)
    while (left := own_processes()) and time.monotonic() < patience:
        time.sleep(0.02)
    assert left == []


def own_processes() -> list[int]:
    """Processes, zombies aside, that were started with this test's home folder; every test has another one."""
    marker = f"HOME={os.environ['HOME']}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if marker in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found
