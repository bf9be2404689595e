"""The engine's loop in a thread of the test, with real sockets and real workers."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scripted_model import alive
from warm_engine import LATER, SOON, Asking, Warm, choose, patient, patiently, within

from reviewer.backends.interface import Piece, Settings
from reviewer.engine import channel, lock, place, protocol, sockets
from reviewer.engine.channel import LateError, LostError, dial
from reviewer.engine.client import CrashedError
from reviewer.engine.hand import Patience
from reviewer.engine.place import EngineError, Place
from reviewer.engine.server import Server
from reviewer.errors import BackendError, OverdueError
from reviewer.records import Machine


@contextmanager
def served(*, loopback: bool = False, load: float = LATER) -> Iterator[Warm]:
    """An engine in a thread; a worker that hangs is killed 0.3 s after the deadline.

    Args:
        load: seconds for loading.
    """
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        where = Place(Path(name) / "engine", loopback=loopback)
        place.prepare(where)
        held = lock.take(where.lock)
        assert held is not None
        server = Server(where, sockets.listen(where), lambda: True, Patience(load=load, grace=0.3))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            with patient():
                yield Warm(Path(name), where)
        finally:
            server.stop()
            thread.join(20)
            server.close(ours=True)
            held.release()
        assert not thread.is_alive()


@pytest.fixture
def warm() -> Iterator[Warm]:
    with served() as it:
        yield it


@pytest.fixture
def secretive() -> Iterator[Warm]:
    """Where there are no Unix sockets."""
    with served(loopback=True) as it:
        yield it


@pytest.fixture(params=[False, True], ids=["unix", "loopback"])
def either(request: pytest.FixtureRequest) -> Iterator[Warm]:
    with served(loopback=request.param) as it:
        yield it


def raw(warm: Warm) -> channel.Channel:
    """A connection that has not said hello."""
    return channel.Channel(sockets.connect(warm.place, 5)[0])


def test_questions_are_answered(either: Warm) -> None:
    asker = either.loaded({"rules": [{"contains": "m", "choose": "problem"}]})
    first, second = choose(asker)
    assert second > first
    assert asker.count(["a b", "", "c"], within(LATER)) == [2, 0, 1]
    assert [len(each) for each in asker.score([Piece("a")], ["b c", ""], within(LATER))] == [2, 0]
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"], "additionalProperties": False}
    assert asker.write("s", "m", "q", schema, 50, within(LATER)).finished
    assert len(asker.embed(["a"], within(LATER))) == 1
    assert asker.digest(within(LATER))
    asker.close()
    assert not asker.alive
    with pytest.raises(CrashedError, match="connection"):
        choose(asker)


def test_a_large_message_passes_both_ways(either: Warm) -> None:
    asker = either.loaded()
    assert asker.count(["word " * 300_000] * 2, within(LATER)) == [300_000] * 2
    assert len(asker.count(["a"] * 400_000, within(LATER))) == 400_000
    asker.close()


def test_two_gates_use_one_worker(either: Warm) -> None:
    one, two = either.loaded(), either.loaded()
    pid = either.worker()["pid"]
    choose(one)
    choose(two)
    worker = either.worker()
    assert (worker["pid"], worker["requests"], worker["state"]) == (pid, 2, "idle")
    assert len(either.status()["workers"]) == 1
    assert either.status()["connections"] == 2
    one.close()
    two.close()


def test_a_refusal_keeps_connection_and_worker(warm: Warm) -> None:
    asker = warm.loaded({"misbehave": {"choose:1": "error"}})
    with pytest.raises(BackendError, match="the runtime refused") as caught:
        choose(asker)
    assert caught.value.todo == "Try another one."
    assert len(choose(asker)) == 2
    assert warm.worker()["last_error"] == "the runtime refused"
    asker.close()


def test_a_model_that_cannot_be_loaded_is_refused_with_the_reason(warm: Warm) -> None:
    asker = warm.start()
    files = warm.files()
    files.weights.write_text("no script")
    with pytest.raises(BackendError, match="script cannot be read"):
        asker.load(files, Settings(), within(LATER))
    assert asker.alive
    files.weights.write_text("{}")
    asker.load(files, Settings(), within(LATER))
    assert len(choose(asker)) == 2
    asker.close()


def test_a_question_before_a_model_is_told(warm: Warm) -> None:
    with pytest.raises(BackendError, match="no model is loaded"):
        choose(warm.start())


@pytest.mark.parametrize("manner", ["crash", "exit", "garbage"])
def test_a_crash_costs_the_call_and_the_next_gate_finds_a_new_worker(either: Warm, manner: str) -> None:
    asker = either.loaded({"misbehave": {"choose:2": manner}})
    choose(asker)
    pid = either.worker()["pid"]
    with pytest.raises(CrashedError):
        choose(asker)
    assert not asker.alive
    assert not alive(pid)
    again = either.loaded({"misbehave": {"choose:2": manner}})
    assert len(choose(again)) == 2
    worker = either.worker()
    assert worker["restarts"] == 1
    assert worker["pid"] != pid
    again.close()


def test_a_worker_that_crashes_twice_is_left_to_rest(warm: Warm) -> None:
    script = {"misbehave": {"choose": "crash"}}
    for _ in range(2):
        with pytest.raises(CrashedError, match="SIGSEGV"):
            choose(warm.loaded(script))
    with pytest.raises(BackendError, match=r"ended 2 times without an answer.*SIGSEGV.*rest") as caught:
        warm.loaded(script)
    assert type(caught.value) is BackendError, "a gate must not start it again by itself"
    assert warm.worker()["state"] == "resting"
    assert warm.worker()["restarts"] == 1


@pytest.mark.parametrize("manner", ["hang", "seize"])
def test_a_hung_worker_is_killed_after_the_grace(warm: Warm, manner: str) -> None:
    asker = warm.loaded({"misbehave": {"choose": manner}})
    pid = warm.worker()["pid"]
    with pytest.raises(OverdueError):
        choose(asker, SOON)
    patience = within(20)
    while alive(pid) and time.monotonic() < patience:
        time.sleep(0.01)
    assert not alive(pid)
    assert warm.until("idle")["restarts"] == 1


def test_a_worker_that_stops_by_itself_stays(warm: Warm) -> None:
    asker = warm.loaded({"misbehave": {"choose:1": "late"}})
    pid = warm.worker()["pid"]
    assert patiently(asker, SOON)["error"]["overdue"] is True
    assert asker.alive
    assert len(choose(asker)) == 2
    assert (warm.worker()["pid"], warm.worker()["restarts"]) == (pid, 0)
    asker.close()


def test_a_busy_worker_is_not_killed_for_the_gate_that_waits(warm: Warm) -> None:
    script = {"misbehave": {"choose:1": "late"}}
    busy, other = warm.loaded(script), warm.loaded(script)
    pid = warm.worker()["pid"]
    asking = Asking(busy, 2.0)
    warm.until("busy")
    reply = patiently(other, 0.3)
    assert reply["error"]["overdue"] is True
    assert "busy with other questions" in reply["error"]["what"]
    asking.join()
    assert asking.reply["error"]["overdue"] is True
    assert len(choose(other)) == 2
    assert warm.worker()["pid"] == pid
    busy.close()
    other.close()


def test_loading_goes_on_without_the_gate(warm: Warm) -> None:
    files = warm.files()
    files.weights.unlink()
    os.mkfifo(files.weights)
    asker = warm.start()
    with pytest.raises(OverdueError):
        asker.load(files, Settings(), within(SOON))
    warm.until("loading")
    files.weights.write_text("{}")
    pid = warm.until("idle")["pid"]
    again = warm.start()
    again.load(files, Settings(), within(LATER))
    assert len(choose(again)) == 2
    assert (warm.worker()["pid"], warm.worker()["restarts"]) == (pid, 0)
    again.close()


def test_a_hung_load_is_killed_in_the_end_and_restarted_once() -> None:
    with served(load=0.5) as warm:
        asker = warm.start()
        with pytest.raises(BackendError, match="ended 2 times"):
            asker.load(warm.files({"misbehave": {"load": "hang"}}), Settings(), within(LATER))
        assert warm.worker()["state"] == "resting"


def test_questions_of_a_gate_that_left_are_not_asked(warm: Warm) -> None:
    script = {"misbehave": {"choose:1": "late"}}
    busy, leaver, stayer = warm.loaded(script), warm.loaded(script), warm.loaded(script)
    asking = Asking(busy, 1.0)
    warm.until("busy")
    question = {"engine": "ask", "request": {"op": "count", "texts": ["a"]}, "seconds": LATER, "priority": 0, "id": 3}
    leaver._channel._socket.sendall(protocol.encoded(question))  # type: ignore[attr-defined]  # does not wait for the reply
    assert waiting(warm, 1)
    leaver.close()
    assert waiting(warm, 0)
    assert len(choose(stayer)) == 2
    asking.join()
    assert warm.worker()["requests"] == 2
    busy.close()
    stayer.close()


def waiting(warm: Warm, count: int) -> bool:
    """Wait until so many questions wait."""
    patience = within(10)
    while warm.worker()["waiting"] != count and time.monotonic() < patience:
        time.sleep(0.01)
    return bool(warm.worker()["waiting"] == count)


def test_a_model_above_the_ceiling_is_refused(warm: Warm) -> None:
    warm.machine = Machine(engine_memory=1_000_000)
    with pytest.raises(BackendError, match=r"model tiny needs .* the engine may use 0.0 GB") as caught:
        warm.loaded()
    assert "engine_memory" in caught.value.todo
    assert warm.worker()["state"] == "not loaded"
    warm.machine = Machine()
    asker = warm.loaded()
    assert len(choose(asker)) == 2
    asker.close()


def test_the_ceiling_is_kept_by_eviction(warm: Warm) -> None:
    first = warm.loaded(name="first")
    size = warm.worker("first")["rss"]
    warm.machine = Machine(engine_memory=int(size * 1.5))
    second = warm.loaded(name="second")
    assert warm.until("not loaded", "first")["rss"] == 0
    assert len(choose(first)) == 2, "it is loaded again for the gate that was attached to it"
    assert warm.until("not loaded", "second")["pid"] == 0
    first.close()
    second.close()


def test_another_version_is_told_and_refused(either: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    other = raw(either)
    reply = other.exchange({"engine": "hello", "protocol": 1, "version": "9.9", "nonce": ""}, within(5))
    assert "protocol 1; this is 9.9" in reply["error"]["what"]
    with pytest.raises(LostError):
        other.exchange({"engine": "status"}, within(5))
    monkeypatch.setattr(channel, "PROTOCOL", 2)
    with pytest.raises(EngineError, match=r"this is .*, protocol 2"):
        dial(either.place, within(5))


@pytest.mark.parametrize(
    "message",
    [
        {"engine": "status"},
        {"engine": "stop"},
        {"engine": "attach", "python": "p", "backend": "b", "request": {}, "seconds": 1, "priority": 0},
        {"engine": "prove", "proof": "guess"},
        {},
    ],
)
def test_nothing_is_answered_before_hello(either: Warm, message: dict[str, Any]) -> None:
    with pytest.raises(LostError):
        raw(either).exchange(message, within(5))
    assert either.status()["running"]


@pytest.mark.parametrize(
    "message",
    [
        {"engine": "ask"},
        {"engine": "ask", "request": [], "seconds": 1, "priority": 0},
        {"engine": "ask", "request": {}, "seconds": -1, "priority": 0},
        {"engine": "ask", "request": {}, "seconds": float("nan"), "priority": 0},
        {"engine": "ask", "request": {}, "seconds": "1", "priority": 0},
        {"engine": "attach", "request": {}, "seconds": 1, "priority": None},
    ],
)
def test_malformed_messages_end_the_connection_only(warm: Warm, message: dict[str, Any]) -> None:
    with pytest.raises(LostError):
        dial(warm.place, within(5)).exchange(message, within(5))
    assert warm.status()["running"]


def test_an_unknown_wish_is_told(warm: Warm) -> None:
    reply = dial(warm.place, within(5)).exchange({"engine": "dance"}, within(5))
    assert "'dance'" in reply["error"]["what"]


@pytest.mark.parametrize(
    "garbage", [b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\1{", b"\0\0\0\2{}", b"\0\0\1\0" + b"[" * 256], ids=str
)
def test_garbage_ends_the_connection_only(either: Warm, garbage: bytes) -> None:
    connected, _ = sockets.connect(either.place, 5)
    connected.sendall(garbage)
    assert connected.recv(1) == b""
    connected.close()
    assert either.status()["running"]


def test_a_second_message_before_the_reply_ends_the_connection(warm: Warm) -> None:
    connected, _ = sockets.connect(warm.place, 5)
    hello = protocol.encoded({"engine": "hello", "id": 1})
    connected.sendall(hello + hello)
    assert connected.recv(1) == b""
    connected.close()


def test_a_frame_in_small_pieces_arrives(warm: Warm) -> None:
    connected, _ = sockets.connect(warm.place, 5)
    for byte in protocol.encoded({"engine": "hello", "id": 1, "protocol": 0}):
        connected.sendall(bytes([byte]))
    assert len(connected.recv(4)) == 4
    connected.close()


def test_too_many_connections_are_turned_away(warm: Warm) -> None:
    crowd = [sockets.connect(warm.place, 5)[0] for _ in range(300)]
    turned_away = 0
    for connected in crowd:
        connected.settimeout(0.0)
    patience = within(20)
    while not turned_away and time.monotonic() < patience:
        turned_away = sum(hung_up(connected) for connected in crowd)
    assert 0 < turned_away < 200
    for connected in crowd:
        connected.close()
    warm.until_running()


def hung_up(connected: socket.socket) -> bool:
    try:
        return connected.recv(1) == b""
    except BlockingIOError:
        return False


def test_who_does_not_know_the_secret_gets_nothing(secretive: Warm) -> None:
    guesser = raw(secretive)
    hello = {"engine": "hello", "protocol": 1, "version": secretive.place.version, "nonce": "n"}
    assert guesser.exchange(hello, within(5))["ok"]["proof"]
    with pytest.raises(LostError):
        guesser.exchange({"engine": "prove", "proof": "0" * 64}, within(5))


def test_what_does_not_know_the_secret_is_not_believed(secretive: Warm) -> None:
    address = secretive.place.address.read_text()
    known = json.loads(address)
    secretive.place.address.write_text(json.dumps({**known, "secret": known["secret"][::-1]}))
    with pytest.raises(EngineError, match="not this user's engine"):
        dial(secretive.place, within(5))
    secretive.place.address.write_text(address)


def test_an_engine_that_says_nothing_is_late() -> None:
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        where = Place(Path(name) / "e", loopback=False)
        place.prepare(where)
        listener = sockets.listen(where)
        with pytest.raises(LateError):
            dial(where, within(0.1))
        listener.close(ours=True)


@pytest.mark.parametrize("number", [0, 1, 3, "2", None])
def test_the_reply_to_another_question_is_not_taken(number: object) -> None:
    ours, theirs = socket.socketpair()
    gate = channel.Channel(ours)
    theirs.sendall(protocol.encoded({"ok": 1, "id": 1}) + protocol.encoded({"ok": 2, "id": number}))
    assert gate.exchange({}, within(5))["ok"] == 1
    with pytest.raises(LostError, match="another question"):
        gate.exchange({}, within(5))
    assert not gate.open
    theirs.close()


@pytest.mark.parametrize("reply", [b"", b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\x09{"])
def test_what_is_no_reply_is_a_lost_connection(reply: bytes) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(reply)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(LostError):
        channel.Channel(ours).exchange({}, within(5))
    theirs.close()
