"""A question that another thread gives up while it is asked: it ends at once, and nothing of it is left."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scripted_model import alive
from warm_engine import LATER, choose, warm_engine, within

from reviewer.backends.interface import Settings
from reviewer.engine.asker import Asker
from reviewer.engine.client import Worker
from reviewer.engine.remote import Remote
from reviewer.errors import AbandonedError, BackendError

HANGS = {"misbehave": {"choose": "hang"}}


@pytest.fixture(params=["private", "unix", "loopback", "poor", "poor private"])
def started(request: pytest.FixtureRequest) -> Iterator[Callable[..., Asker]]:
    """`started(script)` gives an asker with a model: a worker of its own, or one of an engine."""
    with warm_engine(loopback=request.param == "loopback", poor=request.param.startswith("poor")) as warm:

        def start(script: dict[str, Any] | None = None) -> Asker:
            if not request.param.endswith("private"):
                return warm.loaded(script)
            worker = Worker(Path(sys.executable), "scripted", warm.folder)
            worker.load(warm.files(script), Settings(), within(LATER))
            return worker

        yield start


@contextmanager
def asked_beside(asker: Asker) -> Iterator[list[BaseException | list[float]]]:
    """Asks in a thread; what came of it is in the list afterwards."""
    ended: list[BaseException | list[float]] = []

    def ask() -> None:
        try:
            ended.append(choose(asker))
        except BackendError as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    yield ended
    thread.join(LATER / 2)
    assert not thread.is_alive()
    assert len(ended) == 1


def test_the_running_question_ends_and_so_does_every_later_one(started: Callable[..., Asker]) -> None:
    asker = started(HANGS)
    with asked_beside(asker) as ended:
        time.sleep(0.2)
        assert ended == []
        asker.abandon()
        assert not asker.alive
    assert type(ended[0]) is AbandonedError
    with pytest.raises(AbandonedError):
        choose(asker)
    asker.abandon()
    asker.close()
    asker.abandon()
    if isinstance(asker, Worker):
        assert not alive(asker.pid)


def test_before_a_question_it_is_not_asked(started: Callable[..., Asker]) -> None:
    asker = started({"misbehave": {"choose": "crash"}})
    asker.abandon()
    assert not asker.alive
    with pytest.raises(AbandonedError):
        choose(asker)
    asker.close()


def test_after_an_answer_and_after_the_end_it_does_no_harm(started: Callable[..., Asker]) -> None:
    asker = started()
    assert len(choose(asker)) == 2
    asker.close()
    asker.abandon()
    asker.abandon()
    asker.close()
    assert not asker.alive


def test_many_threads_may_do_it_at_once_and_at_any_moment(started: Callable[..., Asker]) -> None:
    for moment in range(12):
        asker = started()
        threads = [threading.Thread(target=asker.abandon) for _ in range(4)]
        with asked_beside(asker) as ended:
            time.sleep(moment / 4000)
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join(LATER)
            assert not thread.is_alive()
        assert isinstance(ended[0], list | AbandonedError)
        asker.close()
        if isinstance(asker, Worker):
            assert not alive(asker.pid)


def test_a_loading_ends_too(tmp_path: Path) -> None:
    with warm_engine() as warm:
        files = warm.files({"misbehave": {"load": "hang"}})
        for asker in (warm.start(), Worker(Path(sys.executable), "scripted", tmp_path)):
            abandoning = threading.Timer(0.3, asker.abandon)
            abandoning.start()
            with pytest.raises(AbandonedError):
                asker.load(files, Settings(), within(LATER))
            abandoning.join()
            asker.close()


def test_others_of_the_engine_are_not_touched() -> None:
    with warm_engine() as warm:
        leaver, stayer = warm.loaded(), warm.loaded()
        leaver.abandon()
        assert len(choose(stayer)) == 2
        assert isinstance(stayer, Remote)
        assert wait_for(lambda: warm.status()["connections"] == 1)
        leaver.close()
        stayer.close()


def test_an_answer_that_was_given_up_costs_the_engine_no_connection() -> None:
    with warm_engine() as warm:
        asker = warm.loaded(HANGS)
        with asked_beside(asker):
            warm.until("busy")
            asker.abandon()
        assert wait_for(lambda: warm.status()["connections"] == 0)


def wait_for(fulfilled: Callable[[], bool]) -> bool:
    """Whether it is so within some time."""
    patience = within(20)
    while not fulfilled() and time.monotonic() < patience:
        time.sleep(0.01)
    return fulfilled()
