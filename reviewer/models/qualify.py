"""Takes one model through the exam of one role, and keeps the result beside its weights."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from reviewer import __version__
from reviewer.models.exam import edition, results
from reviewer.models.exam.journal import Journal
from reviewer.models.exam.marking import Marks, mark_alarms, mark_samples
from reviewer.models.exam.passing import Ruling, bar, rule
from reviewer.models.exam.records import Exam
from reviewer.models.exam.results import Key, Result, Speed
from reviewer.models.exam.sitting import Ask, Sitting, questions, sit
from reviewer.models.progress import Progress
from reviewer.models.store import writing

READ = 400
"""Tokens of a question, for the first estimate of the time only: the mean over the shipped questions is near it."""


def unmeasured() -> None:
    """The speed, where nobody measures it."""


def qualify(
    folder: Path,
    exam: Exam,
    key: Key,
    ask: Ask,
    progress: Progress,
    *,
    measured: Callable[[], Speed | None] = unmeasured,
    anew: bool = False,
) -> Result:
    """Ask what is not answered yet, mark, rule, and keep the result.

    Args:
        folder: `Store.exam`; made if it is not there. The caller holds the lock of the model.
        ask: puts one question to the model.
        measured: measures the speed, for the record and the first estimate; not called if nothing is left to ask.
        anew: forget the answers of earlier runs.

    Raises:
        BackendError: the model stopped answering; see `sitting.sit`.
        StorageError: something cannot be written.
    """
    path, file = _journal(folder, key), folder / results.FILE
    if anew:
        with writing(path):
            path.unlink(missing_ok=True)
    with Journal(path, key) as journal:
        done = all(question.id in journal.kept for question in questions(exam, key.role))
        speed = _speed_before(file, key) if done else measured()
        sitting = sit(exam, key.role, ask, journal, progress, pace=READ / speed.prefill if speed and speed.prefill else 0.0)
    result = grade(exam, key, sitting, speed)
    results.save(file, results.replaced(results.read(file), result))
    _forget_others(path, key)
    return result


def grade(exam: Exam, key: Key, sitting: Sitting, speed: Speed | None) -> Result:
    """The result of a finished exam."""
    mark = mark_alarms if key.role == "triage" else mark_samples
    marks = mark(exam, sitting.answers, bar(key.role).precision)
    return _result(key, marks, rule(key.role, marks), sitting, speed)


def _result(key: Key, marks: Marks, ruling: Ruling, sitting: Sitting, speed: Speed | None) -> Result:
    return Result(
        key=key,
        bars=edition.BARS,
        passed=ruling.passed,
        reasons=ruling.reasons,
        auc=marks.auc,
        auc_least=marks.auc_least,
        auc_bar=bar(key.role).auc,
        precision=marks.operating.precision,
        recall=marks.operating.recall,
        clean_pass=marks.operating.clean_pass,
        refactorings=marks.refactorings,
        moved=marks.moved,
        moved_of=marks.moved_of,
        asked=marks.asked,
        answered=marks.answered,
        threshold=marks.threshold if math.isfinite(marks.threshold) else None,
        calibration=marks.calibration,
        seconds=sitting.seconds,
        speed=speed,
        taken=datetime.now(timezone.utc).date().isoformat(),
        hunkgate=__version__,
    )


def _speed_before(file: Path, key: Key) -> Speed | None:
    """The speed in a result by other bars, which the same answers gave."""
    return next((one.speed for one in results.read(file) if one.key == key), None)


def _journal(folder: Path, key: Key) -> Path:
    return folder / f"{_series(key)}{hashlib.sha256(key.text.encode()).hexdigest()[:16]}.jsonl"


def _series(key: Key) -> str:
    return f"{key.backend}.{key.role}-"


def _forget_others(path: Path, key: Key) -> None:
    """Answers to questions that are no longer asked, or of other weights, are of no use."""
    with writing(path):
        for other in path.parent.glob(f"{_series(key)}*.jsonl"):
            if other != path:
                other.unlink()
