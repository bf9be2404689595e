"""Which worker does what, when one is started, and when one has to go.

Everything here runs in the engine's main thread and never waits. A worker's thread only posts events, which the main
thread hands to `happened`. So every ticket is in one place at a time: on a slot's list, running, or settled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from reviewer.engine import memory, room
from reviewer.engine.client import CrashedError, Task
from reviewer.engine.hand import Event, Hand, Happening, Spec, ending
from reviewer.engine.limits import Limits
from reviewer.engine.protocol import error_to_json
from reviewer.engine.slot import Running, Slot, State
from reviewer.engine.ticket import Reply, Ticket
from reviewer.errors import BackendError, OutOfTimeError

RESTARTS = 1
"""How often a crashed worker is started again without an answer between."""

REST = 10.0
"""Seconds in which one that crashed more often is not started again: the usual budget of a review, so that the review that met
the crash falls back at once, and the next one may try."""

_REMEMBERED = 16
"""Models that are kept in mind while they are not loaded."""

_LOADED: Reply = {"ok": None}


class Hub:
    """The models of the engine.

    Args:
        hire: starts a worker for a spec.
        resident: see `room.Resident`.
    """

    def __init__(self, hire: Callable[[Spec], Hand], resident: room.Resident = memory.resident) -> None:
        self.limits = Limits()
        self.slots: dict[str, Slot] = {}
        self._hire = hire
        self._resident = resident
        self._leaving: set[Hand] = set()
        """Hands that have no slot any more and whose memory is not free yet."""

    @property
    def working(self) -> bool:
        """Whether a model is being loaded or asked."""
        return any(slot.state in (State.WAITING, State.LOADING, State.BUSY) for slot in self.slots.values())

    @property
    def ceiling(self) -> int | None:
        """Bytes that the models may take together, None if that is unknown."""
        return memory.ceiling(self.limits.memory)

    def attach(self, spec: Spec, ticket: Ticket) -> str:
        """Load a model, unless it is loaded, and settle the ticket then. Returns the key that `ask` takes."""
        key = spec.key
        if key not in self.slots:
            self._forget()
            self.slots[key] = Slot(spec, used=time.monotonic())
        self._enqueue(self.slots[key], ticket)
        return key

    def ask(self, key: str, ticket: Ticket) -> None:
        """Ask an attached model; if it had to go meanwhile, it is loaded again."""
        slot = self.slots.get(key)
        if slot is None:
            ticket.settle(error_to_json(BackendError("no model is loaded")))
        else:
            self._enqueue(slot, ticket)

    def left(self, key: str) -> None:
        """Somebody who was attached hung up: if their question is with the worker, it stops computing that."""
        slot = self.slots.get(key)
        if slot is not None and slot.hand is not None:
            for running in slot.running:
                if not running.ticket.wanted:
                    slot.hand.take_back(running.task)

    def happened(self, event: Event) -> None:
        """Take note of what a worker's thread posted."""
        slot = self.slots.get(event.hand.spec.key)
        if slot is not None and slot.hand is event.hand:
            self._follow(slot, event)
        if event.what is not Happening.CLOSED:
            return
        self._leaving.discard(event.hand)
        if not self._leaving:
            for one in list(self.slots.values()):
                if one.state is State.WAITING:
                    self._start(one)

    def tick(self) -> None:
        """To be called every second or so: what is late, what died while it was idle, and what grew."""
        now = time.monotonic()
        for slot in list(self.slots.values()):
            slot.settle_late(now, error_to_json(OutOfTimeError(_why_late(slot))))
            self.left(slot.spec.key)
            if slot.state is State.IDLE and self._is_dead(slot):
                self._died_idle(slot)
        self._shrink()

    def next_deadline(self) -> float:
        """When the next waiting ticket is late, `time.monotonic()`; infinite if none waits."""
        waiting = [ticket for slot in self.slots.values() for ticket in slot.waiting]
        waiting += [running.ticket for slot in self.slots.values() for running in slot.running[1:]]
        return min((ticket.deadline for ticket in waiting if ticket.wanted), default=float("inf"))

    def end(self) -> None:
        """End every worker."""
        hands = [slot.hand for slot in self.slots.values() if slot.hand is not None] + list(self._leaving)
        for hand in hands:
            hand.kill()
        for hand in hands:
            hand.join(2.0)

    def described(self) -> list[dict[str, Any]]:
        """The models for `engine status`."""
        return [slot.described(self._resident(slot.hand.process) if slot.hand else 0) for slot in self.slots.values()]

    def _enqueue(self, slot: Slot, ticket: Ticket) -> None:
        if slot.loaded and not ticket.request:
            ticket.settle(_LOADED)
        elif slot.state is State.RESTING and time.monotonic() < slot.rests_until:
            ticket.settle(error_to_json(_resting(slot)))
        else:
            self._recall(slot, ticket)
            slot.waiting.append(ticket)
            self._advance(slot)

    def _recall(self, slot: Slot, ticket: Ticket) -> None:
        """Let what the worker was given and has not begun wait again, if it is to be asked after this one."""
        for place, running in enumerate(slot.running[1:], 1):
            if slot.hand is not None and ticket.request and running.ticket.order > ticket.order:
                slot.running[place] = replace(running, recalled=True)
                slot.hand.take_back(running.task)

    def _advance(self, slot: Slot) -> None:
        """Go on with what waits, as far as the slot's state allows."""
        if slot.state is State.IDLE and slot.waiting and self._is_dead(slot):
            self._died_idle(slot)
        elif slot.state is State.IDLE:
            self._give(slot)
        elif slot.state in (State.ABSENT, State.RESTING) and slot.waiting:
            self._start(slot)

    def _give(self, slot: Slot) -> None:
        while slot.state is State.IDLE and (tickets := slot.next_batch()):
            if not tickets[0].request:
                tickets[0].settle(_LOADED)
            elif slot.hand is not None:
                running = [Running(ticket, Task(ticket.request, ticket.deadline)) for ticket in tickets]
                slot.state, slot.running = State.BUSY, running
                slot.hand.give([one.task for one in running])

    def _start(self, slot: Slot) -> None:
        """Start a worker; first put out others, or refuse, if there is no room."""
        needed, ceiling = room.expected(slot), self.ceiling
        if ceiling is not None and not self._make_room(slot, needed, ceiling):
            self._refuse(slot, needed, ceiling)
        elif self._leaving:
            slot.state = State.WAITING
        else:
            slot.state = State.LOADING
            slot.hand = self._hire(slot.spec)

    def _make_room(self, newcomer: Slot, needed: int, ceiling: int) -> bool:
        """Put out idle models; none, if that would not be enough, or if the newcomer is modest."""
        chosen = [] if newcomer.spec.modest else room.to_put_out(self.slots.values(), needed, ceiling, self._resident)
        staying = [slot for slot in self.slots.values() if slot not in chosen]
        if room.taken(staying, self._resident) + needed > ceiling:
            return False
        for slot in chosen:
            self._put_out(slot)
        return True

    def _shrink(self) -> None:
        """Put out idle models until the rest stays under the ceiling."""
        if (ceiling := self.ceiling) is not None:
            for slot in room.to_put_out(self.slots.values(), 0, ceiling, self._resident):
                self._put_out(slot)

    def _put_out(self, slot: Slot) -> None:
        if slot.hand is not None:
            slot.hand.dismiss()
        self._part(slot)

    def _part(self, slot: Slot) -> None:
        """The slot has no worker any more; the worker may need a moment to be gone."""
        if slot.hand is not None:
            self._leaving.add(slot.hand)
        slot.hand, slot.state = None, State.ABSENT

    def _refuse(self, slot: Slot, needed: int, ceiling: int) -> None:
        others = room.taken([one for one in self.slots.values() if one is not slot], self._resident)
        error = room.no_room(slot, needed, ceiling, others)
        slot.state, slot.last_error = State.ABSENT, error.what
        slot.settle_all(error_to_json(error))

    def _follow(self, slot: Slot, event: Event) -> None:
        """Only ever the events of the slot's own hand, in the order in which they were posted."""
        if event.what is Happening.LOADED:
            self._loaded(slot)
        elif event.what is Happening.REPLIED:
            self._replied(slot, event.reply)
        elif event.what is Happening.ANSWERED:
            self._replied(slot, event.reply)
            self._answered(slot)
        elif event.what is Happening.REFUSED:
            self._part(slot)
            slot.last_error = _words(event.reply)
            slot.settle_all(event.reply)
        elif event.what is Happening.ENDED:
            self._ended(slot, event.reply)
        else:
            self._ended(slot, ending(CrashedError("the worker's thread ended; the engine's log tells why")))

    def _loaded(self, slot: Slot) -> None:
        """What it truly takes is known only now."""
        slot.state, slot.used = State.IDLE, time.monotonic()
        slot.size = (self._resident(slot.hand.process) if slot.hand else 0) or 0
        ceiling = self.ceiling
        if ceiling is None or self._make_room_beside(slot, ceiling):
            self._advance(slot)
        else:
            self._put_out(slot)
            self._refuse(slot, slot.size, ceiling)

    def _make_room_beside(self, slot: Slot, ceiling: int) -> bool:
        slot.state = State.BUSY
        fits = self._make_room(slot, 0, ceiling)
        slot.state = State.IDLE
        return fits

    def _replied(self, slot: Slot, reply: Reply) -> None:
        slot.crashes = 0
        begun = slot.begun
        if begun is not None and begun.ticket.wanted and not begun.recalled:
            slot.last_error = _words(reply) or slot.last_error
        slot.requests += begun is not None and not begun.recalled
        slot.settle_running(reply)

    def _answered(self, slot: Slot) -> None:
        slot.state, slot.used = State.IDLE, time.monotonic()
        self._shrink()
        self._advance(slot)

    def _ended(self, slot: Slot, reply: Reply) -> None:
        """It crashed, or hung and was killed: that costs the running question. Those that wait go to the next worker."""
        slot.last_error = _words(reply)
        slot.settle_running(reply)
        slot.wait_again()
        self._put_out(slot)
        slot.crashes += 1
        if slot.crashes <= RESTARTS:
            slot.restarts += 1
            self._start(slot)
        else:
            slot.state, slot.rests_until = State.RESTING, time.monotonic() + REST
            slot.settle_all(error_to_json(_resting(slot)))

    def _died_idle(self, slot: Slot) -> None:
        """Somebody ended it while nobody asked: that costs no question, and the next one starts it again."""
        slot.last_error = "the model's process was ended by somebody while it was idle"
        slot.restarts += 1
        self._put_out(slot)
        self._advance(slot)

    def _is_dead(self, slot: Slot) -> bool:
        return slot.hand is not None and self._resident(slot.hand.process) == 0

    def _forget(self) -> None:
        """Keep what is known of models that are not loaded from growing."""
        absent = [key for key, slot in self.slots.items() if slot.state is State.ABSENT and not slot.waiting]
        for key in sorted(absent, key=lambda one: self.slots[one].used)[: max(0, len(absent) - _REMEMBERED + 1)]:
            del self.slots[key]


def _why_late(slot: Slot) -> str:
    if slot.state is State.BUSY:
        return "the model was busy with other questions all the time"
    before = f"; the last time that ended with: {slot.last_error}" if slot.last_error else ""
    return f"the engine was still loading model {slot.spec.model}; it goes on, and the next review will find it loaded{before}"


def _resting(slot: Slot) -> BackendError:
    left = max(0.0, slot.rests_until - time.monotonic())
    what = f"the process of model {slot.spec.model} ended {slot.crashes} times without an answer, the last time because"
    return BackendError(f"{what} {slot.last_error}; the engine lets it rest for {left:.0f} s")


def _words(reply: Mapping[str, Any]) -> str:
    refusal = reply.get("error")
    return str(refusal.get("what", "")) if isinstance(refusal, dict) else ""
