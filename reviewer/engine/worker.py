"""The child process that a model runs in. Reads requests from its standard input, ends when that ends.

Runs in any interpreter from 3.10 on that has the runtime; see `client` for how it is started. The main thread computes;
a second one reads, so that the end of the gate, and that it took its request back, is noticed in the middle of a computation.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, NoReturn, Protocol

from reviewer import registry
from reviewer.backends._time import Ceiling
from reviewer.backends.interface import Backend, BackendModule, Settings
from reviewer.engine import protocol
from reviewer.errors import BackendError, HunkgateError

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that the kernel sends us when the thread that started us is gone."""


def main(backend: str, parent: int) -> NoReturn:
    """Serve one gate.

    Args:
        backend: name of a member of reviewer.backends, or "classifier".
        parent: process id of the gate.
    """
    requests, replies = _take_standard_input(), _take_standard_output()
    inbox: queue.SimpleQueue[_Asked] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
    _die_with(parent)
    _serve(_service(backend), inbox, replies)
    # At once: an interpreter that ends in order waits for nobody, but aborts if the thread that listens holds its stream.
    os._exit(0)


class Service(Protocol):
    """What answers."""

    @property
    def over(self) -> bool:
        """Whether it can answer no more, so that the process is to end."""

    def answer(self, request: dict[str, Any], ceiling: Ceiling) -> Any:
        """The value of the reply.

        Raises:
            HunkgateError: there is none.
        """


def _service(backend: str) -> Service:
    if backend == "classifier":
        from reviewer.engine.classifying import Classifying

        return Classifying()
    return _Service(registry.load("reviewer.backends", backend))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The items of one message, and the places of those that were taken back."""

    number: int
    items: Sequence[dict[str, Any]]
    taken_back: set[int] = field(default_factory=set)

    def ceilings(self) -> list[Ceiling]:
        """One for each item; the time of all of them runs from now on."""
        return [Ceiling(item["seconds"], self._given_up(place)) for place, item in enumerate(self.items)]

    def _given_up(self, place: int) -> Callable[[], bool]:
        return lambda: place in self.taken_back


class _Service:
    """The operations of a language model, by name."""

    over = False

    def __init__(self, module: Any) -> None:
        self._module: BackendModule = module
        self._backend: Backend | None = None

    def answer(self, request: dict[str, Any], ceiling: Ceiling) -> Any:
        operation = request["op"]
        if operation == "prepare":
            return self._module.prepare(protocol.files_from_json(request["files"]), Settings(**request["settings"]))
        if operation == "load":
            self._backend = self._module.open_backend(protocol.files_from_json(request["files"]), Settings(**request["settings"]))
            return None
        if self._backend is None:
            raise BackendError("no model is loaded")
        return self._asked(self._backend, operation, request, ceiling)

    def _asked(self, backend: Backend, operation: str, request: dict[str, Any], ceiling: Ceiling) -> Any:
        if operation == "count":
            return list(backend.count(request["texts"]))
        if operation == "digest":
            return backend.digest()
        if operation == "close":
            return backend.close()
        if operation not in _QUESTIONS:
            raise BackendError(f"there is no operation {operation!r}")
        # It may have waited for the items before it.
        ceiling.check()
        return _QUESTIONS[operation](backend, request, ceiling)


def _choose(backend: Backend, request: dict[str, Any], ceiling: Ceiling) -> Any:
    return list(backend.choose(*_conversation(request), request["options"], ceiling))


def _score(backend: Backend, request: dict[str, Any], ceiling: Ceiling) -> Any:
    prefix = protocol.prefix_from_json(request["prefix"])
    return [list(one) for one in backend.score(prefix, request["continuations"], ceiling)]


def _write(backend: Backend, request: dict[str, Any], ceiling: Ceiling) -> Any:
    asked = _conversation(request)
    return protocol.written_to_json(backend.write(*asked, request["schema"], request["max_tokens"], ceiling))


def _embed(backend: Backend, request: dict[str, Any], ceiling: Ceiling) -> Any:
    return [list(one) for one in backend.embed(request["texts"], ceiling)]


def _conversation(request: dict[str, Any]) -> tuple[str, str, str]:
    return request["system"], request["material"], request["question"]


_QUESTIONS = {"choose": _choose, "score": _score, "write": _write, "embed": _embed}


def _serve(service: Service, inbox: queue.SimpleQueue[_Asked], replies: IO[bytes]) -> None:
    """Answer item after item. Computing them beside each other wins nothing where it gives the same answers: docs/engine.md."""
    while True:
        asked = inbox.get()
        for item, ceiling in zip(asked.items, asked.ceilings(), strict=True):
            replies.write(protocol.encoded(_reply(service, item, ceiling)))
            replies.flush()
            if item["op"] == "close" or service.over:
                return


def _reply(service: Service, item: dict[str, Any], ceiling: Ceiling) -> dict[str, Any]:
    try:
        return {"ok": service.answer(item, ceiling)}
    except HunkgateError as error:
        return protocol.error_to_json(error)


def _listen(stream: IO[bytes], inbox: queue.SimpleQueue[_Asked]) -> None:
    """Pass requests on; at the end of the input, end the process at once, whatever it is doing."""
    last = _Asked(0, ())
    while len(header := stream.read(protocol.HEADER.size)) == protocol.HEADER.size:
        message = protocol.decoded(stream.read(protocol.length(header)))
        if "items" in message:
            last = _Asked(message["number"], message["items"])
            inbox.put(last)
        elif message["number"] == last.number:
            last.taken_back.add(message["cancel"])
    os._exit(0)


def _take_standard_input() -> IO[bytes]:
    """Keep standard input for the requests: on Windows a native library can hang while it is loaded if another thread reads from
    the standard input meanwhile (numpy #24290)."""
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests


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
