"""What the engine knows of one model: its worker, who waits for it, and how it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from reviewer.engine.batch import gathered
from reviewer.engine.client import Task
from reviewer.engine.hand import Hand, Spec
from reviewer.engine.ticket import Reply, Ticket


class State(str, Enum):
    """Of a model in the engine."""

    ABSENT = "not loaded"
    """It has no worker: it was put out to make room, or refused. The next question loads it."""
    WAITING = "waits for memory"
    """Others are being put out for it."""
    LOADING = "loading"
    IDLE = "idle"
    BUSY = "busy"
    RESTING = "resting"
    """It crashed twice without an answer between, and is not started for a while."""


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """What a worker was given."""

    ticket: Ticket
    task: Task
    recalled: bool = False
    """Whether it goes back to those who wait, since somebody came who is to be asked before."""


@dataclass(slots=True, eq=False)
class Slot:
    """One model. Only the engine's main thread touches it."""

    spec: Spec
    state: State = State.ABSENT
    hand: Hand | None = None
    running: list[Running] = field(default_factory=list)
    """In the order in which the worker answers; only the first has begun."""
    waiting: list[Ticket] = field(default_factory=list)
    """For an answer, or with an empty request for the model to be loaded."""
    used: float = 0.0
    """When it last answered, `time.monotonic()`."""
    rests_until: float = 0.0
    requests: int = 0
    restarts: int = 0
    crashes: int = 0
    """In a row: an answer sets it to 0."""
    size: int = 0
    """Bytes that it took when it was last looked at; 0 if it never was loaded."""
    last_error: str = ""

    @property
    def loaded(self) -> bool:
        """Whether it can be asked, now or after the running question."""
        return self.state in (State.IDLE, State.BUSY)

    def next(self) -> Ticket | None:
        """The next one to ask, taken off the list: by priority, then by deadline, then by arrival."""
        self.waiting = sorted((one for one in self.waiting if one.wanted), key=lambda one: one.order)
        return self.waiting.pop(0) if self.waiting else None

    def next_batch(self) -> list[Ticket]:
        """The next one to ask, and those who wait for an answer about the same instructions, taken off the list."""
        first = self.next()
        if first is None or not first.request:
            return [first] if first is not None else []
        chosen = gathered(first, self.waiting)
        self.waiting = [one for one in self.waiting if one not in chosen]
        return chosen

    @property
    def begun(self) -> Running | None:
        """What the worker computes now."""
        return self.running[0] if self.running else None

    def settle_late(self, now: float, reply: Reply) -> None:
        """Give those whose deadline is over, and whose question has not begun, a reply; forget those who hung up."""
        for running in self.running[1:]:
            if running.ticket.deadline <= now:
                running.ticket.settle(reply)
        late = [one for one in self.waiting if one.deadline <= now]
        self.waiting = [one for one in self.waiting if one.wanted and one.deadline > now]
        for ticket in late:
            ticket.settle(reply)

    def settle_all(self, reply: Reply) -> None:
        """Give everybody who waits the same reply."""
        waiting, self.waiting = self.waiting, []
        for ticket in waiting:
            ticket.settle(reply)

    def settle_running(self, reply: Reply) -> None:
        """The first running question is answered, or will never be."""
        if self.running:
            running = self.running.pop(0)
            if running.recalled and "error" in reply and "ended" not in reply:
                self.waiting.append(running.ticket)
            else:
                running.ticket.settle(reply)

    def wait_again(self) -> None:
        """What the worker was given and has not begun waits for the next one."""
        running, self.running = self.running, []
        self.waiting += [one.ticket for one in running]

    def described(self, resident: int | None) -> dict[str, Any]:
        """For `engine status`.

        Args:
            resident: bytes of its worker in memory, None if they cannot be known.
        """
        return {
            "model": self.spec.model,
            "sha256": str(self.spec.files.get("sha256", "")),
            "backend": self.spec.backend,
            "state": self.state.value,
            "pid": self.hand.process if self.hand else 0,
            "rss": resident,
            "requests": self.requests,
            "waiting": sum(ticket.wanted for ticket in [*self.waiting, *(one.ticket for one in self.running[1:])]),
            "restarts": self.restarts,
            "last_error": self.last_error,
        }
