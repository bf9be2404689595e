"""The child process that a model runs in. Reads requests from its standard input, ends when that ends.

Runs in any interpreter from 3.10 on that has the runtime; see `client` for how it is started. The main thread computes;
a second one reads, so that the end of the gate is noticed in the middle of a computation.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import sys
import threading
from typing import IO, Any

from reviewer import registry
from reviewer.backends.interface import Backend, BackendModule, Settings
from reviewer.engine import protocol
from reviewer.errors import BackendError, HunkgateError

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that the kernel sends us when the thread that started us is gone."""


def main(backend: str, parent: int) -> int:
    """Serve one gate.

    Args:
        backend: name of a member of reviewer.backends.
        parent: process id of the gate.
    """
    replies = _take_standard_output()
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    _die_with(parent)
    _serve(_Service(registry.load("reviewer.backends", backend)), inbox, replies)
    return 0


class _Service:
    """The operations, by name."""

    def __init__(self, module: Any) -> None:
        self._module: BackendModule = module
        self._backend: Backend | None = None

    def answer(self, request: dict[str, Any]) -> Any:
        operation = request["op"]
        if operation == "prepare":
            return self._module.prepare(protocol.files_from_json(request["files"]), Settings(**request["settings"]))
        if operation == "load":
            self._backend = self._module.open_backend(protocol.files_from_json(request["files"]), Settings(**request["settings"]))
            return None
        if self._backend is None:
            raise BackendError("no model is loaded")
        return self._asked(self._backend, operation, request)

    def _asked(self, backend: Backend, operation: str, request: dict[str, Any]) -> Any:
        if operation == "count":
            return list(backend.count(request["texts"]))
        if operation == "digest":
            return backend.digest()
        if operation == "close":
            return backend.close()
        if operation not in _QUESTIONS:
            raise BackendError(f"there is no operation {operation!r}")
        return _QUESTIONS[operation](backend, request, request["seconds"])


def _choose(backend: Backend, request: dict[str, Any], seconds: float) -> Any:
    return list(backend.choose(*_conversation(request), request["options"], seconds))


def _score(backend: Backend, request: dict[str, Any], seconds: float) -> Any:
    prefix = protocol.prefix_from_json(request["prefix"])
    return [list(one) for one in backend.score(prefix, request["continuations"], seconds)]


def _write(backend: Backend, request: dict[str, Any], seconds: float) -> Any:
    asked = _conversation(request)
    return protocol.written_to_json(backend.write(*asked, request["schema"], request["max_tokens"], seconds))


def _embed(backend: Backend, request: dict[str, Any], seconds: float) -> Any:
    return [list(one) for one in backend.embed(request["texts"], seconds)]


def _conversation(request: dict[str, Any]) -> tuple[str, str, str]:
    return request["system"], request["material"], request["question"]


_QUESTIONS = {"choose": _choose, "score": _score, "write": _write, "embed": _embed}


def _serve(service: _Service, inbox: queue.SimpleQueue[dict[str, Any]], replies: IO[bytes]) -> None:
    while True:
        request = inbox.get()
        reply: dict[str, Any]
        try:
            reply = {"ok": service.answer(request)}
        except HunkgateError as error:
            reply = protocol.error_to_json(error)
        replies.write(protocol.encoded(reply))
        replies.flush()
        if request["op"] == "close":
            return


def _listen(stream: IO[bytes], inbox: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Pass requests on; at the end of the input, end the process at once, whatever it is doing."""
    while len(header := stream.read(protocol.HEADER.size)) == protocol.HEADER.size:
        inbox.put(protocol.decoded(stream.read(protocol.length(header))))
    os._exit(0)


def _take_standard_output() -> IO[bytes]:
    """Keep standard output for the replies; what native libraries print goes to standard error instead."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _die_with(parent: int) -> None:
    """On Linux, let the kernel kill us when the gate is killed, even while native code keeps the interpreter's lock."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
