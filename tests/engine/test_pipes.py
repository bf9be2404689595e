"""The pipes to a worker, watched and threaded: one contract."""

from __future__ import annotations

import os
import selectors
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from warm_engine import LATER, within

from reviewer.engine.pipes import Pipes, open_pipes
from reviewer.engine.pipes_polled import PolledPipes
from reviewer.engine.pipes_threaded import ThreadedPipes

SOON = 0.05
MUCH = os.urandom(3_000_000)
"""More than any pipe holds, and than is read ahead."""


@dataclass
class Ends:
    """Our pipes and their descriptors, and those of the worker at the other ends."""

    pipes: Pipes
    ours: list[int]
    requests: int
    replies: int


@pytest.fixture(params=[PolledPipes, ThreadedPipes])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    read, requests = os.pipe()
    replies, write = os.pipe()
    ends = Ends(request.param(requests, replies), [requests, replies], read, write)
    yield ends
    ends.pipes.close()
    for descriptor in (*ends.ours, ends.requests, ends.replies):
        if descriptor >= 0:
            os.close(descriptor)
    assert ended("pipe of a worker")


def ended(name: str) -> bool:
    """Wait until no thread of this name is there."""
    patience = within(20)
    while any(one.name == name for one in threading.enumerate()) and time.monotonic() < patience:
        time.sleep(0.005)
    return not any(one.name == name for one in threading.enumerate())


def hang_up(ends: Ends) -> None:
    """The worker is gone."""
    os.close(ends.requests)
    os.close(ends.replies)
    ends.requests = ends.replies = -1


def beside(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def never() -> None:
    raise AssertionError("nobody rang")


def test_what_is_sent_arrives_whole(ends: Ends) -> None:
    arrived = bytearray()

    def read() -> None:
        while len(arrived) < len(MUCH):
            arrived.extend(os.read(ends.requests, 65536))

    reading = beside(read)
    ends.pipes.send(MUCH, within(LATER))
    reading.join(LATER)
    assert bytes(arrived) == MUCH


def test_what_is_received_is_cut_as_it_is_asked_for(ends: Ends) -> None:
    def write() -> None:
        view = memoryview(MUCH)
        while view:
            view = view[os.write(ends.replies, view) :]

    writing = beside(write)
    ends.pipes.await_reply(within(LATER), never)
    sizes = [1, 3, 70_000, 1_500_000]
    received = [ends.pipes.receive(size, within(LATER)) for size in [*sizes, len(MUCH) - sum(sizes)]]
    writing.join(LATER)
    assert [len(each) for each in received[:-1]] == sizes
    assert b"".join(received) == MUCH


def test_a_reply_in_pieces_arrives(ends: Ends) -> None:
    for byte in b"abc":
        threading.Timer(0.01, os.write, (ends.replies, bytes([byte]))).start()
        assert ends.pipes.receive(1, within(LATER)) == bytes([byte])
    assert ends.pipes.receive(0, within(LATER)) == b""


def test_nothing_waits_beyond_its_deadline(ends: Ends) -> None:
    with pytest.raises(TimeoutError):
        ends.pipes.await_reply(within(SOON), never)
    with pytest.raises(TimeoutError):
        ends.pipes.receive(1, within(SOON))
    os.write(ends.replies, b"half")
    with pytest.raises(TimeoutError):
        ends.pipes.receive(5, within(SOON))
    with pytest.raises(TimeoutError):
        ends.pipes.send(MUCH, within(SOON))


def test_after_the_deadline_nothing_is_looked_for(ends: Ends) -> None:
    os.write(ends.replies, b"late")
    with pytest.raises(TimeoutError):
        ends.pipes.await_reply(within(-1), never)
    with pytest.raises(TimeoutError):
        ends.pipes.receive(4, within(-1))


def test_a_worker_that_is_gone_can_take_nothing(ends: Ends) -> None:
    hang_up(ends)
    with pytest.raises(BrokenPipeError):
        ends.pipes.send(b"x", within(LATER))
    with pytest.raises(BrokenPipeError):
        ends.pipes.send(b"x", within(LATER))


def test_a_worker_that_goes_while_it_is_written_to_is_noticed(ends: Ends) -> None:
    going = threading.Timer(0.05, hang_up, (ends,))
    going.start()
    with pytest.raises(BrokenPipeError):
        ends.pipes.send(MUCH, within(LATER))
    going.join()


def test_what_a_worker_said_before_it_went_is_received(ends: Ends) -> None:
    os.write(ends.replies, b"last")
    hang_up(ends)
    ends.pipes.await_reply(within(LATER), never)
    assert ends.pipes.receive(4, within(LATER)) == b"last"
    ends.pipes.await_reply(within(LATER), never)
    with pytest.raises(ConnectionResetError):
        ends.pipes.receive(1, within(LATER))


def test_a_bell_that_rang_before_is_heard(ends: Ends) -> None:
    heard = []
    ends.pipes.ring()
    ends.pipes.ring()
    with pytest.raises(TimeoutError):
        ends.pipes.await_reply(within(SOON), lambda: heard.append(1))
    assert heard


def test_a_bell_wakes_who_waits_and_who_is_woken_may_send(ends: Ends) -> None:
    ringing = threading.Timer(0.05, ends.pipes.ring)
    ringing.start()

    def answered() -> None:
        ends.pipes.send(b"cancel", within(LATER))
        assert os.read(ends.requests, 6) == b"cancel"
        os.write(ends.replies, b"!")

    ends.pipes.await_reply(within(LATER), answered)
    assert ends.pipes.receive(1, within(LATER)) == b"!"
    ringing.join()


def test_a_bell_in_the_middle_of_a_reply_is_kept_for_the_next(ends: Ends) -> None:
    heard = []
    os.write(ends.replies, b"a")
    ends.pipes.await_reply(within(LATER), never)
    ends.pipes.ring()
    assert ends.pipes.receive(1, within(LATER)) == b"a"
    with pytest.raises(TimeoutError):
        ends.pipes.await_reply(within(SOON), lambda: heard.append(1))
    assert heard


def test_many_threads_may_ring_and_nobody_is_kept_waiting(ends: Ends) -> None:
    ringing = [beside(lambda: [ends.pipes.ring() for _ in range(5000)]) for _ in range(4)]
    for one in ringing:
        one.join(LATER)
    os.write(ends.replies, b"x")
    ends.pipes.await_reply(within(LATER), lambda: None)
    assert ends.pipes.receive(1, within(LATER)) == b"x"


def test_a_bell_after_the_end_is_nobodys(ends: Ends) -> None:
    ends.pipes.close()
    ends.pipes.ring()
    ends.pipes.close()


def test_descriptors_of_the_next_files_are_left_alone(ends: Ends, tmp_path: Path) -> None:
    """Whoever owns the descriptors closes them while threads may still wait for the pipes; their numbers are used again."""
    with pytest.raises(TimeoutError):
        ends.pipes.receive(1, within(SOON))
    ends.pipes.close()
    for descriptor in ends.ours:
        os.close(descriptor)
    path = tmp_path / "next"
    path.write_bytes(b"n" * 1000)
    files = [path.open("r+b") for _ in range(20)]
    assert set(ends.ours) <= {file.fileno() for file in files}
    ends.ours.clear()
    with suppress(BrokenPipeError):
        os.write(ends.replies, b"too late")
    time.sleep(0.05)
    assert [os.lseek(file.fileno(), 0, os.SEEK_CUR) for file in files] == [0] * 20
    assert path.read_bytes() == b"n" * 1000
    for file in files:
        file.close()


def test_who_cannot_watch_pipes_gets_threads(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    rich = open_pipes(ends.requests, ends.replies)
    monkeypatch.delattr(selectors, "PollSelector")
    poor = open_pipes(ends.requests, ends.replies)
    assert (type(rich), type(poor)) == (PolledPipes, ThreadedPipes)
    rich.close()
    poor.close()
