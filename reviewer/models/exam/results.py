"""What an exam came to, as it is kept beside the weights. The form is that of reviewer/schemas/exam.schema.json.

Read by hooks: nothing but the standard library, and a file that makes no sense is no result.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reviewer.errors import StorageError
from reviewer.models.exam.calibration import Calibration

FILE = "results.json"
"""In `Store.exam`."""

_SAYS = " digest:"

VERSION = 1
"""Goes up when a reader of the old form could no longer read the new one; then the exam has to be taken again."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the model was on this machine while it took the exam."""

    prefill: float
    """Tokens read per second."""
    decode: float
    """Tokens written per second; 0 if it could not be measured."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a result is about. If one of these is another, the result does not count."""

    role: str
    backend: str
    model: str
    """sha256 of the weights, hex; see `served_model` for a model on a server."""
    prompt: str
    """Digest of what the model is told."""
    questions: str
    """`edition.QUESTIONS`."""

    @property
    def text(self) -> str:
        """The key in one line."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Result:
    """The marks of one role and what follows from them. Shares are between 0 and 1; see `marking.Marks`."""

    key: Key
    bars: str
    """`edition.BARS`."""
    passed: bool
    reasons: tuple[str, ...]
    """What was missed, with both figures; empty if passed."""
    auc: float
    auc_least: float
    """Lower end of its 95 % interval."""
    auc_bar: float
    """What the role demands."""
    precision: float
    """At the operating threshold, as are the next two; each answer is judged by a threshold that others chose."""
    recall: float
    clean_pass: float
    """Share of the sound changes let through."""
    refactorings: float
    """The same, of the refactorings alone."""
    moved: float
    """Of the defects found, the share that text addressed to the model talked away."""
    moved_of: int
    asked: int
    answered: int
    threshold: float | None
    """Operating score; None if no score is good enough."""
    calibration: Calibration
    seconds: float
    """Median time of a question."""
    speed: Speed | None
    """None if it was not measured."""
    taken: str
    """The day (UTC), as YYYY-MM-DD."""
    hunkgate: str
    """Version of the program."""


def read(path: Path) -> tuple[Result, ...]:
    """The results in a file; none if it is not there, of another version, or damaged."""
    try:
        document = json.loads(path.read_bytes())
        if document["schema_version"] != VERSION:
            return ()
        return tuple(_result(row) for row in document["results"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ()


def save(path: Path, results: Iterable[Result]) -> None:
    """Write the file whole or not at all.

    Raises:
        StorageError: it cannot be written; what was there is untouched.
    """
    text = json.dumps(as_json(results), indent=2, allow_nan=False) + "\n"
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.write_text(text, encoding="ascii")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        todo = "Free some space; the answers are kept, and the exam goes on from them."
        raise StorageError(f"cannot write the exam's result: {error.strerror}", where=str(path), todo=todo) from error


def replaced(results: Iterable[Result], fresh: Result) -> tuple[Result, ...]:
    """The results with a fresh one in the place of the older one of the same model, runtime and role."""
    kept = [one for one in results if _place(one.key) != _place(fresh.key)]
    return tuple(sorted([*kept, fresh], key=lambda one: (one.key.model, one.key.backend, one.key.role)))


def served_model(name: str, digest: str) -> str:
    """`Key.model` of a model on a server.

    Args:
        digest: as the server tells it; may be empty.
    """
    return f"{name}{_SAYS}{digest}" if digest else name


def name_part(model: str) -> str:
    """`Key.model` without what a server said."""
    return model.partition(_SAYS)[0]


def _place(key: Key) -> tuple[str, str, str]:
    return name_part(key.model), key.backend, key.role


def as_json(results: Iterable[Result]) -> dict[str, Any]:
    """The file's content."""
    return {"schema_version": VERSION, "results": [result_as_json(one) for one in results]}


def result_as_json(result: Result) -> dict[str, Any]:
    """One result, with its key's fields among its own."""
    fields = asdict(result)
    return {**fields.pop("key"), **fields, "reasons": list(result.reasons)}


def _result(row: Mapping[str, Any]) -> Result:
    fields = dict(row)
    key = Key(**{name: _text(fields.pop(name)) for name in Key.__slots__})
    speed = fields.pop("speed")
    for name in ("auc", "auc_least", "auc_bar", "precision", "recall", "clean_pass", "refactorings", "moved", "seconds"):
        fields[name] = float(fields[name])
    threshold = fields.pop("threshold")
    return Result(
        key=key,
        threshold=None if threshold is None else float(threshold),
        calibration=Calibration(**{name: float(fields["calibration"][name]) for name in ("slope", "offset")}),
        speed=None if speed is None else Speed(float(speed["prefill"]), float(speed["decode"])),
        passed=fields.pop("passed") is True,
        reasons=tuple(_text(reason) for reason in fields.pop("reasons")),
        **{name: value for name, value in fields.items() if name != "calibration"},
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
