"""Which model may speak in which role, by what it showed in the exam. Asked by every hook: reads one small file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from reviewer.models.exam import edition, results
from reviewer.models.exam.results import Key, Result, Speed
from reviewer.models.lock import resolved

if TYPE_CHECKING:
    from reviewer.models.catalogue import Entry
    from reviewer.models.exam.calibration import Calibration
    from reviewer.models.store import Store

FREE = {
    "explain": "it changes no verdict",
    "fix": "its patches are proven before they are shown",
    "embed": "it decides nothing",
}
"""Roles without an exam, and why; a test compares them with `passing.UNEXAMINED`."""


class Grade(str, Enum):
    """What the exam says of a model in a role."""

    PASSED = "passed"
    """It may speak. Also said of roles without an exam."""
    REFUSED = "refused"
    """It took the exam and did not reach the bar. Only the user's `forced_roles` lets it speak."""
    UNEXAMINED = "unexamined"
    """It did not take this exam. Only the user's `forced_roles` lets it speak."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A model in a role."""

    state: Grade
    line: str
    """One sentence without a full stop: the score and the bar, or the command that examines it."""
    threshold: float | None = None
    """Score from which on something is said; None if the exam gave none."""
    calibration: Calibration | None = None
    """From a score to a probability; None if the exam gave none."""
    result: Result | None = None
    """All figures, if the exam was taken."""

    @property
    def speed(self) -> Speed | None:
        """How fast the model was; None if it was not measured."""
        return self.result.speed if self.result else None


def standing(store: Store, entry: Entry, backend: str, role: str, prompt_digest: str, *, model_digest: str = "") -> Standing:
    """What the exam says of a model in a role.

    Args:
        backend: that would run it.
        prompt_digest: of what it would be told in this role; an exam with other questions does not count.
        model_digest: what a server says of the model that it runs, once somebody is connected to it; before that, the last
            exam of what goes by that name there counts.

    Raises:
        ConfigError: the lock file of the models is malformed.
    """
    if role in FREE:
        return Standing(Grade.PASSED, f"{entry.name} needs no exam for {role}: {FREE[role]}")
    wanted = Key(role, backend, identity(entry, model_digest), prompt_digest, edition.QUESTIONS)
    near = [one for one in results.read(store.exam(entry) / results.FILE) if one.key.role == role and one.key.backend == backend]
    if entry.endpoint is not None and not model_digest:
        near = [replace(one, key=replace(one.key, model=results.name_part(one.key.model))) for one in near]
    for one in near:
        if one.key == wanted and one.bars == edition.BARS:
            return _graded(entry.name, one)
    return Standing(Grade.UNEXAMINED, _unexamined(entry.name, wanted, near))


def identity(entry: Entry, served: str = "") -> str:
    """What an exam is bound to: the digest of the weights; of a model on a server its address, name, and what the server says.

    Args:
        served: the digest that the server tells; empty if it tells none, or was not asked.

    Raises:
        ConfigError: the lock file of the models is malformed.
    """
    if entry.endpoint is not None:
        return results.served_model(f"{entry.endpoint.dialect.value} {entry.endpoint.url} {entry.endpoint.model}", served)
    return resolved(entry).sha256


def _graded(name: str, result: Result) -> Standing:
    state = Grade.PASSED if result.passed else Grade.REFUSED
    return Standing(state, _line(name, result), result.threshold, result.calibration, result)


def _line(name: str, result: Result) -> str:
    role, against = result.key.role, f"AUC {result.auc:.2f} (least {result.auc_bar:.2f}, a guess has 0.50)"
    if result.passed:
        return f"{name} passed the exam for {role} with {against}, precision {result.precision:.2f} at recall {result.recall:.2f}"
    others = [reason for reason in result.reasons if not reason.startswith("AUC ") or "guess" in reason]
    return f"{name} is refused as {role} with {against}" + (f": {'; '.join(others)}" if others else "")


def _unexamined(name: str, wanted: Key, near: list[Result]) -> str:
    command = f"hunkgate models qualify {name} --role {wanted.role}"
    if not near:
        return f"{name} has not taken the exam for {wanted.role} on {wanted.backend}: {command}"
    mine = [one for one in near if one.key.model == wanted.model]
    if not mine:
        return f"other weights than these took the exam for {wanted.role} as {name}: {command}"
    if all(one.key == wanted for one in mine):
        return f"{name} took the exam for {wanted.role} under other bars: {command}"
    return f"{name} took the exam for {wanted.role} with other questions: {command}"
