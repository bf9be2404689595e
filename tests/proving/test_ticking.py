"""Who watches a model sees that it works, and for how long it may."""

from __future__ import annotations

import threading
import time

import pytest

from reviewer.proving.ticking import Ticking


class Watcher:
    """Keeps what it is told, and says when it was told enough."""

    def __init__(self, enough: int) -> None:
        self.told: list[str] = []
        self.enough = enough
        self.done = threading.Event()

    def step(self, text: str) -> None:
        self.told.append(text)
        if len(self.told) >= self.enough:
            self.done.set()


def test_it_says_at_once_what_is_going_on_then_how_long() -> None:
    watcher, ready = Watcher(4), threading.Event()
    with Ticking(watcher, lambda: "writes" if ready.is_set() else "is loaded", time.monotonic() + 3600, every=0.01):
        assert watcher.told[0] == "is loaded"
        ready.set()
        assert watcher.done.wait(60)
    assert watcher.told[-1].startswith("writes (0 s, at most 3")
    count = len(watcher.told)
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("(_tick)")]
    assert len(watcher.told) == count


def test_it_is_over_when_the_work_fails_and_never_says_less_than_nothing() -> None:
    watcher = Watcher(2)

    def work() -> None:
        with Ticking(watcher, lambda: "x", time.monotonic() - 9, every=0.01):
            assert watcher.done.wait(60)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert watcher.told[1] == "x (0 s, at most 0 s more)"
