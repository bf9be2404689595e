"""Measures how fast a loaded model reads and writes on this machine, apart from what every call costs besides."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from reviewer.errors import BackendError
from reviewer.models.exam.records import Exam
from reviewer.models.exam.results import Speed

SHORT, LONG = 1, 5
"""Files of the exam in a short and in a long text to read: some 200 and 900 tokens."""

FEW, MANY = 8, 40
"""Tokens to write, at most."""

SECONDS = 600.0
"""Ceiling of one measurement: a large model on a slow machine reads a few tokens a second."""

SCHEMA = {"type": "object", "properties": {"summary": {"type": "string", "minLength": 400, "maxLength": 800}}}
"""Long enough that no answer ends before MANY tokens."""


class HasTokens(Protocol):
    """What was written."""

    @property
    def tokens(self) -> int:
        """How many there are."""


class Measured(Protocol):
    """What is asked for a measurement; `reviewer.engine.client.Worker` has it. Deadlines are `time.monotonic()`."""

    def count(self, texts: Sequence[str], deadline: float) -> list[int]:
        """Tokens of each text."""

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        """Log-probability of each option."""

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, deadline: float
    ) -> HasTokens:
        """JSON that the schema admits."""


def measure(model: Measured, exam: Exam, clock: Callable[[], float] = time.monotonic) -> Speed:
    """The speed of a model; the first reading is not counted, because runtimes prepare themselves in it.

    Raises:
        BackendError: it cannot even read.
    """
    files = [f"{pair.first.path}\n{pair.first.after}" for pair in exam.pairs]
    warm, short, long = "".join(files[-SHORT:]), "".join(files[:SHORT]), "".join(files[SHORT : SHORT + LONG])
    tokens = model.count([short, long], time.monotonic() + SECONDS)
    _read(model, warm, clock)
    taken = [_read(model, text, clock) for text in (short, long)]
    return Speed(_rate(tokens, taken), _decode(model, short, clock))


def _decode(model: Measured, text: str, clock: Callable[[], float]) -> float:
    try:
        tokens, taken = zip(*(_write(model, text, most, clock) for most in (FEW, MANY)), strict=True)
    except BackendError:
        # Some runtimes only read: then nothing is known, and nobody may count on it.
        return 0.0
    return _rate(tokens, taken)


def _read(model: Measured, text: str, clock: Callable[[], float]) -> float:
    began = clock()
    model.choose("You read code.", text, "Is this code?", ("yes", "no"), time.monotonic() + SECONDS)
    return clock() - began


def _write(model: Measured, text: str, most: int, clock: Callable[[], float]) -> tuple[int, float]:
    began = clock()
    written = model.write("You read code.", text, "Sum it up as JSON.", SCHEMA, most, time.monotonic() + SECONDS)
    return written.tokens, clock() - began


def _rate(tokens: Sequence[int], seconds: Sequence[float]) -> float:
    """Tokens a second between the small and the large job; of the large one alone if the clock cannot tell them apart."""
    more, longer = tokens[1] - tokens[0], seconds[1] - seconds[0]
    if more <= 0 or longer <= 0:
        more, longer = tokens[1], seconds[1]
    return round(more / longer, 1) if longer > 0 else 0.0
