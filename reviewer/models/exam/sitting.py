"""Puts the questions of one role to a model, one after the other, and says how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from reviewer.errors import BackendError
from reviewer.models.exam.journal import Journal
from reviewer.models.exam.marking import Answer
from reviewer.models.exam.records import Alarm, Exam, Sample
from reviewer.models.progress import Progress

Question = Sample | Alarm

Ask = Callable[[str, Question], Answer]
"""Puts a question in a role to the model. Raises BackendError if the model cannot answer it; that may be a crash."""

PATIENCE = 5
"""Questions in a row without an answer after which the exam is given up. Own choice: a crash now and then is normal life for
a native runtime, but a model that fails five times in a row will fail the next time too."""

FIRST = 8
"""Answers after which the time that is left can be told from them. Own choice."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """What was answered."""

    answers: Mapping[str, Answer]
    seconds: float
    """Median time of a question; 0 if none was answered."""
    failures: Mapping[str, str]
    """Questions without an answer, and why."""


def questions(exam: Exam, role: str) -> tuple[Question, ...]:
    """What is asked in a role: alarms for triage, else every change and then every attempt to talk a defect away."""
    if role == "triage":
        return exam.alarms
    return (*exam.samples, *(item.loaded for item in exam.injections))


def sit(
    exam: Exam,
    role: str,
    ask: Ask,
    journal: Journal,
    progress: Progress,
    *,
    pace: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
) -> Sitting:
    """Ask what the journal does not hold yet.

    Args:
        pace: expected seconds of a question, for the first estimate; 0 if nothing is known.

    Raises:
        BackendError: the model failed several times in a row. What it answered before is in the journal.
        StorageError: the journal cannot be written.
    """
    every = questions(exam, role)
    return _Room(role, every, ask, journal, progress, clock).run(pace)


@dataclass(slots=True)
class _Room:
    """One exam under way."""

    role: str
    every: Sequence[Question]
    ask: Ask
    journal: Journal
    progress: Progress
    clock: Callable[[], float]
    failures: dict[str, str] = field(default_factory=dict)
    row: int = 0
    """Failures since the last answer."""

    def run(self, pace: float) -> Sitting:
        todo = [question for question in self.every if question.id not in self.journal.kept]
        self._announce(len(todo), pace)
        for number, question in enumerate(todo, 1):
            self._put(question)
            self.progress.advance(len(self.every) - len(todo) + number)
            if number == FIRST < len(todo):
                self._estimate(len(todo) - number, self._seconds())
        asked = {question.id for question in self.every}
        answers = {name: kept.answer for name, kept in self.journal.kept.items() if name in asked}
        return Sitting(answers, self._seconds(), self.failures)

    def _put(self, question: Question) -> None:
        began = self.clock()
        try:
            answer = self.ask(self.role, question)
        except BackendError as error:
            self._failed(question, error)
            return
        self.row = 0
        self.journal.keep(question.id, answer, self.clock() - began)

    def _failed(self, question: Question, error: BackendError) -> None:
        """A failure is not kept: the next run asks again."""
        self.failures[question.id] = str(error)
        self.row += 1
        if self.row >= PATIENCE:
            todo = f"The {len(self.journal.kept)} answers so far are kept; run the command again to go on."
            what = f"the model left {PATIENCE} questions in a row without an answer, the last one because {error.what}"
            raise BackendError(what, where=error.where, todo=todo) from error

    def _announce(self, left: int, pace: float) -> None:
        kept = len(self.every) - left
        self.progress.begin(f"exam for {self.role}", len(self.every))
        self.progress.advance(kept)
        if kept and left:
            self.progress.say(f"{self.role}: {kept} of {len(self.every)} answers are kept from an earlier run")
        if left:
            self._estimate(left, self._seconds() or pace)

    def _estimate(self, left: int, pace: float) -> None:
        about = f", about {_spoken(left * pace)} at {pace:.1f} s each" if pace else ""
        self.progress.say(f"{self.role}: {left} questions to ask{about}")

    def _seconds(self) -> float:
        return median(kept.seconds for kept in self.journal.kept.values()) if self.journal.kept else 0.0


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
