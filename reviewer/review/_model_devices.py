"""The models as the scheduler sees them: a seat each, on the device that they share or have for themselves."""

from __future__ import annotations

from reviewer.backends.interface import Settings
from reviewer.engine import memory
from reviewer.records import Machine
from reviewer.review import _model_schedule as schedule
from reviewer.review._model_asking import Asking
from reviewer.review._model_seats import Seat as Model
from reviewer.review._model_seats import Seats
from reviewer.review._model_tasks import Task
from reviewer.scheduling.work import Device, Job, Seat

CPU = Settings().device


def devices(seats: Seats, asking: Asking, machine: Machine) -> list[Device]:
    """Models on one device of this machine are asked one after another, and take turns if its memory does not hold them
    together. Every endpoint is a device of its own, and its memory is its own affair.
    """
    homes: dict[str, list[Model]] = {}
    for model in seats.all:
        homes.setdefault(_home(model), []).append(model)
    return [_device(name, models, seats, asking, machine) for name, models in homes.items()]


def work(task: Task, seats: Seats) -> Job:
    """A question as a job. Only one seat can do it: who is asked what is decided by the hunk, never by who has time.

    Its value is such that it is ranked as the task is: what it leads to takes time, too.
    """
    read, write = (schedule.tokens(task.question), 0) if task.question.schema is None else (0, schedule.WRITTEN)
    return Job(task.name, key(task.seat, seats), read, write, task.rank * task.own)


def key(model: Model, seats: Seats) -> str:
    """The name of a model's seat, and of what only it can do. Both models may have the same name."""
    return "usual" if model is seats.usual else "larger"


def _home(model: Model) -> str:
    endpoint = model.opened.entry.endpoint
    return f"server {endpoint.name}" if endpoint else model.opened.devices[0]


def _device(name: str, models: list[Model], seats: Seats, asking: Asking, machine: Machine) -> Device:
    made = tuple(_seat(model, seats, asking) for model in models)
    # What does not fit alone is tried all the same: the figures are those of another machine. What an accelerator has is not
    # known without a look at it.
    least = max(seat.memory for seat in made)
    here = memory.ceiling(machine.engine_memory) if name == CPU else sum(seat.memory for seat in made)
    loaded = frozenset(key(model, seats) for model in models if model.session is not None and model.session.loaded)
    return Device(name, max(here or least, least), made, loaded)


def _seat(model: Model, seats: Seats, asking: Asking) -> Seat:
    """How long it takes to load is not known, and counts as nothing. The exam was taken on the processor: elsewhere its speed is
    a guess."""
    name, pace, entry = key(model, seats), asking.pace(model), model.opened.entry
    measured = pace.measured and (entry.endpoint is not None or _home(model) == CPU)
    taken = 0 if entry.endpoint else entry.memory or entry.size
    return Seat(name, frozenset((name,)), pace.reads, pace.writes, measured, taken)
