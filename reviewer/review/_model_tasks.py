"""The questions that wait to be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reviewer.records import Finding
from reviewer.review import _model_schedule as schedule
from reviewer.review._model_asking import Asking
from reviewer.review._model_ledger import Part
from reviewer.review._model_question import Question
from reviewer.review._model_seats import Seat
from reviewer.review._model_statements import Statement


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about besides the change."""

    statement: Statement | None = None
    """What is to be confirmed."""
    reviewer: Seat | None = None
    """Who stated it."""
    alarm: Finding | None = None
    """What a rule says, to be judged."""


NOTHING = About()


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One question."""

    name: str
    """Unlike that of any other one; sorts by when it was added."""
    step: str
    """screen, verdict, write, confirm or triage."""
    part: Part
    seat: Seat
    question: Question
    about: About
    own: float
    """Seconds that it is expected to take; 0 if its answer is known."""
    rank: float
    """Expected value per second, of this step and those that it leads to. The value of a defect that reaches its author is 1."""


@dataclass(slots=True)
class Tasks:
    """Those that wait, by name."""

    asking: Asking
    waiting: dict[str, Task] = field(default_factory=dict)
    _added: int = 0

    def add(self, step: str, part: Part, seat: Seat, question: Question, value: float, about: About = NOTHING) -> None:
        """One more.

        Args:
            value: what its answer is expected to be worth.
        """
        pace = self.asking.pace(seat)
        known = self.asking.known(seat, question, part.hunk.content_id)
        own = 0.0 if known else pace.seconds(question)
        later = {"screen": schedule.FLAGGED * (own + pace.to_write), "verdict": schedule.FLAGGED * pace.to_write}
        rank = float("inf") if known else value / (own + later.get(step, 0.0))
        self._added += 1
        task = Task(f"{self._added:06}", step, part, seat, question, about, own, rank)
        self.waiting[task.name] = task

    def take(self, name: str) -> Task:
        """One that waits no more."""
        return self.waiting.pop(name)

    def known(self) -> Iterator[Task]:
        """Those whose answer is there, until none is left; more may be added meanwhile."""
        while ready := [name for name, task in self.waiting.items() if not task.own]:
            for name in ready:
                yield self.take(name)

    def __iter__(self) -> Iterator[Task]:
        """All: the most expected value per second first, of equals the first one added. More may be added meanwhile."""
        while self.waiting:
            yield self.take(max(self.waiting.values(), key=lambda task: task.rank).name)
