"""Every question that a review could put to a model, without asking any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.records import Hunk, State
from reviewer.review import _model_roles as roles
from reviewer.review import _model_triage as triage
from reviewer.review._model_canary import canary
from reviewer.review._model_choice import judge_of, reviewer_of, screener_of
from reviewer.review._model_context import Library
from reviewer.review._model_parts import Parts
from reviewer.review._model_question import Question
from reviewer.review._model_seats import Missing, Seat, Seats, open_seats
from reviewer.review.interface import Job


@dataclass(frozen=True, slots=True)
class Sent:
    """One question, and when it would be asked."""

    seat: Seat
    question: Question
    hunk: Hunk | None
    """None for what is planted."""
    when: str
    """Such as "if the screen's score is high enough"; empty for always."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be asked, and what not."""

    sent: tuple[Sent, ...]
    silent: tuple[str, ...]
    """Why models or roles are not asked, in a sentence each."""
    confirms: str
    """Name of the model that would take a second look at what is stated; empty if none would."""


def preview(job: Job) -> Preview:
    """Look at a job as `by_models` would, and start nothing.

    What is asked depends on the answers before: everything is listed that could be asked, but for the second look, whose
    question holds what the first model stated, and what the cache may spare.
    """
    if not job.machine.model:
        return Preview((), ("no model is chosen: set model in the user's configuration",), "")
    seats = open_seats(job.machine)
    parts = Parts(Library(job.files), redacting=any(seat.remote for seat in seats.all))
    sent = [*_alarms(job, seats, parts), *(one for hunk in job.hunks for one in _hunk(job, seats, parts, hunk))]
    asked = dict.fromkeys((one.seat.label, one.question.role) for one in sent)
    planted = [_planted(seat, role) for seat in seats.all for role in ("screen", "review") if (seat.label, role) in asked]
    confirm = seats.holder("confirm")
    return Preview((*planted, *sent), tuple(_silent(seats)), confirm.name if confirm else "")


def _hunk(job: Job, seats: Seats, parts: Parts, hunk: Hunk) -> Iterator[Sent]:
    reviewer, screener = reviewer_of(seats, job, hunk), screener_of(seats, job, hunk)
    if reviewer is None:
        return
    for part in parts.of(hunk):
        if screener is not None:
            yield Sent(screener, roles.screen(part.context), hunk, "")
        yield Sent(reviewer, roles.verdict(part.context), hunk, "if the screen lets it through" if screener else "")
        yield Sent(reviewer, roles.review(part.context), hunk, "if the verdict is that there is a defect")


def _alarms(job: Job, seats: Seats, parts: Parts) -> Iterator[Sent]:
    for alarm, part, label in triage.questions(job.others.findings, job.hunks, parts):
        seat = judge_of(seats, job, part.hunk)
        if seat is not None:
            yield Sent(seat, roles.triage(part.context, label, parts.said(triage.claim(alarm))), part.hunk, "")


def _planted(seat: Seat, role: str) -> Sent:
    build = roles.screen if role == "screen" else roles.verdict
    return Sent(seat, build(canary()), None, "before the first hunk")


def _silent(seats: Seats) -> Iterator[str]:
    for seat in (seats.usual, seats.larger):
        if isinstance(seat, Missing):
            yield seat.reason if seat.state is State.SKIPPED else f"cannot be asked: {seat.reason}"
        elif seat is not None:
            yield from seat.refusals.values()
