"""Arithmetic over logits, for every runtime that has numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def ranked(numpy: Any, logits: Any, count: int) -> list[int]:
    """Indexes of the greatest logits, the greatest first, equal ones by index.

    Args:
        numpy: the module; the gate itself does not need it.
        logits: one-dimensional.
    """
    some = numpy.arange(len(logits)) if count >= len(logits) else numpy.sort(numpy.argpartition(-logits, count)[:count])
    return [int(index) for index in some[numpy.argsort(-logits[some], kind="stable")]]


def log_probabilities(numpy: Any, logits: Any, wanted: Sequence[int]) -> list[float]:
    """Of the wanted token at each position.

    Args:
        logits: [positions, tokens].
    """
    top = logits.max(axis=-1)
    total = top + numpy.log(numpy.exp(logits - top[:, None]).sum(axis=-1, dtype=numpy.float64))
    chosen = logits[numpy.arange(len(wanted)), numpy.array(wanted)]
    return [float(value) for value in chosen - total]
