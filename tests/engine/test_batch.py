"""Questions of several reviews that wait for one model are put to it together; each gets the answer that it would get alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_model import alive
from warm_engine import LATER, Warm, choose, warm_engine, within

from reviewer.engine.batch import MOST, gathered
from reviewer.engine.remote import Remote
from reviewer.engine.ticket import Ticket
from reviewer.errors import AbandonedError, BackendError, OutOfTimeError

RULES = [{"contains": f"hunk {number}", "choose": "problem"} for number in (1, 4, 5)]


@pytest.fixture
def warm() -> Iterator[Warm]:
    with warm_engine() as it:
        yield it


SCHEMA = {"type": "object", "properties": {}}


class Review(threading.Thread):
    """Asks one question; what came of it is known after `join`."""

    def __init__(self, warm: Warm, script: Mapping[str, Any], seconds: float = LATER, **question: Any) -> None:
        super().__init__()
        self.asker = warm.loaded(script)
        self._question = {"op": "choose", "system": "s", "question": "q", "options": ["ok", "problem"], **question}
        self._seconds = seconds
        self.answer: list[float] = []
        self.error: BackendError | None = None

    def run(self) -> None:
        assert isinstance(self.asker, Remote)
        try:
            reply = self.asker.exchange(self._question, within(self._seconds), LATER)
            self.answer = reply.get("ok", [])
            self.error = OutOfTimeError("late") if reply.get("error", {}).get("overdue") else None
        except BackendError as error:
            self.error = error


def waiting_together(warm: Warm, script: dict[str, Any], count: int) -> tuple[Review, list[Review]]:
    """One that the worker is busy with, and some that wait for it."""
    script.setdefault("misbehave", {})["write"] = "late"
    busy = Review(warm, script, LATER * 5, op="write", material="m", schema=SCHEMA, max_tokens=9)
    reviews = [Review(warm, script, material=f"hunk {number}") for number in range(count)]
    busy.start()
    warm.until("busy")
    for review in reviews:
        review.start()
    while warm.worker()["waiting"] < count:
        assert busy.is_alive()
    return busy, reviews


def finished(*reviews: Review) -> None:
    for review in reviews:
        review.join(LATER)
        assert not review.is_alive()
        review.asker.close()


def test_each_gets_the_answer_that_it_would_get_alone(warm: Warm) -> None:
    script = {"rules": RULES}
    busy, reviews = waiting_together(warm, script, 6)
    pid = warm.worker()["pid"]
    busy.asker.abandon()
    finished(busy, *reviews)
    assert isinstance(busy.error, AbandonedError)
    alone = warm.loaded(script)
    assert [review.answer for review in reviews] == [choose(alone, material=f"hunk {number}") for number in range(6)]
    assert len({tuple(review.answer) for review in reviews}) == 2
    worker = warm.worker()
    assert (worker["pid"], worker["restarts"], worker["state"]) == (pid, 0, "idle")
    alone.close()


def test_a_crash_costs_one_of_them(warm: Warm) -> None:
    """The second of three that are asked together; the third is asked again, of the next process."""
    busy, reviews = waiting_together(warm, {"misbehave": {"choose:2": "crash"}}, 3)
    pid = warm.worker()["pid"]
    busy.asker.abandon()
    finished(busy, *reviews)
    assert not alive(pid)
    assert sorted(type(review.error).__name__ for review in reviews) == ["CrashedError", "NoneType", "NoneType"]
    assert [len(review.answer) for review in reviews] == [0 if review.error else 2 for review in reviews]
    assert warm.worker()["restarts"] == 1


def test_each_has_its_own_deadline_and_leaves_by_itself(warm: Warm) -> None:
    script: dict[str, Any] = {}
    busy, reviews = waiting_together(warm, script, 4)
    hurried = Review(warm, script, 0.3, material="hurried")
    hurried.start()
    finished(hurried)
    assert isinstance(hurried.error, OutOfTimeError)
    reviews[1].asker.abandon()
    reviews[1].join(LATER)
    busy.asker.abandon()
    finished(busy, *reviews)
    assert [type(review.error) for review in reviews] == [type(None), AbandonedError, type(None), type(None)]
    assert warm.worker()["restarts"] == 0


OPERATIONS = st.sampled_from(["choose", "choose", "count", ""])
ASKED = st.tuples(OPERATIONS, st.integers(0, 1), st.sampled_from("ab"), st.sampled_from("xyz"))


@given(st.lists(st.tuples(ASKED, st.booleans()), min_size=1, max_size=20))
def test_nobody_is_passed_over_or_asked_twice(asked: list[tuple[tuple[str, int, str, str], bool]]) -> None:
    tickets = []
    for number, ((operation, priority, system, material), wanted) in enumerate(asked):
        request = {"op": operation, "system": system, "material": material} if operation else {}
        tickets.append(Ticket(request, 1.0, priority, number, lambda reply: None))
        if not wanted:
            tickets[-1].cancel()
    tickets.sort(key=lambda one: one.order)
    first, waiting = tickets[0], tickets[1:]
    chosen = gathered(first, waiting)
    assert chosen[0] is first
    assert len(set(chosen)) == len(chosen) <= MOST
    assert all(one.wanted for one in chosen[1:])
    if len(chosen) > 1:
        assert {(one.request["op"], one.request["system"], one.priority) for one in chosen} == {
            ("choose", first.request["system"], first.priority)
        }
    passed = [one for one in waiting if one not in chosen and one.wanted and one.request]
    assert all(one.order < other.order for one in chosen for other in passed)
    materials = [str(one.request.get("material")) for one in chosen]
    assert sum(one != other for one, other in pairwise(materials)) == len(set(materials)) - 1
