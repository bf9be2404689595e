"""Starts a worker process and asks it, with a deadline on every question.

A worker must be used by the thread that started it and that thread must outlive it: on Linux the kernel ends the worker
together with that thread (see `worker`).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import reviewer
from reviewer import proc
from reviewer.backends.interface import ModelFiles, Settings
from reviewer.engine import protocol
from reviewer.engine.pipes import open_pipes
from reviewer.engine.questions import GRACE as GRACE
from reviewer.engine.questions import CrashedError as CrashedError
from reviewer.engine.questions import Questions, abandoned, described
from reviewer.errors import BackendError, OutOfTimeError
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

_TAIL = 4096
"""Bytes of the worker's standard error that its last words are looked for in."""

_REAP = 1.0
"""Seconds that a worker may take to be gone after it closed its output."""

_FATAL = 0xC0000000
"""From here on a Windows exit code is the exception that nobody handled (NTSTATUS, severity "error")."""


@dataclass(frozen=True, slots=True)
class Task:
    """A request to a worker."""

    request: Mapping[str, Any]
    deadline: float
    """`time.monotonic()`."""
    taken_back: threading.Event = field(default_factory=threading.Event)
    """Set when nobody wants the reply any more; see `Worker.look`."""


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
        self._pipes = open_pipes(self._process.stdin.fileno(), self._process.stdout.fileno())
        self._number = 0
        """Of the last request."""
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
        self._ask(described("prepare", files, settings), deadline, 0.0)

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._open:
            self._open = False
            self._pipes.close()
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

    def look(self) -> None:
        """Let whoever waits for a reply see, from any thread, that a task was taken back."""
        self._pipes.ring()

    def exchange(self, request: Mapping[str, Any], deadline: float, grace: float = GRACE) -> Mapping[str, Any]:
        """One request and its reply; see `Questions.exchange`."""
        return next(self.replies([Task(request, deadline)], grace))

    def replies(self, tasks: Sequence[Task], grace: float = GRACE) -> Iterator[Mapping[str, Any]]:
        """The reply to each task, in their order, as soon as it is there.

        A task that was taken back (set that, then call `look`) is replied to soon, with an error, or with its answer if that
        was there already; the worker stays loaded.

        Args:
            grace: see `Questions.exchange`.

        Raises:
            OutOfTimeError: the deadline of a single task was over before anything was sent.
            OverdueError, CrashedError, AbandonedError: there are no more replies.
        """
        try:
            yield from self._replies(tasks, grace)
        except (CrashedError, OverdueError) as error:
            if not self._abandoned:
                raise
            self.close()
            raise abandoned() from error

    def _replies(self, tasks: Sequence[Task], grace: float) -> Iterator[Mapping[str, Any]]:
        if not self.alive:
            raise CrashedError("the model's process has ended")
        frame = self._framed(tasks)
        told: set[int] = set()
        try:
            self._pipes.send(frame, _limit(tasks[0], grace))
            for number, task in enumerate(tasks):
                limit = _limit(task, grace)
                self._pipes.await_reply(limit, partial(self._take_back, tasks, told, limit))
                size = protocol.length(self._pipes.receive(protocol.HEADER.size, limit))
                reply = protocol.decoded(self._pipes.receive(size, limit))
                told.add(number)
                yield reply
        except protocol.FrameError as error:
            raise self._garbage(str(error)) from error
        except TimeoutError as error:
            self.close()
            raise OverdueError("the model did not answer in time and was stopped") from error
        except ConnectionError:
            raise self._crash() from None

    def _framed(self, tasks: Sequence[Task]) -> bytes:
        left = [task.deadline - time.monotonic() for task in tasks]
        requests = [{**task.request, "seconds": max(0.0, seconds)} for task, seconds in zip(tasks, left, strict=True)]
        if len(tasks) == 1 and left[0] <= 0:
            raise OutOfTimeError("no time was left for the model")
        self._number += 1
        try:
            return protocol.encoded({"number": self._number, "items": requests})
        except protocol.FrameError as error:
            raise BackendError(f"the question is too long: {error}") from error

    def _take_back(self, tasks: Sequence[Task], told: set[int], deadline: float) -> None:
        """Tell the worker, once, which tasks it need not go on with."""
        for number, task in enumerate(tasks):
            if task.taken_back.is_set() and number not in told:
                told.add(number)
                self._pipes.send(protocol.encoded({"number": self._number, "cancel": number}), deadline)

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


def _limit(task: Task, grace: float) -> float:
    """When its worker counts as hung. A task may have had its turn only when its deadline was over."""
    return max(task.deadline, time.monotonic()) + grace


def _ending(code: int) -> str:
    if code >= _FATAL:
        return f"was ended by exception 0x{code:08X}"
    if code >= 0:
        return f"ended by itself with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"was ended by signal {-code} ({name})"
