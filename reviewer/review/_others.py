"""What the deterministic reviewers say, for the models, which are asked beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from reviewer.records import Finding


class Others:
    """Known some time after the models have begun: they may look at hunks before, and say nothing until then."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self._turn = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self.findings: Sequence[Finding] = ()
        """What they found, without what a person silenced; empty until it is known."""
        self.blocked = False
        """Whether they block the change: then nobody waits for an opinion on it."""
        self.asked = threading.Event()
        """Set as soon as a model has its first question, or gets none before the others are done."""

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Others:
        """Known from the start, and not blocking."""
        made = cls()
        made.settle(findings, blocked=False)
        return made

    @property
    def settled(self) -> bool:
        """Whether it is known."""
        return self._known.is_set()

    def settle(self, findings: Sequence[Finding], *, blocked: bool) -> None:
        """Say it, once. If the change is blocked, everything that `when_blocked` was told of is called in this thread."""
        with self._turn:
            self.findings, self.blocked = findings, blocked
            self._known.set()
            stops = self._stops if blocked else []
        for stop in stops:
            stop()

    def wait(self) -> None:
        """Until it is known."""
        self._known.wait()

    def when_blocked(self, stop: Callable[[], None]) -> None:
        """Have `stop` called as soon as the change is blocked, from another thread; at once if it is already."""
        with self._turn:
            self._stops.append(stop)
            late = self.blocked
        if late:
            stop()
