"""What is said of each hunk: by rules where they decide, by the trained model for source, in one record for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reviewer.classify.profiles import classify
from reviewer.classify.sensitive import sensitive
from reviewer.classify.staged_context import UNKNOWN, StagedContext
from reviewer.errors import HunkgateError
from reviewer.records import Complexity, FileChange, Hunk, Task


@dataclass(frozen=True, slots=True)
class Asked:
    """A hunk and what is known around it."""

    hunk: Hunk
    file: FileChange
    context: StagedContext = UNKNOWN


@dataclass(frozen=True, slots=True)
class Answer:
    """What the classifier says of one hunk."""

    task: str
    """One of `Task`'s values; for source that the model judged feature, fix or refactor, else code."""
    abstained: bool
    """Whether `task` is only the likeliest guess: the model is not sure enough to be believed."""
    probabilities: dict[str, float] | None
    """Of feature, fix and refactor; None if rules decided, or no model could be asked."""
    complexity: Complexity
    risk: float | None
    """Rank between 0 and 1, no probability; None for what is no source, or if no model could be asked."""
    reasons: tuple[str, ...]


class Judgement(Protocol):
    """What a judge says of one hunk; see `model.Judgement`."""

    @property
    def probabilities(self) -> tuple[float, ...]: ...
    @property
    def risk(self) -> float: ...
    @property
    def task(self) -> str: ...
    @property
    def sure(self) -> bool: ...


Judge = Callable[[Sequence[Asked]], Sequence[Judgement]]


def by_model(asked: Sequence[Asked]) -> Sequence[Judgement]:
    """What the shipped model says; imports and loads it.

    Raises:
        HunkgateError: it is damaged, or OpenVINO is not there.
    """
    from reviewer.classify.model import load, piece

    return load().judge([piece(one.hunk, one.context) for one in asked])


def answers(asked: Sequence[Asked], judge: Judge = by_model) -> list[Answer]:
    """One answer for each hunk. The model is loaded only if rules leave source to it; if it cannot be, the reason says why."""
    found = [_by_rules(one) for one in asked]
    source = [number for number, one in enumerate(found) if one.task == Task.CODE.value]
    if not source:
        return found
    try:
        judged = judge([asked[number] for number in source])
    except HunkgateError as error:
        why = f"not judged by the trained classifier: {error}. {error.todo}".rstrip()
        for number in source:
            found[number] = replace(found[number], reasons=(*found[number].reasons, why))
        return found
    for number, one in zip(source, judged, strict=True):
        found[number] = _judged(found[number], one)
    return found


def _by_rules(asked: Asked) -> Answer:
    files = int(asked.context["c_files"]) or 1
    profile = classify(asked.hunk, asked.file, files)
    about = sensitive(asked.hunk)
    reasons = (*profile.reasons, about) if about else profile.reasons
    return Answer(profile.task.value, profile.task is Task.CODE, None, profile.complexity, None, reasons)


def _judged(known: Answer, one: Judgement) -> Answer:
    shares = dict(zip(("feature", "fix", "refactor"), (round(share, 4) for share in one.probabilities), strict=True))
    sure = "" if one.sure else ", not sure enough to be believed"
    reasons = (
        f"looks like a {one.task} ({max(one.probabilities):.0%}){sure}",
        f"riskier than {one.risk:.0%} of the hunks that it was trained on",
        *known.reasons[1:],
    )
    return Answer(one.task, not one.sure, shares, known.complexity, round(one.risk, 4), reasons)
