"""Where the trained classifier runs for a review, and that it runs: on the device that is placed for it, else on the processor.

An accelerator is held by the warm engine alone: sending a stick its firmware takes seconds, which no commit pays. What the engine
has not loaded yet it loads for the next review, and this one is done on the processor: by the engine if that runs and has the
network loaded, else in this process if it has OpenVINO, else by the interpreter that runs the models.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.classify import pinned
from reviewer.classify.answers import Asked, Judgement
from reviewer.devices._classifying import CPU, ENVIRONMENT, MODEL, STICK, chosen
from reviewer.engine import place
from reviewer.errors import BackendError, HunkgateError
from reviewer.records import EngineUse, Machine

if TYPE_CHECKING:
    from reviewer.classify import model
    from reviewer.classify.rows import Row

WAIT = 0.25
"""Seconds that a review waits for an accelerator to be loaded, of which the engine's start may take most."""

GLANCE = 0.03
"""Seconds that it waits for the engine to have the network loaded on the processor: to load it oneself takes 0.2 s."""

BASE, PER_HUNK = 2.0, 0.02
"""Seconds that a device has to answer, and more for each hunk. The slowest that was measured, the stick's worker with a busy
processor in the stick's place, needs 0.0014 for a hunk."""

ALONE = 120.0
"""Seconds for another interpreter to start, load and answer."""

_NOWHERE = Path()
"""The environment of what needs none."""

_MISSING = "Install it with: pip install 'hunkgate[classifier]', or pull a model: its runtime has it."


def judge_for(machine: Machine) -> Judging:
    """Something that judges hunks on this machine. Nothing is looked up, imported or started before it is called."""
    return Judging(machine, wanted=machine.classifier_device)


class Judging:
    """Judges hunks, a `Judge`; afterwards it is known where that was done.

    Args:
        wanted: the device to use; empty: the one that is placed.
        where: the engine's place, if it is not the usual one.
        root: where /dev and /sys are; another folder in tests.
    """

    def __init__(self, machine: Machine, *, wanted: str = "", where: place.Place | None = None, root: Path = Path("/")) -> None:
        self._machine = machine
        self._wanted = wanted
        self._where = where
        self._root = root
        self.device = ""
        """Where the last hunks were judged; empty before, and if it could be done nowhere."""
        self.note = ""
        """Why that is not the device that is placed for it, in words; empty if it is."""

    @property
    def identity(self) -> dict[str, str]:
        """Who judged, as a verdict tells it; empty if nobody did."""
        return {"classifier": f"{MODEL} {pinned.MODEL_SHA256} on {self.device}"} if self.device else {}

    def __call__(self, asked: Sequence[Asked]) -> Sequence[Judgement]:
        """What the network says, in the order of the hunks: all of them from one device.

        Raises:
            HunkgateError: it is damaged, or can be run nowhere.
        """
        from reviewer.classify.model import piece
        from reviewer.classify.rows import rows

        self.device = self.note = ""
        members = rows([piece(one.hunk, one.context) for one in asked])
        found, device = self._judged(members)
        self.device = device
        return found

    def _judged(self, members: Sequence[Row]) -> tuple[list[model.Judgement], str]:
        """And where."""
        device = chosen(self._store, pinned.MODEL_SHA256, self._wanted, self._root).device
        if device == CPU:
            return self._on_cpu(members), CPU
        try:
            return self._accelerated(members, device), device
        except HunkgateError as error:
            why = error.told
        try:
            found = self._on_cpu(members)
        except HunkgateError as error:
            raise BackendError(f"{error} (on {CPU}), and before that, on {device}: {why}", todo=error.todo) from error
        self.note = f"hunks were classified on {CPU}, not on {device}: {why}"
        return found, CPU

    def _accelerated(self, members: Sequence[Row], device: str) -> list[model.Judgement]:
        """By the engine's worker for an accelerator.

        Raises:
            HunkgateError: the device, or the engine, is gone, late, or not ready.
        """
        if self._machine.engine is EngineUse.OFF:
            raise BackendError("the engine is off, and loading an accelerator takes too long for one review")
        # The stick's worker has its own interpreter, and what speaks to it needs nothing but the standard library.
        python = Path(sys.executable) if device == STICK else self._interpreter()
        environment = self._store() / ENVIRONMENT if device == STICK else _NOWHERE
        return self._by_engine(members, (device, environment), python, WAIT, start=True)

    def _on_cpu(self, members: Sequence[Row]) -> list[model.Judgement]:
        if self._engine_is_there():
            try:
                return self._by_engine(members, (CPU, _NOWHERE), self._interpreter(), GLANCE, start=False)
            except HunkgateError:
                # It can be done here as well, and says the same: nobody needs to know.
                pass
        if importlib.util.find_spec("openvino") is not None:
            from reviewer.classify.model import load

            return load().judge_rows(members)
        return self._by_another(members)

    def _engine_is_there(self) -> bool:
        """Whether it may be running: looked at before anything is imported to ask it."""
        if self._machine.engine is EngineUse.OFF:
            return False
        where = self._where or place.find()
        return (where.address if where.loopback else where.socket).exists()

    def _by_engine(
        self, members: Sequence[Row], on: tuple[str, Path], python: Path, wait: float, *, start: bool
    ) -> list[model.Judgement]:
        """
        Args:
            on: the device, and the environment that it needs.
            wait: seconds for the network to be loaded.
            start: whether an engine is started if none runs.
        """
        from reviewer.engine import classifying, launch
        from reviewer.engine.remote import Remote

        deadline = time.monotonic() + wait
        where = self._where or place.find()
        # It may take longer to start the engine than to wait for it: then the next review finds it.
        channel = launch.reach(where, time.monotonic() + launch.GREETING) if start else launch.running(where, deadline)
        if channel is None:
            raise BackendError("no engine runs")
        asker = Remote(channel, python, classifying.BACKEND, self._machine)
        try:
            classifying.loaded(asker, *on, max(deadline, time.monotonic() + GLANCE))
            return classifying.judged(asker, members, time.monotonic() + BASE + PER_HUNK * len(members))
        finally:
            asker.close()

    def _by_another(self, members: Sequence[Row]) -> list[model.Judgement]:
        """By a worker of the interpreter that runs the models, for these hunks alone."""
        try:
            python = self._interpreter()
        except BackendError as error:
            raise BackendError("OpenVINO is not installed", todo=_MISSING) from error
        from reviewer.engine import classifying
        from reviewer.engine.client import Worker
        from reviewer.private_folder import private_folder

        deadline = time.monotonic() + ALONE
        with private_folder() as folder, Worker(python, classifying.BACKEND, folder) as worker:
            classifying.loaded(worker, CPU, _NOWHERE, deadline)
            return classifying.judged(worker, members, deadline)

    def _interpreter(self) -> Path:
        """One that has OpenVINO.

        Raises:
            BackendError: there is none.
        """
        if importlib.util.find_spec("openvino") is not None:
            return Path(sys.executable)
        from reviewer.models import runtime
        from reviewer.models.store import open_store

        return runtime.find("openvino_genai", self._machine, open_store(self._machine))

    def _store(self) -> Path:
        from reviewer.models.store import open_store

        return open_store(self._machine).root
