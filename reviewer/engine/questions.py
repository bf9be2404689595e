"""What a model can be asked, whatever carries the questions to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from reviewer.backends.interface import ModelFiles, Piece, Settings, Written
from reviewer.engine import protocol
from reviewer.errors import AbandonedError, BackendError

GRACE = 0.7
"""Seconds beyond the deadline of a question after which the worker is killed. A worker that can keep time answers before
that; the gate has promised to end within a second of its budget."""


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
        self._ask(described("load", files, settings), deadline, 0.0)

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


def described(operation: str, files: ModelFiles, settings: Settings) -> dict[str, Any]:
    """The request to prepare or load a model."""
    wanted = {"files": protocol.files_to_json(files), "settings": protocol.settings_to_json(settings)}
    return {"op": operation, **wanted}
