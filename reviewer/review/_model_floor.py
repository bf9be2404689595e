"""Asks all models at the same time, each device in a thread of its own, as `reviewer.scheduling` says.

The threads only ask. What an answer means, and what is asked because of it, is found out by the thread that called.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from reviewer.backends.interface import Written
from reviewer.errors import HunkgateError
from reviewer.review._model_devices import devices, key, work
from reviewer.review._model_schedule import Answer, tokens
from reviewer.review._model_tasks import Task
from reviewer.review._model_way import Way
from reviewer.scheduling.driving import drive
from reviewer.scheduling.floor import Event, Finished, Order
from reviewer.scheduling.threads import Answer as Done
from reviewer.scheduling.threads import Threads
from reviewer.scheduling.work import Device, Job, State

_DOING = {
    "screen": "looks at a hunk",
    "verdict": "reads a hunk",
    "write": "states what is wrong",
    "confirm": "takes a second look",
    "triage": "judges a finding of the rules",
}


_FADES = 0.5
"""What an answer counts as against the one after it, when a model's speed is judged. Own choice."""


def ask_all(way: Way) -> None:
    """Ask what waits, and what follows from it, until all is answered or the time is over; nothing waits afterwards."""
    places = devices(way.seats, way.asking, way.job.machine)
    with ModelFloor(way, places) as floor:
        driven = drive(floor.fresh(), places, floor, max(way.job.deadline - time.monotonic(), 0.0))
    over = time.monotonic() >= way.job.deadline
    reasons = {one.job.name: one.reason for one in driven.outcomes if one.state is State.FAILED}
    for name in list(way.tasks.waiting):
        task = way.tasks.take(name)
        if name in reasons:
            way.failed(task, reasons[name])
        else:
            way.too_late(task, over=over)


@dataclass(slots=True)
class _Seen:
    """What the last answers of one model took, and what they should have."""

    seconds: float = 0.0
    usual: float = 0.0

    def slowness(self, seconds: float, usual: float) -> float:
        """With one answer more; those before count for less and less, so that a device that becomes slow is soon found out."""
        self.seconds = _FADES * self.seconds + seconds
        self.usual = _FADES * self.usual + usual
        return self.seconds / self.usual if self.usual > 0 else 0.0


class ModelFloor:
    """See `reviewer.scheduling.floor.Floor`. Used as a context manager, none of its threads is left afterwards."""

    def __init__(self, way: Way, places: Sequence[Device]) -> None:
        self._way = way
        self._seats = {seat.name: seat for place in places for seat in place.seats}
        self._seen = {seat.name: _Seen() for place in places for seat in place.seats}
        self._models = {key(model, way.seats): model for model in way.seats.all}
        self._given: dict[str, Task] = {}
        """Tasks that the driver knows of; the threads look at them only."""
        self._threads = Threads({place.name: self._ask for place in places}, fatal=())

    def __enter__(self) -> ModelFloor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is not None:
                self._way.asking.abandon()
        finally:
            self._threads.__exit__(kind, error, trace)
            self._threads.join()

    def fresh(self) -> tuple[Job, ...]:
        """The tasks that the driver does not know of."""
        new = [task for name, task in self._way.tasks.waiting.items() if name not in self._given]
        self._given.update((task.name, task) for task in new)
        return tuple(work(task, self._way.seats) for task in new)

    def now(self) -> float:
        return self._threads.now()

    def start(self, order: Order) -> None:
        task = self._given[order.jobs[0].name]
        left = len(self._way.tasks.waiting)
        self._way.job.progress.step(f"{task.seat.name} {_DOING[task.step]}; {left} questions left")
        self._threads.start(order)

    def wait(self, until: float) -> Sequence[Event]:
        return [self._taken(event) for event in self._threads.wait(until)]

    def cancel(self, ticket: int) -> bool:
        """Never: every question ends at the deadline by itself, and its model stays loaded then."""
        return False

    def _taken(self, event: Event) -> Event:
        """An answer, with what follows from it. What waits for a model that broke down is withdrawn."""
        assert isinstance(event, Finished)
        ((name, said),) = event.values.items()
        assert isinstance(said, Answer | HunkgateError)
        before = set(self._way.tasks.waiting)
        task = self._way.tasks.take(name)
        self._way.take(task, said)
        self._way.take_known()
        gone = tuple(sorted(before - set(self._way.tasks.waiting) - {name}))
        return Finished(event.ticket, event.values, self.fresh(), gone, self._slowness(task, said))

    def _slowness(self, task: Task, said: Answer | HunkgateError) -> float:
        """See `Finished.slowness`; reading and writing may be off by different factors, so not only the last answer counts."""
        if not isinstance(said, Answer) or not said.seconds:
            return 0.0
        name = key(task.seat, self._way.seats)
        seat = self._seats[name]
        usual = said.reply.tokens / seat.writes if isinstance(said.reply, Written) else tokens(task.question) / seat.reads
        return self._seen[name].slowness(said.seconds, usual)

    def _ask(self, order: Order) -> Done:
        """In the thread of a device: let go of models whose memory is needed, and ask."""
        for name in order.unload:
            session = self._models[name].session
            if session is not None:
                session.release()
        (job,) = order.jobs
        task = self._given[job.name]
        said: Answer | HunkgateError
        try:
            said = self._way.asking.answer(task.seat, task.question, task.part.hunk.content_id)
        except HunkgateError as error:
            said = error
        return {job.name: said}, ()
