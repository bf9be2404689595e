"""Puts questions to the models: out of the cache if they were answered before, else to a model that is seen to be awake."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING

from reviewer.errors import AbandonedError, BackendError
from reviewer.records import Policy
from reviewer.review import _model_cache as cache
from reviewer.review import _model_roles as roles
from reviewer.review._model_cache import Cache
from reviewer.review._model_canary import canary
from reviewer.review._model_permit import Permit
from reviewer.review._model_question import Question, Reply, log_odds
from reviewer.review._model_schedule import Answer, Pace
from reviewer.review._model_seats import Seat
from reviewer.review.interface import Job

if TYPE_CHECKING:
    from reviewer.engine.asker import Asker
    from reviewer.review._model_session import Session


class BlindError(BackendError):
    """The model missed a defect that was planted."""


class ReplacedError(BackendError):
    """A server runs another model than the one that took the exam."""


@dataclass(slots=True)
class Asking:
    """All models of one review. Used as a context manager, no session is left afterwards.

    Several threads may use it, each model only one at a time.
    """

    job: Job
    kept: Cache
    paces: dict[str, Pace] = field(default_factory=dict)
    _found: dict[str, Reply] = field(default_factory=dict)
    _awake: set[tuple[str, str]] = field(default_factory=set)
    """(model, role) that found what was planted in this session."""
    _used: list[Seat] = field(default_factory=list)
    _abandoned: threading.Event = field(default_factory=threading.Event)
    notes: list[str] = field(default_factory=list)
    """What the reader should know about how the models were reached."""

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for seat in self._used:
            if seat.session is not None:
                seat.session.__exit__(kind, error, trace)

    def abandon(self) -> None:
        """From another thread: end the running question; nothing is asked any more."""
        self._abandoned.set()
        for seat in list(self._used):
            if seat.session is not None:
                seat.session.abandon()

    @property
    def seats(self) -> list[Seat]:
        """Models that were asked, or whose answers were there already, in the order of their first."""
        return self._used

    def used(self, seat: Seat) -> bool:
        """Whether it is one of them."""
        return any(one is seat for one in self._used)

    def pace(self, seat: Seat) -> Pace:
        """How fast a model is."""
        return self.paces.setdefault(seat.label, Pace(seat.speed))

    def known(self, seat: Seat, question: Question, content_id: str) -> bool:
        """Whether the answer is there already."""
        return self._recalled(seat, self._key(seat, question, content_id)) is not None

    def answer(self, seat: Seat, question: Question, content_id: str) -> Answer:
        """The answer of a model.

        Args:
            content_id: of the hunk.

        Raises:
            BlindError: the model is not awake.
            BackendError: see `engine.client.Questions`.
        """
        if not self.used(seat):
            self._used.append(seat)
        if seat.unmet:
            self._meet(seat, question.role)
        key = self._key(seat, question, content_id)
        known = self._recalled(seat, key)
        if known is not None:
            return Answer(known)
        self._wake(seat, question.role)
        session = self._session(seat)
        loading, started = session.loading, time.monotonic()
        reply = self._put(seat, question)
        seconds = time.monotonic() - started - (session.loading - loading)
        self._found[key] = reply
        if seat.kept:
            self.kept.put(key, reply)
        return Answer(reply, seconds)

    def _meet(self, seat: Seat, role: str) -> None:
        """Ask a server what it runs, before it is told anything of the change."""
        session = self._session(seat)
        seat.meet(self.job.machine, session.ask(lambda asker: asker.digest(session.deadline)))
        if role not in seat.permits:
            raise ReplacedError(
                f"the server of {seat.name} runs another model than the one that was examined", todo=seat.refusals[role]
            )

    def _key(self, seat: Seat, question: Question, content_id: str) -> str:
        """Hunk, context and prompt (all that is sent), model, and policy, but for how much time that gives."""
        policy = replace(self.job.policy, budget=Policy().budget).digest
        return cache.key(content_id, question.digest, roles.prompt_digest(question.role), seat.label, policy)

    def _recalled(self, seat: Seat, key: str) -> Reply | None:
        known = self._found.get(key) or (self.kept.get(key) if seat.kept else None)
        if known is not None:
            self._found[key] = known
        return known

    def _put(self, seat: Seat, question: Question) -> Reply:
        session = self._session(seat)
        return session.ask(lambda asker: self._posed(question, asker, session))

    def _session(self, seat: Seat) -> Session:
        session = seat.open(self.job.folder, self.job.deadline, self._noted)
        if self._abandoned.is_set():
            raise AbandonedError("nobody wants the model's answers any more")
        return session

    def _posed(self, question: Question, asker: Asker, session: Session) -> Reply:
        self.job.others.asked.set()
        return question.ask(asker, session.deadline)

    def _noted(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _wake(self, seat: Seat, role: str) -> None:
        """Before the first hunk that a model screens or reviews in this session it gets one with a planted defect."""
        if role not in ("screen", "review") or (seat.label, role) in self._awake:
            return
        build = roles.screen if role == "screen" else roles.verdict
        score = log_odds(self._put(seat, build(canary())))
        if score < least(seat.permits[role], role):
            raise BlindError(f"{seat.name} missed a planted defect as {role}: not reviewed")
        self._awake.add((seat.label, role))


def least(permit: Permit, role: str) -> float:
    """The log-odds from which on an answer counts."""
    return max(permit.threshold, roles.FLOOR) if role == "review" else permit.threshold


def ends(error: BackendError) -> bool:
    """Whether a model is not asked again in this review after an error."""
    from reviewer.engine.client import CrashedError

    return isinstance(error, (AbandonedError, BlindError, CrashedError, ReplacedError))
