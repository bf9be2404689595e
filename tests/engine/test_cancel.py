"""What nobody waits for is not computed to its end; the worker stays loaded and answers the next question."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_model import alive
from warm_engine import LATER, OPTIONS, Asking, Warm, choose, warm_engine, within

from reviewer.backends.interface import Settings
from reviewer.engine.asker import Asker
from reviewer.engine.client import Task, Worker
from reviewer.engine.place import Place
from reviewer.errors import AbandonedError

SLOW = {"misbehave": {"write": "late"}}
"""A written text takes all the time that it has."""


@pytest.fixture(params=["rich", "poor"])
def warm(request: pytest.FixtureRequest) -> Iterator[Warm]:
    with warm_engine(poor=request.param == "poor") as it:
        yield it


def question(material: str = "m") -> dict[str, object]:
    return {"op": "choose", "system": "s", "material": material, "question": "q", "options": list(OPTIONS)}


@contextmanager
def written_for_nobody(leaver: Asker) -> Iterator[None]:
    """A text is written that is given up inside of the block."""

    def write() -> None:
        with pytest.raises(AbandonedError):
            leaver.write("s", "m", "q", {"type": "object", "properties": {}}, 9, within(LATER * 5))

    writing = threading.Thread(target=write)
    writing.start()
    yield
    writing.join(LATER)
    assert not writing.is_alive()


def test_the_worker_is_free_for_the_next_one(warm: Warm) -> None:
    leaver, stayer = warm.loaded(SLOW), warm.loaded(SLOW)
    pid = warm.worker()["pid"]
    with written_for_nobody(leaver):
        warm.until("busy")
        waiting = Asking(stayer, LATER)
        leaver.abandon()
    waiting.join(LATER)
    assert len(waiting.reply["ok"]) == 2
    worker = warm.worker()
    assert (worker["pid"], worker["restarts"], worker["state"], worker["last_error"]) == (pid, 0, "idle", "")
    leaver.close()
    stayer.close()


def test_what_does_not_look_at_the_time_is_ended_at_its_deadline(warm: Warm) -> None:
    leaver = warm.loaded({"misbehave": {"choose": "hang"}})
    pid = warm.worker()["pid"]
    asking = Asking(leaver, 3.0)
    warm.until("busy")
    # What is taken back before the worker begins with it does not hang.
    time.sleep(1.0)
    leaver.abandon()
    asking.join(LATER)
    patience = within(30)
    while alive(pid) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not alive(pid)
    assert warm.until("idle")["restarts"] == 1
    leaver.close()


def test_those_who_leave_cost_nobody_else_an_answer(warm: Warm) -> None:
    stayer = warm.loaded()
    pid = warm.worker()["pid"]
    expected = choose(stayer)

    def leave(moment: int) -> None:
        leaver = warm.loaded()
        asking = Asking(leaver, LATER)
        time.sleep(moment / 2000)
        leaver.abandon()
        asking.join(LATER)
        leaver.close()

    for moment in range(8):
        leaving = threading.Thread(target=leave, args=(moment,))
        leaving.start()
        assert [choose(stayer) for _ in range(10)] == [expected] * 10
        leaving.join(LATER)
    assert (warm.worker()["pid"], warm.worker()["restarts"]) == (pid, 0)
    stayer.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker")


@pytest.mark.parametrize("early", [True, False])
def test_a_worker_is_told_in_the_middle_of_a_question(warm: Warm, folder: Path, early: bool) -> None:
    with Worker(Path(sys.executable), "scripted", folder) as worker:
        worker.load(warm.files({"misbehave": {"choose": "late"}}), Settings(), within(LATER))
        task = Task(question(), within(LATER * 5))
        telling = threading.Timer(0.0 if early else 0.2, take_back, (worker, task))
        telling.start()
        if early:
            telling.join()
        (reply,) = worker.replies([task])
        assert "nobody waits" in reply["error"]["what"]
        assert reply["error"]["overdue"] is False
        assert worker.count(["a b"], within(LATER)) == [2]
        telling.join()


def test_one_of_several_questions_is_taken_back(warm: Warm, folder: Path) -> None:
    with Worker(Path(sys.executable), "scripted", folder) as worker:
        worker.load(warm.files(SLOW), Settings(), within(LATER))
        write = {"op": "write", "system": "s", "material": "m", "question": "q", "schema": {"type": "object"}, "max_tokens": 9}
        tasks = [Task(one, within(LATER * 5)) for one in (question(), write, question(), write)]
        replies = worker.replies(tasks)
        assert "ok" in next(replies)
        take_back(worker, tasks[3])
        take_back(worker, tasks[1])
        second, third, fourth = replies
        assert "nobody waits" in second["error"]["what"]
        assert third["ok"] == choose(worker)
        assert "nobody waits" in fourth["error"]["what"]


def test_the_time_of_several_questions_runs_for_each(warm: Warm, folder: Path) -> None:
    with Worker(Path(sys.executable), "scripted", folder) as worker:
        worker.load(warm.files(SLOW), Settings(), within(LATER))
        slow = {"op": "write", "system": "s", "material": "m", "question": "q", "schema": {"type": "object"}, "max_tokens": 9}
        asked = ((slow, 0.5), (question(), 0.1), (question(), LATER), (question(), -1.0), (question(), LATER))
        replies = list(worker.replies([Task(request, within(seconds)) for request, seconds in asked]))
        assert ["ok" in reply for reply in replies] == [False, False, True, False, True]
        assert all(reply["error"]["overdue"] for reply in replies if "error" in reply)


def take_back(worker: Worker, task: Task) -> None:
    task.taken_back.set()
    worker.look()


@settings(deadline=None, max_examples=25)
@given(steps=st.lists(st.sampled_from(["ask", "look", "take back"]), min_size=1, max_size=12))
def test_taking_back_one_question_never_ends_another(shared: Worker, steps: list[str]) -> None:
    for step in steps:
        if step == "look":
            shared.look()
        elif step == "take back":
            task = Task(question(), within(LATER))
            telling = threading.Thread(target=take_back, args=(shared, task))
            telling.start()
            (reply,) = shared.replies([task])
            assert "ok" in reply or "nobody waits" in reply["error"]["what"]
            telling.join()
        else:
            assert len(choose(shared)) == 2


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[Worker]:
    with Worker(Path(sys.executable), "scripted", folder) as worker:
        worker.load(Warm(folder, Place(folder)).files(), Settings(), within(LATER))
        yield worker
