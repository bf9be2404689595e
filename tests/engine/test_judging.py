"""The classifier in this process, by another interpreter, in the engine, on a stick: all say the same, and none loses a hunk."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from make_hunk import make_hunk
from scripted_stick import FEATURE, answers, load_in_engine, scripted_stick
from warm_engine import Warm, warm_engine

from reviewer.classify.answers import Asked
from reviewer.classify.model import Judgement, load, piece
from reviewer.classify.rows import BATCH, rows
from reviewer.classify.staged_context import StagedContext, parse
from reviewer.engine import classifying, judging
from reviewer.engine.client import Worker
from reviewer.engine.judging import Judging, judge_for
from reviewer.errors import BackendError, OutOfTimeError
from reviewer.records import EngineUse, FileChange, Hunk, Machine, Status

COUNTS = {"c_files": 3, "c_add": 40, "c_del": 2}
ALONE = Machine(engine=EngineUse.OFF)
STICK, PROCESSOR = "hunkgate-classifier on MYRIAD", "hunkgate-classifier on CPU"

needs_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="OpenVINO is not installed")


def asked() -> list[Asked]:
    context, remark = parse(COUNTS)
    assert remark == ""
    return [
        _asked(make_hunk(b"app/db.py", " def find(c, name):", "+    if not name:", "+        return None", start=10), context),
        _asked(
            make_hunk("app/\udcff.py".encode("utf-8", "surrogateescape"), "-    return 3 * r", "+    return math.pi * r"), context
        ),
        _asked(make_hunk(b"app/other.go", "+func New() *Server { return &Server{} }"), StagedContext()),
    ]


def many() -> list[Asked]:
    """More than a batch."""
    context = StagedContext()
    return [_asked(make_hunk(b"src/%d.py" % number, f"+value = {number}"), context) for number in range(BATCH + 8)]


def _asked(hunk: Hunk, context: StagedContext) -> Asked:
    file = FileChange(hunk.path, Status.MODIFIED, hunk.path, 0o100644, 0o100644, "", "", hunk.language, (hunk,))
    return Asked(hunk, file, context)


def truth(hunks: list[Asked]) -> list[Judgement]:
    """What the network says in this process."""
    return load().judge([piece(one.hunk, one.context) for one in hunks])


@pytest.fixture
def warm() -> Iterator[Warm]:
    with warm_engine() as it:
        yield it


@pytest.fixture
def without_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "openvino" else found(name, *more))


@needs_openvino
def test_without_an_engine_it_is_done_in_this_process(tmp_path: Path) -> None:
    judge = judge_for(ALONE)
    assert judge.device == ""
    assert list(judge(asked())) == truth(asked())
    assert (judge.device, judge.note) == ("CPU", "")


@needs_openvino
@pytest.mark.usefixtures("without_openvino")
def test_without_openvino_the_interpreter_of_the_models_is_asked() -> None:
    judge = judge_for(replace(ALONE, model_python=sys.executable))
    assert list(judge(asked())) == truth(asked())
    assert list(judge(many())) == truth(many())


@pytest.mark.usefixtures("without_openvino")
def test_without_any_openvino_the_reason_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="OpenVINO is not installed") as caught:
        judge_for(replace(ALONE, store=str(tmp_path)))(asked())
    assert "hunkgate[classifier]" in caught.value.todo


@pytest.mark.parametrize(("script", "what"), [("exit 3", "code 3"), ("echo nonsense; exec sleep 60", "sent garbage")])
@pytest.mark.usefixtures("without_openvino")
def test_an_interpreter_that_fails_is_an_error_with_a_reason(tmp_path: Path, script: str, what: str) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    with pytest.raises(BackendError, match=what):
        judge_for(replace(ALONE, model_python=str(fake)))(asked())


@pytest.mark.usefixtures("without_openvino")
def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BackendError):
        judge_for(replace(ALONE, model_python=str(tmp_path / "none")))(asked())


@needs_openvino
def test_an_engine_that_runs_is_asked_and_says_the_same(warm: Warm) -> None:
    warm.start().close()
    judge = Judging(Machine(), where=warm.place)
    # Not loaded yet: done here, and loaded there for the next one.
    assert list(judge(asked())) == truth(asked())
    before = warm.until("idle", PROCESSOR)["requests"]
    for hunks in (asked(), many()):
        assert list(judge(hunks)) == truth(hunks)
    assert (judge.device, judge.note) == ("CPU", "")
    assert warm.worker(PROCESSOR)["requests"] == before + 2


@needs_openvino
def test_no_engine_is_started_for_what_the_processor_can_do_here(warm: Warm) -> None:
    Judging(Machine(), where=warm.place)(asked())
    assert not warm.place.folder.exists()


class Plugged:
    """A machine with a scripted stick and an engine."""

    def __init__(self, warm: Warm, store: Path) -> None:
        self.warm = warm
        self.store = store
        self.judge = Judging(Machine(store=str(store)), wanted="ncs2", where=warm.place)

    def loaded(self, **script: Any) -> Judging:
        scripted_stick(self.store, **script)
        load_in_engine(self.warm.place, self.store)
        self.warm.until("idle", STICK)
        return self.judge


@pytest.fixture
def plugged(warm: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugged:
    # Slow machines: what is checked here is not how long they wait.
    monkeypatch.setattr(judging, "BASE", 60.0)
    return Plugged(warm, tmp_path)


@needs_openvino
def test_a_stick_that_is_not_loaded_yet_costs_the_review_a_note(plugged: Plugged) -> None:
    scripted_stick(plugged.store, misbehave={"load": "hang"})
    assert list(plugged.judge(asked())) == truth(asked())
    assert plugged.judge.device == "CPU"
    assert plugged.judge.note.startswith("hunks were classified on CPU, not on MYRIAD: the engine was still loading model")


def test_a_stick_that_is_loaded_judges_all_hunks(plugged: Plugged) -> None:
    judge = plugged.loaded()
    found = judge(many())
    assert [one.probabilities for one in found] == [FEATURE] * len(many())
    assert (judge.device, judge.note) == ("MYRIAD", "")
    assert plugged.warm.worker(STICK)["requests"] == 1


LATE = ({"misbehave": {"infer": "hang"}, "after": {"infer": 1}}, "did not answer in time")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ({"misbehave": {"infer": "crash"}, "after": {"infer": 1}}, "SIGSEGV"),
        ({"misbehave": {"infer": "exit"}, "after": {"infer": 1}}, "ended with code 3"),
        ({"misbehave": {"infer": "garbage"}, "after": {"infer": 1}}, "sent garbage"),
        ({"misbehave": {"infer": "error"}, "after": {"infer": 1}}, "the script says so"),
        LATE,
        ({"answers": answers((float("nan"), 0.5, 0.5))}, "no probabilities"),
        ({"answers": answers((0.9, 0.9, 0.9))}, "no probabilities"),
        ({"answers": answers(risk=float("nan"))}, "no risk of each hunk"),
        ({"answers": answers(risk=float("inf"))}, "no risk of each hunk"),
        ({"answers": answers(rows=31)}, "no risk of each hunk"),
        ({"answers": {"task": answers()["task"]}}, "not the shape"),
        ({"answers": {**answers(), "risk": {"shape": [32, 2], "value": [0.0]}}}, "not the shape"),
        ({"answers": {**answers(), "task": {"shape": [96], "value": [0.5]}}}, "not the shape"),
    ],
)
@needs_openvino
def test_a_stick_that_goes_wrong_in_the_middle_of_a_review_loses_no_hunk(
    script: dict[str, Any], why: str, plugged: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = plugged.loaded(**script)
    if script is LATE[0]:
        monkeypatch.setattr(judging, "BASE", 0.5)
    assert list(judge(many())) == truth(many())
    assert judge.device == "CPU"
    assert "hunks were classified on CPU, not on MYRIAD" in judge.note
    assert why in judge.note
    assert "\n" not in judge.note


@needs_openvino
def test_a_stick_that_was_gone_is_used_again_when_it_is_back(plugged: Plugged) -> None:
    judge = plugged.loaded(misbehave={"infer": "crash"})
    judge(asked())
    assert judge.device == "CPU"
    before = plugged.warm.worker(STICK)["requests"]
    scripted_stick(plugged.store)
    patience = time.monotonic() + 30
    while judge.device == "CPU" and time.monotonic() < patience:
        judge(asked())
    assert (judge.device, judge.note) == ("MYRIAD", "")
    assert plugged.warm.worker(STICK)["requests"] > before


@pytest.mark.parametrize(
    ("script", "why"),
    [({"devices": ["CPU"]}, "Can not init Myriad device"), ({"misbehave": {"load": "crash"}}, "SIGSEGV")],
)
@needs_openvino
def test_a_stick_that_cannot_be_loaded_is_told_with_its_reason(script: dict[str, Any], why: str, plugged: Plugged) -> None:
    scripted_stick(plugged.store, **script)
    plugged.judge(asked())
    patience = time.monotonic() + 30
    while why not in plugged.judge.note and time.monotonic() < patience:
        assert list(plugged.judge(asked())) == truth(asked())
    assert why in plugged.judge.note


@needs_openvino
def test_a_stick_without_its_environment_and_no_engine(warm: Warm, tmp_path: Path) -> None:
    judge = Judging(Machine(store=str(tmp_path)), wanted="ncs2", where=warm.place)
    judge(asked())
    patience = time.monotonic() + 30
    while "not set up" not in judge.note and time.monotonic() < patience:
        judge(asked())
    assert "hunkgate devices setup ncs2" in judge.note or "not set up" in judge.note
    off = Judging(Machine(store=str(tmp_path), engine=EngineUse.OFF), wanted="ncs2", where=warm.place)
    assert list(off(asked())) == truth(asked())
    assert "the engine is off" in off.note


@pytest.mark.usefixtures("without_openvino")
def test_if_there_is_no_way_on_the_processor_either_both_reasons_are_told(warm: Warm, tmp_path: Path) -> None:
    judge = Judging(Machine(store=str(tmp_path)), wanted="ncs2", where=warm.place)
    with pytest.raises(BackendError, match=r"OpenVINO is not installed \(on CPU\), and before that, on MYRIAD: ") as caught:
        judge(asked())
    assert "hunkgate[classifier]" in caught.value.todo
    assert (judge.device, judge.note, judge.identity) == ("", "", {})


@needs_openvino
def test_an_engine_that_cannot_be_used_costs_a_note_and_no_hunk(plugged: Plugged) -> None:
    plugged.loaded()
    plugged.warm.place.folder.chmod(0o777)
    assert list(plugged.judge(asked())) == truth(asked())
    assert "open to others" in plugged.judge.note


@needs_openvino
def test_a_worker_answers_questions_only_about_rows(tmp_path: Path) -> None:
    deadline = time.monotonic() + 60
    with Worker(Path(sys.executable), classifying.BACKEND, tmp_path) as worker:
        for request in ({"op": "judge", "rows": []}, {"op": "choose"}):
            assert "error" in worker.exchange(request, deadline)
        classifying.loaded(worker, "CPU", tmp_path, deadline)
        assert classifying.judged(worker, [], deadline) == []
        some = rows([piece(one.hunk, one.context) for one in asked()])
        for garbage in ([["x", "y"]], [["", ""]], 7, [[1, 2]], [["AAAA"]]):
            assert "rows" in str(worker.exchange({"op": "judge", "rows": garbage}, deadline)["error"])
        with pytest.raises(OutOfTimeError):
            classifying.judged(worker, some, time.monotonic() - 1)
        assert classifying.judged(worker, some, deadline) == truth(asked())


@pytest.mark.network
@needs_openvino
def test_the_real_plugin_says_of_hunks_what_the_processor_says() -> None:
    """The plugin's own CPU in the stick's place: no stick is needed."""
    from reviewer.classify.model import NETWORK, WEIGHTS, Model, shipped
    from reviewer.devices import ncs2

    folder = os.environ.get("TEST_NCS2_ENVIRONMENT")
    if not folder:
        pytest.skip("TEST_NCS2_ENVIRONMENT names no environment of the stick")
    with ncs2.Stick(ncs2.command(Path(folder)), WEIGHTS / NETWORK, device="CPU") as stick:
        found = Model(stick.infer, shipped()[1]).judge([piece(one.hunk, one.context) for one in many()])
    for one, other in zip(found, truth(many()), strict=True):
        # Newer processors compute in 16 bits there.
        assert one.probabilities == pytest.approx(other.probabilities, abs=0.05)
        assert one.risk == pytest.approx(other.risk, abs=0.05)
