"""What is asked next: most expected value per second first. What does not fit into the time that is left is not begun."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.backends.interface import Written
from reviewer.models.exam.results import Speed
from reviewer.records import Complexity, Profile, Task
from reviewer.review._model_question import Question, Reply
from reviewer.review._model_tokens import estimate

USUAL = Speed(prefill=100.0, decode=6.0)
"""Tokens per second where nothing was measured: the slower figures of two runtimes with 1.5B on two cores. Only for the order."""

WRITTEN = 90
"""Tokens of a usual review: one statement."""

FLAGGED = 0.3
"""Share of the screened that go on to a review. Own choice; only the order depends on it."""

DEFECTIVE = {Complexity.SIMPLE: 0.05, Complexity.MEDIUM: 0.1, Complexity.COMPLEX: 0.2}
"""Share of hunks with a defect before anything is known of them. Own choice: only the order depends on it."""

IN_TESTS = 0.5
"""What a defect in a test is worth, where one in the product is worth 1. Own choice."""

MISGIVING = 0.5
"""What is won by judging a finding of medium confidence: about half of such findings are wrong. Own choice."""


OVER = 1.5
"""By how much `_model_tokens.estimate` is over the truth on average; the exam counts tokens as they are."""


@dataclass(slots=True)
class Pace:
    """How fast a model is: as measured by its exam until it has been seen at work."""

    speed: Speed | None
    read: int = 0
    """Estimated tokens that it read in this review."""
    reading: float = 0.0
    """Seconds that it took for that."""
    wrote: int = 0
    """Tokens that it wrote in this review."""
    writing: float = 0.0
    """Seconds that it took for that."""

    def saw(self, question: Question, reply: Reply, seconds: float) -> None:
        """Learn from an answer."""
        if isinstance(reply, Written):
            self.wrote, self.writing = self.wrote + reply.tokens, self.writing + seconds
        else:
            self.read, self.reading = self.read + tokens(question), self.reading + seconds

    def seconds(self, question: Question) -> float:
        """What a question is expected to take. What was read to judge it is not read again to write about it."""
        if question.schema is None:
            return tokens(question) / self._rate(self.read, self.reading, OVER * (self.speed or USUAL).prefill)
        return self.to_write

    @property
    def to_write(self) -> float:
        """Seconds for a usual statement."""
        return WRITTEN / self._rate(self.wrote, self.writing, (self.speed or USUAL).decode or USUAL.decode)

    def knows(self, question: Question) -> bool:
        """Whether that is more than a guess; a guess defers nothing."""
        if question.schema is None:
            return self.speed is not None or self.reading > 0
        return self.writing > 0 or (self.speed is not None and self.speed.decode > 0)

    @staticmethod
    def _rate(done: int, seconds: float, otherwise: float) -> float:
        return max(done / seconds if done and seconds > 0 else otherwise, 1e-3)


def tokens(question: Question) -> int:
    """Estimated tokens of a question."""
    return estimate(question.system) + estimate(question.material) + estimate(question.question)


def prior(profile: Profile | None) -> float:
    """What looking at a hunk may be worth before anything is known of it."""
    if profile is None:
        return DEFECTIVE[Complexity.SIMPLE]
    return DEFECTIVE[profile.complexity] * (IN_TESTS if profile.task is Task.TEST else 1.0)
