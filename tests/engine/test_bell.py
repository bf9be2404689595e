"""The bell that wakes a selector."""

from __future__ import annotations

import selectors
import signal
import threading

import pytest

from reviewer.engine.bell import Bell


def rings(bell: Bell, seconds: float = 0.0) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(bell, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def test_it_rings_until_it_is_quiet() -> None:
    bell = Bell()
    assert not rings(bell)
    bell.quiet()
    for _ in range(3):
        bell.ring()
    assert rings(bell)
    assert rings(bell)
    bell.quiet()
    assert not rings(bell)
    bell.close()


def test_another_thread_wakes_who_waits() -> None:
    bell = Bell()
    ringing = threading.Timer(0.05, bell.ring)
    ringing.start()
    assert rings(bell, 30)
    ringing.join()
    bell.close()


def test_a_full_bell_rings_and_waits_for_nobody() -> None:
    bell = Bell()
    for _ in range(100_000):
        bell.ring()
    assert rings(bell)
    bell.close()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a signal that comes by itself")
def test_a_signal_handler_may_ring_at_any_moment() -> None:
    bell = Bell()
    before = signal.signal(signal.SIGALRM, lambda *_: bell.ring())
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0003)
    try:
        for _ in range(20_000):
            bell.ring()
            bell.quiet()
        bell.close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    bell.ring()


def test_after_its_end_it_does_nothing() -> None:
    bell = Bell()
    bell.close()
    bell.ring()
    bell.close()
