"""The same driver over threads and the real clock."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import pytest

from reviewer.errors import BackendError, ModelError
from reviewer.scheduling.driving import drive
from reviewer.scheduling.floor import Order
from reviewer.scheduling.threads import Threads
from reviewer.scheduling.work import Device, Job, Seat, State


class GoneError(BackendError):
    pass


def devices(*names: str) -> list[Device]:
    return [Device(name, 1, (Seat(f"m on {name}", frozenset(("screen",)), 1e6),)) for name in names]


def screens(count: int) -> list[Job]:
    return [Job(f"h{number}", "screen", 10) for number in range(count)]


def answer(order: Order) -> tuple[Mapping[str, object], Sequence[Job]]:
    return {job.name: (order.device, threading.current_thread().name) for job in order.jobs}, ()


def vanish(order: Order) -> tuple[Mapping[str, object], Sequence[Job]]:
    raise GoneError("the stick was pulled out")


def refuse(order: Order) -> tuple[Mapping[str, object], Sequence[Job]]:
    raise ModelError("the question is too long")


def test_every_job_is_done_once_each_device_in_its_own_thread() -> None:
    with Threads({"a": answer, "b": answer}, fatal=(GoneError,)) as floor:
        made = drive(screens(50), devices("a", "b"), floor)
    assert {one.state for one in made.outcomes} == {State.DONE}
    assert sorted(one.job.name for one in made.outcomes) == sorted(job.name for job in screens(50))
    assert {one.value for one in made.outcomes} <= {("a", "device a"), ("b", "device b")}


def test_a_device_that_vanishes_costs_one_retry_elsewhere() -> None:
    with Threads({"ncs2": vanish, "cpu": answer}, fatal=(GoneError,)) as floor:
        made = drive(screens(4), devices("ncs2", "cpu"), floor)
    assert {(one.state, one.device) for one in made.outcomes} == {(State.DONE, "cpu")}
    assert made.gone == {"ncs2": "the stick was pulled out"}
    assert {one.reason for one in made.outcomes} == {"", "ncs2 vanished: the stick was pulled out"}


def test_a_batch_that_is_refused_goes_elsewhere_and_the_device_stays() -> None:
    with Threads({"a": refuse, "b": refuse}, fatal=(GoneError,)) as floor:
        made = drive(screens(1), devices("a", "b"), floor)
    assert [one.state for one in made.outcomes] == [State.FAILED]
    assert made.gone == {}


def test_a_defect_of_the_program_is_raised_where_somebody_waits() -> None:
    def broken(order: Order) -> tuple[Mapping[str, object], Sequence[Job]]:
        raise ZeroDivisionError("a defect of ours")

    with pytest.raises(ZeroDivisionError, match="a defect of ours"), Threads({"a": broken}, fatal=(GoneError,)) as floor:
        drive(screens(2), devices("a"), floor)


def test_only_devices_with_work_have_threads_and_joined_none_is_left() -> None:
    before = set(threading.enumerate())
    with Threads({"a": answer, "b": answer}, fatal=(GoneError,)) as floor:
        drive(screens(1), devices("a"), floor)
        assert [one.name for one in set(threading.enumerate()) - before] == ["device a"]
    floor.join()
    assert set(threading.enumerate()) <= before


def test_work_that_cannot_be_given_up_is_waited_for_and_counts() -> None:
    release = threading.Event()

    def slow(order: Order) -> tuple[Mapping[str, object], Sequence[Job]]:
        release.wait(30)
        return answer(order)

    asked: list[int] = []

    def cancel(ticket: int) -> bool:
        asked.append(ticket)
        release.set()
        return False

    with Threads({"a": slow}, fatal=(GoneError,), cancel=cancel) as floor:
        made = drive(screens(2), devices("a"), floor, budget=0.2)
    assert sorted(one.state.value for one in made.outcomes) == ["deferred", "done"]
    assert asked == [1]
