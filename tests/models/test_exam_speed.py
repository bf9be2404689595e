"""Measuring speed: what every call costs besides must not count, and a runtime that cannot write is still measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from reviewer.errors import BackendError
from reviewer.models.exam.loading import load
from reviewer.models.exam.results import Speed
from reviewer.models.exam.speed import FEW, LONG, MANY, SHORT, measure


@dataclass
class Written:
    tokens: int


class Clocked:
    """A model that reads 200 and writes 10 tokens a second, takes half a second for every call, and two for the first one."""

    def __init__(self, *, writes: bool = True, stops_at: int = 10**6, still: bool = False) -> None:
        self.now, self._calls, self._writes, self._stops_at, self._still = 0.0, 0, writes, stops_at, still
        self.read: list[str] = []

    def clock(self) -> float:
        return self.now

    def count(self, texts: Sequence[str], deadline: float) -> list[int]:
        return [len(text.split()) for text in texts]

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        self.read.append(material)
        self._pass(material, 0)
        return [0.0, 0.0]

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, deadline: float
    ) -> Written:
        if not self._writes:
            raise BackendError("this runtime only reads")
        tokens = min(max_tokens, self._stops_at)
        self._pass(material, tokens)
        return Written(tokens)

    def _pass(self, material: str, written: int) -> None:
        self._calls += 1
        if not self._still:
            self.now += len(material.split()) / 200 + written / 10 + (2.0 if self._calls == 1 else 0.5)


def test_measure_leaves_out_what_every_call_costs() -> None:
    model = Clocked()
    assert measure(model, load(), model.clock) == Speed(200.0, 10.0)
    assert len(set(model.read)) == len(model.read) == 3
    lengths = [len(text) for text in model.read]
    assert lengths[2] > 2 * lengths[1]
    assert (SHORT < LONG, FEW < MANY) == (True, True)


def test_measure_a_runtime_that_only_reads() -> None:
    model = Clocked(writes=False)
    assert measure(model, load(), model.clock) == Speed(200.0, 0.0)


def test_measure_an_answer_that_ends_early() -> None:
    model = Clocked(stops_at=5)
    assert 0 < measure(model, load(), model.clock).decode < 10


def test_measure_a_clock_that_stands_still() -> None:
    model = Clocked(still=True)
    assert measure(model, load(), model.clock) == Speed(0.0, 0.0)


def test_measure_a_model_that_cannot_read_is_an_error() -> None:
    class Broken(Clocked):
        def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
            raise BackendError("crashed")

    with pytest.raises(BackendError):
        measure(Broken(), load())
