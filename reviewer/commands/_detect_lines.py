"""From lines of JSON that describe hunks to lines of JSON that say what they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reviewer import config
from reviewer.classify.answers import Answer, Asked, answers
from reviewer.classify.staged_context import parse
from reviewer.commands._hunk_text import file_of, read_hunk
from reviewer.engine.judging import Judging, judge_for


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the input: a hunk, or why there is none."""

    id: object
    asked: Asked | None
    remark: str
    malformed: bool = False


def answered(raw: bytes) -> tuple[list[str], int]:
    """An answer for every line that is not blank, in their order; and how many of the lines are malformed.

    A hunk without a changed line is not malformed: its answer has neither task nor risk.
    """
    lines = [_read(row, number) for number, row in enumerate(raw.split(b"\n"), start=1) if row.strip()]
    judge = judge_for(config.load_machine())
    found = iter(answers([line.asked for line in lines if line.asked is not None], judge))
    return list(_written(lines, found, judge)), sum(line.malformed for line in lines)


def _read(row: bytes, number: int) -> _Line:
    try:
        given = json.loads(row)
    except (ValueError, RecursionError):
        return _Line(None, None, f"line {number} is no JSON", malformed=True)
    if not isinstance(given, dict):
        return _Line(None, None, f"line {number} is no JSON object", malformed=True)
    name, path, text = given.get("id"), given.get("path"), given.get("hunk")
    if not isinstance(path, str) or not isinstance(text, str):
        return _Line(name, None, f"line {number} needs path and hunk, both strings", malformed=True)
    hunk = read_hunk(path, text)
    if hunk is None:
        return _Line(name, None, "the hunk is empty: no line in it is added or removed")
    context, remark = parse(given.get("context"))
    return _Line(name, Asked(hunk, file_of(hunk), context), remark)


def _written(lines: list[_Line], found: Iterator[Answer], judge: Judging) -> Iterator[str]:
    for line in lines:
        document = _empty(line.remark) if line.asked is None else _document(next(found), line.remark, judge)
        yield json.dumps({"id": line.id, **document})


def _empty(remark: str) -> dict[str, Any]:
    return {
        "task": None,
        "abstained": True,
        "task_probabilities": None,
        "complexity": None,
        "risk": None,
        "reasons": [remark],
        "device": None,
    }


def _document(answer: Answer, remark: str, judge: Judging) -> dict[str, Any]:
    judged = answer.probabilities is not None
    return {
        "task": answer.task,
        "abstained": answer.abstained,
        "task_probabilities": answer.probabilities,
        "complexity": answer.complexity.value,
        "risk": answer.risk,
        "reasons": [*answer.reasons, *([judge.note] if judged and judge.note else []), *([remark] if remark else [])],
        "device": judge.device if judged else None,
    }
