"""How far work on a model is: a bar on a terminal, in a pipe only what the reader must know."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import Enum
from typing import Any

from reviewer.models.progress import SILENT, Progress
from reviewer.report._streams import complain


class Unit(Enum):
    """What a stage is counted in."""

    BYTES = "bytes"
    QUESTIONS = "questions"


def shown(stack: ExitStack, unit: Unit = Unit.BYTES) -> Progress:
    """The progress for the person at the terminal; the bar goes away with the stack."""
    if not sys.stderr.isatty():
        return _Plain()
    from rich import progress as rich_progress
    from rich.console import Console

    columns: list[rich_progress.ProgressColumn] = [rich_progress.TextColumn("{task.description}"), rich_progress.BarColumn()]
    if unit is Unit.BYTES:
        columns += [rich_progress.DownloadColumn(), rich_progress.TransferSpeedColumn()]
    else:
        columns += [rich_progress.MofNCompleteColumn()]
    bars = rich_progress.Progress(*columns, rich_progress.TimeRemainingColumn(), console=Console(stderr=True))
    return _Bar(stack.enter_context(bars))


class _Plain:
    """Progress in a pipe: no bar."""

    def begin(self, text: str, total: int = 0) -> None:
        SILENT.begin(text, total)

    def advance(self, done: int) -> None:
        SILENT.advance(done)

    def say(self, text: str) -> None:
        complain(f"hunkgate: {text}\n")


class _Bar:
    """Progress on a terminal: one line per stage."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._task: Any = None

    def begin(self, text: str, total: int = 0) -> None:
        if self._task is not None:
            self._bars.stop_task(self._task)
        self._task = self._bars.add_task(text, total=total or None)

    def advance(self, done: int) -> None:
        self._bars.update(self._task, completed=done)

    def say(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)
