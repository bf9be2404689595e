"""One question to a model: every byte that it is sent, and what it may answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reviewer.backends.interface import Written


class Asker(Protocol):
    """The part of `engine.client.Worker` that is used here. Deadlines are `time.monotonic()`."""

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> Sequence[float]:
        """Log-probability of each option."""

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, deadline: float
    ) -> Written:
        """The likeliest JSON that the schema admits."""


Reply = tuple[float, ...] | Written
"""Log-probabilities of the options, or what was written."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent: the chat format's frame around `system`, and around `material` and `question` together."""

    role: str
    system: str
    material: str
    question: str
    options: tuple[str, ...] = ()
    """At least two of them, one is chosen; or none, then an answer is written."""
    schema: Mapping[str, Any] | None = None
    """What a written answer looks like."""
    max_tokens: int = 0

    def ask(self, asker: Asker, deadline: float) -> Reply:
        """Ask it.

        Raises:
            BackendError: see `engine.client.Questions`.
        """
        if self.schema is None:
            return tuple(asker.choose(self.system, self.material, self.question, self.options, deadline))
        return asker.write(self.system, self.material, self.question, self.schema, self.max_tokens, deadline)

    @property
    def digest(self) -> str:
        """Sha256 (hex) of everything that decides the answer, but for the model."""
        parts = [self.role, self.system, self.material, self.question, list(self.options), self.schema, self.max_tokens]
        return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def log_odds(reply: Reply) -> float:
    """How much likelier the first of two options is than the second, in nats."""
    assert isinstance(reply, tuple)
    yes, no = reply
    return yes - no
