"""A worker process that is asked over pipes, with a limit on the time of every question.

Messages are frames of `reviewer.frames`.
"""

from __future__ import annotations

import os
import select
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from reviewer import frames, proc
from reviewer.devices.interface import GoneError
from reviewer.errors import BackendError, OverdueError, StorageError

_CHUNK = 4096
"""PIPE_BUF on Linux: a pipe that polls as writable takes that much at once without blocking (pipe(7))."""

_TAIL = 4096
"""Bytes of the worker's standard error that its last words are looked for in."""


class Peer:
    """A running worker. Used as a context manager, nothing of it is left afterwards.

    Used by the thread that started it. After GoneError and OverdueError it is gone.

    Args:
        argv: the program and its arguments.
        folder: where the worker's standard error is kept, in a file without a name: nothing is left of it however this process
            ends. The system's folder for temporary files if it is None.

    Raises:
        ToolMissingError: the program does not exist.
        StorageError: there is no room for temporary files.
    """

    def __init__(self, argv: Sequence[str | Path], folder: Path | None = None) -> None:
        try:
            self._log = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, read until the worker has ended
        except OSError as error:
            raise StorageError(f"cannot use temporary files: {error.strerror}", where=str(folder or "")) from error
        with ExitStack() as undone:
            undone.callback(self._log.close)
            self._process = proc.start_worker(argv, stderr=self._log)
            undone.pop_all()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._open = True
        self._said = ""
        """Its last words, once it has ended."""

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, request: Mapping[str, Any], seconds: float) -> Any:
        """The value of the reply.

        Raises:
            OverdueError: there was none in time.
            GoneError: the worker ended, or sent garbage.
            BackendError: the worker says that it cannot.
        """
        if not self._open:
            raise GoneError("the device's process has ended")
        deadline = time.monotonic() + seconds
        try:
            frame = frames.encoded(request)
        except frames.FrameError as error:
            raise BackendError(str(error)) from error
        self._send(frame, deadline)
        try:
            size = frames.length(self._receive(frames.HEADER.size, deadline))
            return self._value(frames.decoded(self._receive(size, deadline)))
        except frames.FrameError:
            raise self._garbage() from None

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._open:
            self._open = False
            proc.stop_worker(self._process)
            self._said = self._last_words()
            self._log.close()

    def _value(self, reply: Mapping[str, Any]) -> Any:
        match reply:
            case {"ok": value}:
                return value
            case {"error": {"what": str(what), "todo": str(todo)}}:
                raise BackendError(what, todo=todo)
        raise self._garbage()

    def _send(self, frame: bytes, deadline: float) -> None:
        view = memoryview(frame)
        while view:
            self._wait(self._requests, select.POLLOUT, deadline)
            try:
                view = view[os.write(self._requests, view[:_CHUNK]) :]
            except BrokenPipeError:
                raise self._end() from None

    def _receive(self, size: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < size:
            self._wait(self._replies, select.POLLIN, deadline)
            block = os.read(self._replies, size - len(received))
            if not block:
                raise self._end()
            received += block
        return bytes(received)

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = deadline - time.monotonic()
        if left > 0 and poll.poll(left * 1000):
            return
        self.close()
        raise OverdueError("the device did not answer in time, and its process was ended")

    def _garbage(self) -> GoneError:
        self.close()
        return GoneError("the device's process sent garbage")

    def _end(self) -> GoneError:
        """What is known about the end of a worker that closed its pipes."""
        waited = time.monotonic() + 1.0
        while self._process.poll() is None and time.monotonic() < waited:
            time.sleep(0.01)
        code = self._process.returncode
        self.close()
        return GoneError(f"the device's process {_ending(code)}" + (f": {self._said}" if self._said else ""))

    def _last_words(self) -> str:
        try:
            self._log.seek(-min(_TAIL, self._log.seek(0, os.SEEK_END)), os.SEEK_END)
            return self._log.read().decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        except OSError:
            return ""


def _ending(code: int | None) -> str:
    if code is None:
        return "closed its output"
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by signal {-code} ({signal.Signals(-code).name})"
