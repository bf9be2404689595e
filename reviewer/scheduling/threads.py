"""Devices that run, in real time: one thread for each, which does one batch after the other.

A thread is needed because whatever answers is waited for (a worker process, a server, an inference call). What has to end
in time keeps that time itself: a batch that was begun can be given up here, but its thread is only free when it returns.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from reviewer.errors import HunkgateError
from reviewer.scheduling.floor import Event, Finished, Order, Refused, Vanished
from reviewer.scheduling.work import Job

Answer = tuple[Mapping[str, object], Sequence[Job]]
"""What a batch returned, by the names of its jobs, and the jobs that follow from it."""

Work = Callable[[Order], Answer]
"""Does a batch on one device. A HunkgateError of a kind in `Threads.fatal` means that the device is gone; any other one that the
batch cannot be done."""

_LONGEST = 3600.0
"""Seconds of one wait; the driver asks again."""


class Threads:
    """See `Floor`. Used as a context manager; on leaving, threads that wait end, and those that work end after their batch.
    A thread begins with the first batch of its device.

    Args:
        devices: what does the work of each, by name. It is called in that device's own thread, always the same. What it raises
            besides a HunkgateError is a defect of the program, and raised again by `wait`.
        cancel: asked to give up a batch that runs; returns whether its device can take another one at once.
        fatal: kinds of error after which a device is not asked again.
    """

    def __init__(
        self,
        devices: Mapping[str, Work],
        *,
        fatal: tuple[type[HunkgateError], ...],
        cancel: Callable[[int], bool] = lambda ticket: False,
    ) -> None:
        self._events: queue.SimpleQueue[Event | Exception] = queue.SimpleQueue()
        self._devices = dict(devices)
        self._inboxes: dict[str, queue.SimpleQueue[Order | None]] = {}
        self._threads: list[threading.Thread] = []
        self._cancel, self._fatal = cancel, fatal

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for inbox in self._inboxes.values():
            inbox.put(None)

    def join(self) -> None:
        """After leaving: wait until all threads have ended."""
        for thread in self._threads:
            thread.join()

    def now(self) -> float:
        return time.monotonic()

    def start(self, order: Order) -> None:
        if order.device not in self._inboxes:
            inbox = self._inboxes[order.device] = queue.SimpleQueue()
            work, name = self._devices[order.device], f"device {order.device}"
            self._threads.append(threading.Thread(target=self._serve, args=(inbox, work), name=name, daemon=True))
            self._threads[-1].start()
        self._inboxes[order.device].put(order)

    def wait(self, until: float) -> Sequence[Event]:
        seconds = min(max(until - time.monotonic(), 0.0), _LONGEST)
        try:
            found = [_sound(self._events.get(timeout=seconds))]
        except queue.Empty:
            return ()
        while not self._events.empty():
            found.append(_sound(self._events.get()))
        return found

    def cancel(self, ticket: int) -> bool:
        return self._cancel(ticket)

    def _serve(self, inbox: queue.SimpleQueue[Order | None], work: Work) -> None:
        while (order := inbox.get()) is not None:
            self._events.put(self._done(order, work))

    def _done(self, order: Order, work: Work) -> Event | Exception:
        try:
            values, more = work(order)
        except self._fatal as error:
            return Vanished(order.ticket, str(error))
        except HunkgateError as error:
            return Refused(order.ticket, str(error))
        except Exception as error:  # noqa: BLE001 - raised again where somebody waits for it; else they would wait for ever
            return error
        return Finished(order.ticket, values, tuple(more))


def _sound(event: Event | Exception) -> Event:
    if isinstance(event, Exception):
        raise event
    return event
