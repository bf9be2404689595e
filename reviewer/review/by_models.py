"""Asks local models about the hunks, each in the roles that it has passed an exam for, until the time budget is over.

What a model says advises and never blocks. A model that has passed nothing is not asked at all, unless the user's own file
forces a role on it; then findings and attestation say so.
"""

from __future__ import annotations

from reviewer.records import State
from reviewer.review._model_seats import Missing, Seats, open_seats
from reviewer.review.interface import Job, Outcome, cover

NAME = "models"

BLOCKED = "the change is blocked already"
"""Why nobody's opinion is asked for."""


def review(job: Job) -> Outcome:
    """Review the hunks until the deadline. Raises nothing for a broken model: that is coverage."""
    try:
        return _reviewed(job)
    finally:
        job.others.asked.set()


def _reviewed(job: Job) -> Outcome:
    if not job.machine.model:
        return _nobody(job, Missing(State.SKIPPED, "no model is chosen: set model in the user's configuration"))
    seats = open_seats(job.machine)
    if not any(seat.permits for seat in seats.all):
        return _nobody(job, seats.refusal("review"))
    return _asked(job, seats)


def _nobody(job: Job, missing: Missing) -> Outcome:
    return Outcome((), cover(job.hunks, NAME, missing.state, missing.reason), {})


def _asked(job: Job, seats: Seats) -> Outcome:
    # Imported only where somebody may speak: most hooks have no model.
    from reviewer.review._model_ahead import ask_ahead
    from reviewer.review._model_asking import Asking
    from reviewer.review._model_cache import open_cache
    from reviewer.review._model_context import Library
    from reviewer.review._model_ledger import Ledger
    from reviewer.review._model_parts import Parts
    from reviewer.review._model_tasks import Tasks
    from reviewer.review._model_way import Way

    parts = Parts(Library(job.files), redacting=any(seat.remote for seat in seats.all))
    with Asking(job, open_cache(job.machine)) as asking:
        job.others.when_blocked(asking.abandon)
        ask_ahead(job, seats, parts, asking)
        job.others.asked.set()
        job.others.wait()
        if job.others.blocked:
            return _nobody(job, Missing(State.DEFERRED, BLOCKED))
        way = Way(job, seats, parts, asking, Ledger(job.hunks), Tasks(asking))
        way.begin()
        if way.tasks.waiting:
            # Most hooks with a model have all answers by now, and need nobody to ask.
            from reviewer.review._model_floor import ask_all

            ask_all(way)
        return way.outcome()
