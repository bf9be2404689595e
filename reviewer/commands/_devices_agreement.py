"""Does an accelerator say of hunks what the processor says? One that computes in 16 bits, or wrong, need not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from reviewer.classify.model import Judgement, piece
from reviewer.classify.rows import BATCH, Row, rows
from reviewer.commands._hunk_text import read_hunk
from reviewer.devices._classifying import CPU
from reviewer.engine import classifying
from reviewer.engine.client import Worker
from reviewer.private_folder import private_folder
from reviewer.records import Hunk

TOLERANCE = 0.1
"""What a probability, or the rank of the risk, may miss. The plugin of 2021 on a processor in the stick's place, computing in
16 bits, misses 0.015."""

PATIENCE = 300.0
"""Seconds for a device to load and answer."""

_LINES = (
    "    for row in connection.execute(query):",
    "    if total is None or total < limit:",
    "        return None",
    "    # as before",
    "    value = compute(entry.total, 'unit')",
    "        raise ValueError(name)",
    "import json",
    "    result.append((title, total))",
)


def disagreement(python: Path, device: str, environment: Path, reference: Path) -> str:
    """How far a device is from the processor, in words; empty if it agrees.

    Args:
        python: an interpreter for what speaks to the device.
        environment: of the stick's worker.
        reference: an interpreter that has OpenVINO for the processor.

    Raises:
        BackendError: one of the two does not work.
    """
    probe = rows([piece(hunk) for hunk in _hunks()])
    expected, found = _judged(reference, CPU, environment, probe), _judged(python, device, environment, probe)
    worst = max(_distance(one, other) for one, other in zip(expected, found, strict=True))
    return f"its answers are up to {worst:.2f} away from the processor's" if worst > TOLERANCE else ""


def _judged(python: Path, device: str, environment: Path, probe: Sequence[Row]) -> list[Judgement]:
    deadline = time.monotonic() + PATIENCE
    with private_folder() as folder, Worker(python, classifying.BACKEND, folder) as worker:
        classifying.loaded(worker, device, environment, deadline)
        return classifying.judged(worker, probe, deadline)


def _distance(one: Judgement, other: Judgement) -> float:
    pairs = zip((*one.probabilities, one.risk), (*other.probabilities, other.risk), strict=True)
    return max(abs(left - right) for left, right in pairs)


def _hunks() -> Iterator[Hunk]:
    """A batch of hunks that differ in size and kind, the same at every call."""
    for number in range(BATCH):
        signs = ("+", "+- ", "-+", "+ ")[number % 4]
        changed = [f"{signs[place % len(signs)]}{_LINES[place * (number + 1) % 8]}" for place in range(1 + number * number % 37)]
        hunk = read_hunk(f"src/part_{number}.{('py', 'go', 'c', 'ts')[number % 4]}", "\n".join(["+x = 1", *changed]))
        assert hunk is not None
        yield hunk
