"""Starts a worker process and asks it, with a deadline on every question.

A worker must be used by the thread that started it and that thread must outlive it: on Linux the kernel ends the worker
together with that thread (see `worker`).
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import reviewer
from reviewer import proc
from reviewer.backends.interface import ModelFiles, Piece, Settings, Written
from reviewer.engine import protocol
from reviewer.errors import AbandonedError, BackendError, OutOfTimeError
from reviewer.errors import OverdueError as OverdueError

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

GRACE = 0.7
"""Seconds beyond the deadline of a question after which the worker is killed. A worker that can keep time answers before
that; the gate has promised to end within a second of its budget."""

_REAP = 1.0
"""Seconds that a worker may take to be gone after it closed its output."""


class CrashedError(BackendError):
    """The worker ended, or sent something that is no message."""


class Questions(ABC):
    """What a model can be asked, for whatever carries the questions to it.

    Every method takes a `deadline` (`time.monotonic()`) and raises OutOfTimeError if the model stopped at it by itself,
    OverdueError if it had to be ended, CrashedError if it ended by itself or sent garbage, AbandonedError if another thread
    called `abandon`, or BackendError with what the runtime said. After OutOfTimeError and a plain BackendError the model can
    be asked again.
    """

    @abstractmethod
    def exchange(self, request: Mapping[str, Any], deadline: float, grace: float = GRACE) -> Mapping[str, Any]:
        """Send one request and return its reply, which may be an error; see `protocol`.

        Args:
            request: without "seconds".
            grace: seconds that the reply may come after the deadline.

        Raises:
            OutOfTimeError: the deadline was over before anything was sent.
            OverdueError, CrashedError, AbandonedError
        """

    @abstractmethod
    def abandon(self) -> None:
        """End the running question and every later one, from any thread; see `Asker.abandon`."""

    @abstractmethod
    def close(self) -> None:
        """End whatever answers."""

    def load(self, files: ModelFiles, settings: Settings, deadline: float) -> None:
        """Load a model; all other questions need it."""
        self._ask(_described("load", files, settings), deadline, 0.0)

    def digest(self, deadline: float) -> str:
        """What tells this model from every other; see `Backend.digest`."""
        return str(self._ask({"op": "digest"}, deadline))

    def count(self, texts: Sequence[str], deadline: float) -> list[int]:
        """Tokens of each text."""
        counts = self._ask({"op": "count", "texts": list(texts)}, deadline)
        return [int(count) for count in self._numbers(counts, len(texts))]

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        """Log-probability of each option; see `Backend.choose`."""
        request = {"op": "choose", **_conversation(system, material, question), "options": list(options)}
        return self._numbers(self._ask(request, deadline), len(options))

    def score(self, prefix: Sequence[Piece], continuations: Sequence[str], deadline: float) -> list[list[float]]:
        """Log-probability of each token of each continuation; see `Backend.score`."""
        request = {"op": "score", "prefix": protocol.prefix_to_json(prefix), "continuations": list(continuations)}
        return self._rows(self._ask(request, deadline), len(continuations))

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, deadline: float
    ) -> Written:
        """The likeliest JSON that the schema admits; see `Backend.write`."""
        request = {"op": "write", **_conversation(system, material, question), "schema": dict(schema), "max_tokens": max_tokens}
        answer = self._ask(request, deadline)
        try:
            return protocol.written_from_json(answer)
        except protocol.FrameError as error:
            raise self._garbage("a text was expected") from error

    def embed(self, texts: Sequence[str], deadline: float) -> list[list[float]]:
        """The vector of each text; see `Backend.embed`."""
        return self._rows(self._ask({"op": "embed", "texts": list(texts)}, deadline), len(texts))

    def _ask(self, request: Mapping[str, Any], deadline: float, grace: float = GRACE) -> Any:
        return protocol.value(self.exchange(request, deadline, grace))

    def _numbers(self, value: Any, expected: int | None = None) -> list[float]:
        wrong = not isinstance(value, list) or not all(isinstance(one, int | float) for one in value)
        if wrong or expected not in (None, len(value)):
            raise self._garbage("numbers were expected")
        return [float(one) for one in value]

    def _rows(self, value: Any, expected: int) -> list[list[float]]:
        if not isinstance(value, list) or len(value) != expected:
            raise self._garbage(f"{expected} lists were expected")
        return [self._numbers(one) for one in value]

    def _garbage(self, why: str) -> CrashedError:
        self.close()
        return CrashedError(f"the model's process sent garbage: {why}")


def abandoned() -> AbandonedError:
    """What a question ends with that was given up."""
    return AbandonedError("the question was given up")


def _conversation(system: str, material: str, question: str) -> dict[str, str]:
    return {"system": system, "material": material, "question": question}


def _described(operation: str, files: ModelFiles, settings: Settings) -> dict[str, Any]:
    described = {"files": protocol.files_to_json(files), "settings": protocol.settings_to_json(settings)}
    return {"op": operation, **described}


class Worker(Questions):
    """A running worker process. Used as a context manager, nothing of it is left afterwards.

    Args:
        python: the interpreter that has the runtime.
        backend: name of a member of reviewer.backends.
        folder: a private folder that exists; the worker's standard error is kept there.

    After OverdueError (but not OutOfTimeError), CrashedError and AbandonedError the worker is gone.
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
        self._abandoned = False
        self._reaping = threading.Lock()
        """Held while the process is looked for or signalled, so that no signal goes to another process with its number."""

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
        return self._open and not self._abandoned

    def prepare(self, files: ModelFiles, settings: Settings, deadline: float) -> None:
        """Make the backend's own form of the weights, if it needs one."""
        self._ask(_described("prepare", files, settings), deadline, 0.0)

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._open:
            self._open = False
            with self._reaping:
                proc.stop_worker(self._process)

    def abandon(self) -> None:
        """End the process now; its pipes are closed by whoever uses the worker, since that thread may be waiting for them."""
        self._abandoned = True
        if self._reaping.acquire(blocking=False):
            # Else it is being ended or was found ended this very moment.
            try:
                self._process.kill()
            finally:
                self._reaping.release()

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
            raise CrashedError("the model's process has ended")
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise OutOfTimeError("no time was left for the model")
        try:
            frame = protocol.encoded({**request, "seconds": seconds})
        except protocol.FrameError as error:
            raise BackendError(f"the question is too long: {error}") from error
        try:
            self._send(frame, deadline + grace)
            size = protocol.length(self._receive(protocol.HEADER.size, deadline + grace))
            return protocol.decoded(self._receive(size, deadline + grace))
        except protocol.FrameError as error:
            raise self._garbage(str(error)) from error

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
        while not self._ended() and time.monotonic() < waited:
            time.sleep(0.01)
        code = self._process.returncode
        self.close()
        how = "closed its output" if code is None else _ending(code)
        said = self._last_words()
        return CrashedError(f"the model's process {how}" + (f": {said}" if said else ""), where=str(self._log))

    def _ended(self) -> bool:
        with self._reaping:
            return self._process.poll() is not None

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
