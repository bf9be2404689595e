"""Screens hunks while the deterministic reviewers are still at work, so that the answers are there when they are needed.

Nothing follows from an answer here: who reviews a hunk depends on what the others find, and the same change must go the same way
however fast they are. What leaves this machine waits until the others have seen the change.
"""

from __future__ import annotations

from reviewer.errors import BackendError
from reviewer.review import _model_roles as roles
from reviewer.review import _model_schedule as schedule
from reviewer.review._model_asking import Asking, ends
from reviewer.review._model_choice import profile_of, reviewer_of, screener_of
from reviewer.review._model_parts import Parts
from reviewer.review._model_seats import Seats
from reviewer.review._model_tasks import Tasks
from reviewer.review.interface import Job


def ask_ahead(job: Job, seats: Seats, parts: Parts, asking: Asking) -> None:
    """Ask until the others are done or nothing is left. What fails is met again on the way of the hunk, and reported there."""
    for task in _screens(job, seats, parts, asking):
        if job.others.settled or task.seat.broken:
            return
        try:
            answer = asking.answer(task.seat, task.question, task.part.hunk.content_id)
            asking.pace(task.seat).saw(task.question, answer)
        except BackendError as error:
            if ends(error):
                task.seat.broken = error.told
            return


def _screens(job: Job, seats: Seats, parts: Parts, asking: Asking) -> Tasks:
    tasks = Tasks(asking)
    for hunk in job.hunks:
        screener = screener_of(seats, job, hunk)
        if screener is None or screener.remote or reviewer_of(seats, job, hunk) is None:
            continue
        for part in parts.of(hunk):
            tasks.add("screen", part, screener, roles.screen(part.context), schedule.prior(profile_of(job, hunk)))
    return tasks
