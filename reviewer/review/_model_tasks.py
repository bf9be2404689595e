"""The questions that can be asked now."""

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
    """Those that wait. The most expected value per second comes first, and of equals the first one added."""

    asking: Asking
    waiting: list[Task] = field(default_factory=list)

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
        self.waiting.append(Task(step, part, seat, question, about, own, rank))

    def __iter__(self) -> Iterator[Task]:
        """Until none waits; more may be added meanwhile."""
        while self.waiting:
            best = max(range(len(self.waiting)), key=lambda index: (self.waiting[index].rank, -index))
            yield self.waiting.pop(best)
