"""Real worker processes that crash, hang, lie and outstay the gate. None may be left behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scripted_model import alive, scripted_model

from reviewer.backends.interface import Piece, Settings
from reviewer.engine.client import GRACE, CrashedError, OverdueError, Worker
from reviewer.engine.install import model_files
from reviewer.errors import BackendError, OutOfTimeError

LATER = 60.0
SOON = 0.7


@pytest.fixture(params=["watched pipes", "threaded pipes"])
def start(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`start(script)` gives a worker that is asked to load it, and is gone afterwards."""
    if request.param == "threaded pipes":
        monkeypatch.delattr(selectors, "PollSelector")

    @contextmanager
    def started(script: dict[str, Any], *, load: bool = True) -> Iterator[Worker]:
        model = scripted_model(tmp_path / "m", monkeypatch, script)
        model.install()
        with Worker(Path(sys.executable), "scripted", tmp_path) as worker:
            if load:
                worker.load(model_files(model.store, model.entry, "scripted"), Settings(), _in(LATER))
            yield worker
        assert not alive(worker.pid)

    return started


def _in(seconds: float) -> float:
    return time.monotonic() + seconds


def _choose(worker: Worker, seconds: float = LATER) -> list[float]:
    return worker.choose("s", "m", "q", ("ok", "problem"), _in(seconds))


def test_worker_answers(start: Any) -> None:
    with start({"rules": [{"contains": "m", "choose": "problem"}]}) as worker:
        first, second = _choose(worker)
        assert second > first
        assert worker.count(["a b", "", "c"], _in(LATER)) == [2, 0, 1]


def test_worker_carries_every_operation(start: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}}
    rules = [{"contains": "m", "write": {"a": "y"}}, {"contains": "likely", "score": -0.25}]
    with start({"rules": rules}) as worker:
        assert worker.write("s", "m", "q", schema, 50, _in(LATER)).text == '{"a": "y"}'
        assert not worker.write("s", "m", "q", schema, 1, _in(LATER)).finished
        assert worker.score([Piece("<x>", True), Piece("be")], ["likely so", ""], _in(LATER)) == [[-0.25, -0.25], []]
        (vector,) = worker.embed(["some words"], _in(LATER))
        assert sum(value * value for value in vector) == pytest.approx(1)
        assert len(worker.digest(_in(LATER))) == 64


def test_worker_that_keeps_time_is_not_killed(start: Any) -> None:
    with start({"misbehave": {"choose:1": "late"}}) as worker:
        with pytest.raises(OutOfTimeError):
            _choose(worker, 0.3)
        assert worker.alive
        assert len(_choose(worker)) == 2


def test_worker_that_does_not_keep_time_is_killed_after_the_grace(start: Any) -> None:
    with start({"misbehave": {"write": "hang"}}) as worker:
        began = time.monotonic()
        with pytest.raises(OverdueError) as caught:
            worker.write("s", "m", "q", {"type": "object", "properties": {}}, 50, _in(0.3))
        assert time.monotonic() - began >= 0.3 + GRACE
        assert not isinstance(caught.value, OutOfTimeError)
        assert not worker.alive


@pytest.mark.parametrize("answer", [None, "x", [1], [["x"]], [[1.0], [2.0]]])
def test_worker_answers_of_another_form_are_garbage(start: Any, answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with start({}) as worker:
        monkeypatch.setattr(worker, "exchange", lambda request, deadline, grace=0.0: {"ok": answer})
        with pytest.raises(CrashedError, match="garbage"):
            worker.embed(["a"], _in(LATER))
        with pytest.raises(CrashedError, match="garbage"):
            worker.write("s", "m", "q", {}, 1, _in(LATER))
        assert not worker.alive


def test_worker_refuses_an_unknown_operation(start: Any) -> None:
    with start({}) as worker:
        reply = worker.exchange({"op": "dance"}, _in(LATER))
        assert "no operation 'dance'" in reply["error"]["what"]


def test_worker_question_longer_than_a_message_is_refused(start: Any) -> None:
    with start({}) as worker:
        with pytest.raises(BackendError, match="too long"):
            worker.count(["x" * (17 * 1024 * 1024)], _in(LATER))
        assert worker.alive


def test_worker_crash_names_the_signal_and_its_last_words(start: Any) -> None:
    with start({"misbehave": {"choose": "crash"}}) as worker:
        with pytest.raises(CrashedError, match=r"signal 11 \(SIGSEGV\): about to touch memory"):
            _choose(worker)
        assert not alive(worker.pid)
        with pytest.raises(CrashedError, match="has ended"):
            _choose(worker)


def test_worker_exit_is_a_crash(start: Any) -> None:
    with start({"misbehave": {"choose": "exit"}}) as worker, pytest.raises(CrashedError, match="code 3"):
        _choose(worker)


@pytest.mark.parametrize("manner", ["hang", "seize"])
def test_worker_that_does_not_answer_is_killed_at_the_deadline(start: Any, manner: str) -> None:
    with start({"misbehave": {"choose": manner}}) as worker:
        with pytest.raises(OverdueError):
            _choose(worker, SOON)
        assert not alive(worker.pid)


def test_worker_garbage_is_told_apart(start: Any) -> None:
    with start({"misbehave": {"choose": "garbage"}}) as worker, pytest.raises(CrashedError, match="garbage"):
        _choose(worker)


def test_worker_output_of_native_code_does_not_disturb_replies(start: Any, tmp_path: Path) -> None:
    with start({"misbehave": {"choose": "chatter"}}) as worker:
        assert len(_choose(worker)) == 2
    assert b"loading tensors" in (tmp_path / "scripted.stderr").read_bytes()


def test_worker_refusal_keeps_it_alive(start: Any) -> None:
    with start({"misbehave": {"choose:1": "error"}}) as worker:
        with pytest.raises(BackendError, match="the runtime refused") as caught:
            _choose(worker)
        assert caught.value.todo == "Try another one."
        assert len(_choose(worker)) == 2


def test_worker_without_a_model_says_so(start: Any) -> None:
    with start({}, load=False) as worker, pytest.raises(BackendError, match="no model is loaded"):
        _choose(worker)


def test_worker_deadline_in_the_past_asks_nothing(start: Any) -> None:
    with start({"misbehave": {"choose:1": "crash"}}) as worker:
        with pytest.raises(OutOfTimeError):
            _choose(worker, -1.0)
        assert worker.alive


def test_worker_large_messages_pass(start: Any) -> None:
    with start({}) as worker:
        text = "word " * 400_000
        assert worker.count([text], _in(LATER)) == [400_000]
        with pytest.raises(BackendError, match="context"):
            worker.choose("s", text, "q", ("a", "b"), _in(LATER))


def test_worker_of_a_foreign_interpreter_gets_only_our_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = tmp_path / "cwd"
    (hostile / "reviewer").mkdir(parents=True)
    (hostile / "reviewer" / "__init__.py").write_text("raise SystemExit('foreign code ran')")
    (hostile / "json.py").write_text("raise SystemExit('foreign code ran')")
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PYTHONPATH", str(hostile))
    model = scripted_model(tmp_path / "m", monkeypatch, {})
    model.install()
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", bare], check=True)
    with Worker(bare / "bin" / "python", "scripted", tmp_path) as worker:
        worker.load(model_files(model.store, model.entry, "scripted"), Settings(), _in(LATER))
        assert len(_choose(worker)) == 2


def test_worker_missing_runtime_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted_model(tmp_path / "m", monkeypatch, {})
    model.install()
    files = model_files(model.store, model.entry, "openvino_genai")
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", bare], check=True)
    with Worker(bare / "bin" / "python", "openvino_genai", tmp_path) as worker:
        with pytest.raises(BackendError, match="cannot be imported"):
            worker.prepare(files, Settings(), _in(LATER))
        with pytest.raises(BackendError, match="was not prepared"):
            worker.load(files, Settings(), _in(LATER))


GATE = """
import sys, time
from pathlib import Path
from reviewer.backends.interface import Settings
from reviewer.engine.client import Worker
from reviewer.engine.install import model_files
from reviewer.models.catalogue import entry
from reviewer.models.store import open_store
from reviewer.records import Machine
with Worker(Path(sys.executable), "scripted", Path(sys.argv[1])) as worker:
    worker.load(model_files(open_store(Machine()), entry("tiny"), "scripted"), Settings(), time.monotonic() + 60)
    print(worker.pid, flush=True)
    worker.choose("s", "m", "q", ("a", "b"), time.monotonic() + 600)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("manner", ["hang", "seize"])
def test_worker_ends_with_the_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals, manner: str) -> None:
    if manner == "seize" and not sys.platform.startswith("linux"):
        pytest.skip("only Linux ends a process that keeps the interpreter's lock")
    model = scripted_model(tmp_path / "m", monkeypatch, {"misbehave": {"choose": manner}})
    model.install()
    gate = subprocess.Popen([sys.executable, "-c", GATE, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert gate.stdout is not None
    worker = int(gate.stdout.readline())
    time.sleep(0.2)
    assert alive(worker)
    os.kill(gate.pid, how)
    gate.wait(timeout=20)
    gate.stdout.close()
    patience = time.monotonic() + 20
    while alive(worker) and time.monotonic() < patience:
        time.sleep(0.02)
    assert not alive(worker)
