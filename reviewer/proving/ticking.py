"""Says every second what a model is doing, for how long already and for how long at most, to those who watch.

A model's answer comes as a whole: what it has written so far is not known before, so it cannot be shown.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from reviewer.review.interface import Progress

_EVERY = 1.0
"""Seconds."""


class Ticking:
    """Progress for the time of a `with` block. The thread that says it is gone afterwards.

    Args:
        text: says what is going on; it is asked again each time.
        deadline: `time.monotonic()` at which it ends at the latest.
        every: seconds between two times.
    """

    def __init__(self, progress: Progress, text: Callable[[], str], deadline: float, every: float = _EVERY) -> None:
        self._progress = progress
        self._text = text
        self._deadline = deadline
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Ticking:
        self._progress.step(self._text())
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _tick(self) -> None:
        started = time.monotonic()
        while not self._done.wait(self._every):
            now = time.monotonic()
            self._progress.step(f"{self._text()} ({now - started:.0f} s, at most {max(0.0, self._deadline - now):.0f} s more)")
