"""Starts a worker process and asks it, with a deadline on every question.

A worker must be used by the thread that started it and that thread must outlive it: on Linux the kernel ends the worker
together with that thread (see `worker`).
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import reviewer
from reviewer import proc
from reviewer.backends.interface import ModelFiles, Settings
from reviewer.engine import protocol
from reviewer.errors import BackendError

_BOOTSTRAP = """\
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("reviewer", sys.argv[1], submodule_search_locations=[os.path.dirname(sys.argv[1])])
sys.modules["reviewer"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from reviewer.engine.worker import main
sys.exit(main(sys.argv[2], int(sys.argv[3])))
"""
"""Gives another interpreter exactly our package and nothing else of our environment."""

_CHUNK = 4096
"""PIPE_BUF on Linux: a pipe that polls as writable takes that much at once without blocking (pipe(7))."""

_TAIL = 4096
"""Bytes of the worker's standard error that its last words are looked for in."""

_REAP = 1.0
"""Seconds that a worker may take to be gone after it closed its output."""


class CrashedError(BackendError):
    """The worker ended, or sent something that is no message."""


class OverdueError(BackendError):
    """The worker did not answer before the deadline, and was killed."""


class Worker:
    """A running worker process. Used as a context manager, nothing of it is left afterwards.

    Args:
        python: the interpreter that has the runtime.
        backend: name of a member of reviewer.backends.
        folder: a private folder that exists; the worker's standard error is kept there.

    Every method that asks takes a `deadline` (`time.monotonic()`) and raises CrashedError, OverdueError, or BackendError
    with what the runtime said. After the first two the worker is gone.
    """

    def __init__(self, python: Path, backend: str, folder: Path) -> None:
        self._log = folder / f"{backend}.stderr"
        package = Path(reviewer.__file__).resolve()
        argv: list[str | Path] = [python, "-I", "-B", "-c", _BOOTSTRAP, package, backend, str(os.getpid())]
        with self._log.open("wb") as log:
            self._process = proc.start_worker(argv, stderr=log)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests = self._process.stdin.fileno()
        self._replies = self._process.stdout.fileno()
        self._open = True

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._open

    def prepare(self, files: ModelFiles, settings: Settings, deadline: float) -> None:
        """Make the backend's own form of the weights, if it needs one."""
        self._load("prepare", files, settings, deadline)

    def load(self, files: ModelFiles, settings: Settings, deadline: float) -> None:
        """Load a model; `count` and `choose` need it."""
        self._load("load", files, settings, deadline)

    def count(self, texts: Sequence[str], deadline: float) -> list[int]:
        """Tokens of each text."""
        counts = self._ask({"op": "count", "texts": list(texts)}, deadline)
        return [int(count) for count in self._numbers(counts, len(texts))]

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        """Log-probability of each option; see `Backend.choose`."""
        request = {"op": "choose", "system": system, "material": material, "question": question, "options": list(options)}
        return self._numbers(self._ask(request, deadline), len(options))

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._open:
            self._open = False
            proc.stop_worker(self._process)

    def _load(self, operation: str, files: ModelFiles, settings: Settings, deadline: float) -> None:
        described = {"files": protocol.files_to_json(files), "settings": protocol.settings_to_json(settings)}
        self._ask({"op": operation, **described}, deadline)

    def _ask(self, request: Mapping[str, Any], deadline: float) -> Any:
        if not self._open:
            raise CrashedError("the model's process has ended")
        try:
            self._send(protocol.encoded(request), deadline)
            size = protocol.length(self._receive(protocol.HEADER.size, deadline))
            reply = protocol.decoded(self._receive(size, deadline))
        except protocol.FrameError as error:
            self.close()
            raise CrashedError(f"the model's process sent garbage: {error}") from error
        return self._value(reply)

    def _value(self, reply: Mapping[str, Any]) -> Any:
        refusal = reply.get("error")
        if isinstance(refusal, dict):
            words = {key: str(refusal.get(key, "")) for key in ("where", "todo")}
            raise BackendError(str(refusal.get("what", "")), **words)
        return reply.get("ok")

    def _numbers(self, value: Any, expected: int) -> list[float]:
        if not isinstance(value, list) or len(value) != expected or not all(isinstance(one, int | float) for one in value):
            self.close()
            raise CrashedError(f"the model's process sent garbage: {expected} numbers were expected")
        return [float(one) for one in value]

    def _send(self, frame: bytes, deadline: float) -> None:
        view = memoryview(frame)
        while view:
            self._wait(self._requests, select.POLLOUT, deadline)
            try:
                view = view[os.write(self._requests, view[:_CHUNK]) :]
            except BrokenPipeError:
                raise self._crash() from None

    def _receive(self, size: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < size:
            self._wait(self._replies, select.POLLIN, deadline)
            block = os.read(self._replies, size - len(received))
            if not block:
                raise self._crash()
            received += block
        return bytes(received)

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        """Wait until a pipe is ready; at the deadline, kill the worker."""
        poll = select.poll()
        poll.register(descriptor, event)
        left = deadline - time.monotonic()
        if left > 0 and poll.poll(left * 1000):
            return
        self.close()
        raise OverdueError("the model did not answer in time and was stopped")

    def _crash(self) -> CrashedError:
        """What is known about the end of a worker that closed its pipes. It is gone afterwards."""
        waited = time.monotonic() + _REAP
        while self._process.poll() is None and time.monotonic() < waited:
            time.sleep(0.01)
        code = self._process.returncode
        self.close()
        how = "closed its output" if code is None else _ending(code)
        said = self._last_words()
        return CrashedError(f"the model's process {how}" + (f": {said}" if said else ""), where=str(self._log))

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, self._log.stat().st_size - _TAIL))
                return log.read().decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        except OSError:
            return ""


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended by itself with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"was ended by signal {-code} ({name})"
