"""Keeps each answer the moment it is given, so that an exam that was cut off goes on where it stopped.

A file of lines of JSON: the key, then one line per answered question. What was cut off in the middle of a line is dropped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from reviewer.models.exam.marking import Answer
from reviewer.models.exam.results import Key
from reviewer.models.store import writing


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer."""

    answer: Answer
    seconds: float
    """Time it took."""


class Journal:
    """The answers to one exam; a context manager. Only one process may have it open.

    Args:
        path: of the file; it need not exist. If it is about another key, it is begun anew.
    """

    def __init__(self, path: Path, key: Key) -> None:
        self._path = path
        self._key = key
        self._kept: dict[str, Kept] = {}
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Journal:
        with writing(self._path):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            good = self._read()
            self._stream = self._path.open("r+b" if self._path.exists() else "wb", buffering=0)
            self._stream.truncate(good)
            self._stream.seek(good)
            if not good:
                self._append({"key": self._key.text})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._stream is not None:
            self._stream.close()

    @property
    def kept(self) -> Mapping[str, Kept]:
        """The answers so far, by question."""
        return self._kept

    def keep(self, question: str, answer: Answer, seconds: float) -> None:
        """Add an answer.

        Raises:
            StorageError: it cannot be written.
        """
        score = answer.score if math.isfinite(answer.score) else None
        with writing(self._path):
            self._append({"id": question, "score": score, "line": answer.line, "seconds": round(seconds, 3)})
        self._kept[question] = Kept(answer, seconds)

    def _append(self, row: Mapping[str, Any]) -> None:
        assert self._stream is not None
        self._stream.write(json.dumps(row).encode("ascii") + b"\n")

    def _read(self) -> int:
        """Take over what is there; returns how many bytes of it make sense."""
        if not self._path.exists():
            return 0
        good = 0
        for number, line in enumerate(self._path.read_bytes().split(b"\n")[:-1]):
            if not (self._is_ours(line) if number == 0 else self._take(line)):
                break
            good += len(line) + 1
        return good

    def _is_ours(self, line: bytes) -> bool:
        try:
            return bool(json.loads(line) == {"key": self._key.text})
        except ValueError:
            return False

    def _take(self, line: bytes) -> bool:
        try:
            row = json.loads(line)
            score = math.nan if row["score"] is None else float(row["score"])
            place = None if row["line"] is None else int(row["line"])
            self._kept[str(row["id"])] = Kept(Answer(score, place), float(row["seconds"]))
        except (ValueError, TypeError, KeyError):
            return False
        return True
