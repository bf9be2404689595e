"""What a question is worth and how long it takes: what `reviewer.scheduling` needs to know to choose what is asked next."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reviewer.backends.interface import Written
from reviewer.classify import rank_odds
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said."""

    reply: Reply
    seconds: float = 0.0
    """That the question itself took, without loading and without what was planted; 0 if the answer was there already."""


@dataclass(slots=True)
class Pace:
    """How fast a model is: as measured by its exam until it has been seen at work. Tokens to read are estimated ones."""

    speed: Speed | None
    read: int = 0
    """Estimated tokens that it read in this review."""
    reading: float = 0.0
    """Seconds that it took for that."""
    wrote: int = 0
    """Tokens that it wrote in this review."""
    writing: float = 0.0
    """Seconds that it took for that."""

    def saw(self, question: Question, answer: Answer) -> None:
        """Learn from an answer."""
        if not answer.seconds:
            return
        if isinstance(answer.reply, Written):
            self.wrote, self.writing = self.wrote + answer.reply.tokens, self.writing + answer.seconds
        else:
            self.read, self.reading = self.read + tokens(question), self.reading + answer.seconds

    def seconds(self, question: Question) -> float:
        """What a question is expected to take. What was read to judge it is not read again to write about it."""
        return tokens(question) / self.reads if question.schema is None else self.to_write

    @property
    def to_write(self) -> float:
        """Seconds for a usual statement."""
        return WRITTEN / self.writes

    @property
    def reads(self) -> float:
        """Estimated tokens a second."""
        return self._rate(self.read, self.reading, OVER * (self.speed or USUAL).prefill)

    @property
    def writes(self) -> float:
        """Tokens a second."""
        return self._rate(self.wrote, self.writing, (self.speed or USUAL).decode or USUAL.decode)

    @property
    def measured(self) -> bool:
        """Whether that is more than a guess; a guess defers nothing."""
        reading = self.speed is not None or self.reading > 0
        return reading and (self.writing > 0 or (self.speed is not None and self.speed.decode > 0))

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
    likely = DEFECTIVE[profile.complexity] * (IN_TESTS if profile.task is Task.TEST else 1.0)
    odds = likely / (1 - likely) * math.exp(rank_odds.log_odds(profile.risk))
    return odds / (1 + odds)
