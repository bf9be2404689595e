"""A worker process that is asked over pipes, with a limit on the time of every question.

Frames as in reviewer/engine/protocol.py, which is on a higher floor: four bytes of length (big-endian), then JSON.
"""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from reviewer import proc
from reviewer.devices.interface import GoneError
from reviewer.errors import BackendError, OverdueError

_HEADER = struct.Struct(">I")

_LIMIT = 16 * 1024 * 1024
"""Bytes of one frame; more can only be garbage."""

_CHUNK = 4096
"""PIPE_BUF on Linux: a pipe that polls as writable takes that much at once without blocking (pipe(7))."""

_TAIL = 4096
"""Bytes of the worker's standard error that its last words are looked for in."""


class Peer:
    """A running worker. Used as a context manager, nothing of it is left afterwards.

    Used by the thread that started it. After GoneError and OverdueError it is gone.

    Args:
        argv: the program and its arguments.
        folder: a private folder that exists; the worker's standard error is kept there.
    """

    def __init__(self, argv: Sequence[str | Path], folder: Path) -> None:
        self._log = folder / "worker.stderr"
        with self._log.open("wb") as log:
            self._process = proc.start_worker(argv, stderr=log)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._open = True

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
        body = json.dumps(request).encode("ascii")
        if len(body) > _LIMIT:
            raise BackendError(f"a message of {len(body)} bytes is too long")
        self._send(_HEADER.pack(len(body)) + body, deadline)
        (size,) = _HEADER.unpack(self._receive(_HEADER.size, deadline))
        if size > _LIMIT:
            raise self._garbage()
        return self._value(self._receive(size, deadline))

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._open:
            self._open = False
            proc.stop_worker(self._process)

    def _value(self, body: bytes) -> Any:
        try:
            reply = json.loads(body)
        except (ValueError, RecursionError):
            raise self._garbage() from None
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
        said = self._last_words()
        return GoneError(f"the device's process {_ending(code)}" + (f": {said}" if said else ""))

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, self._log.stat().st_size - _TAIL))
                return log.read().decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        except OSError:
            return ""


def _ending(code: int | None) -> str:
    if code is None:
        return "closed its output"
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by signal {-code} ({signal.Signals(-code).name})"
