"""Says every second how long something has been going on, for those who watch."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from reviewer.review.interface import Progress

_EVERY = 1.0
"""Seconds."""


class Ticking:
    """Progress for the time of a `with` block. The thread that says it is gone afterwards.

    Args:
        text: what is going on.
        most: seconds that it may take.
    """

    def __init__(self, progress: Progress, text: str, most: float) -> None:
        self._progress = progress
        self._text = text
        self._most = most
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Ticking:
        self._progress.step(self._text)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _tick(self) -> None:
        started = time.monotonic()
        while not self._done.wait(_EVERY):
            self._progress.step(f"{self._text} ({time.monotonic() - started:.0f} s of at most {max(0.0, self._most):.0f})")
