"""The reviewers at work side by side, each in a thread of its own: most of their time is spent in other programs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from types import TracebackType

from reviewer import registry
from reviewer.errors import HunkgateError
from reviewer.records import State
from reviewer.review._others import Others
from reviewer.review.interface import Job, Outcome, cover

HEAD_START = 0.1
"""Seconds that models get to put their first question before the others compete for the interpreter; with a warm engine they
need 0.05. Then both work at once, the models in the engine. See benchmarks/hook_warm.py."""


class Crew:
    """Those who work on one change. Used as a context manager, nobody of them is left afterwards.

    Args:
        jobs: by the name of the reviewer, a member `review/by_<name>.py`.
        others: what the one who speaks last waits for; if it is not settled when the crew is left, the change counts as blocked.
        last: who that is; it need not be there.
    """

    def __init__(self, jobs: Mapping[str, Job], others: Others, last: str) -> None:
        self._last = last
        self._others = others
        self._outcomes: dict[str, Outcome] = {}
        self._errors: dict[str, HunkgateError] = {}
        self._threads = {
            name: threading.Thread(target=self._work, args=(name, job), name=name, daemon=True) for name, job in jobs.items()
        }

    def __enter__(self) -> Crew:
        """Start them; the one who speaks last takes seconds, so it begins."""
        if self._last in self._threads:
            self._threads[self._last].start()
            self._others.asked.wait(HEAD_START)
        for name, thread in self._threads.items():
            if name != self._last:
                thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._others.settled:
            self._others.settle((), blocked=True)
        for thread in self._threads.values():
            thread.join()

    def outcomes(self, names: Iterable[str]) -> list[Outcome]:
        """What these say, as soon as all of them are done.

        Raises:
            HunkgateError: what a reviewer could not turn into coverage (a malformed rule, a full disk).
        """
        wanted = list(names)
        for name in wanted:
            self._threads[name].join()
        for name in wanted:
            if name in self._errors:
                raise self._errors[name]
        return [self._outcomes[name] for name in wanted]

    def _work(self, name: str, job: Job) -> None:
        try:
            self._outcomes[name] = _outcome(name, job)
        except HunkgateError as error:
            self._errors[name] = error


def _outcome(name: str, job: Job) -> Outcome:
    """What one reviewer says. A defect in it must neither stop the others nor look like a pass."""
    try:
        outcome: Outcome = registry.load("reviewer.review", f"by_{name}").review(job)
    except HunkgateError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the coverage names it
        return Outcome((), cover(job.hunks, name, State.FAILED, f"crashed: {type(error).__name__}: {error}"), {})
    return outcome
