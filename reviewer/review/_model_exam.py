"""Items of the exam as the hunks that they would be in a commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from reviewer.models.exam.loading import load
from reviewer.models.exam.marking import Answer
from reviewer.models.exam.records import Alarm, Pair, Sample
from reviewer.records import Hunk, Line, LineKind
from reviewer.review._model_context import Source, one_line
from reviewer.review._model_taxonomy import TAXONOMY, worded
from reviewer.rulebook import loading as rule_file
from reviewer.rulebook import shipped

_CONTEXT = 3
"""Unchanged lines around a change, as git gives them. The file itself is known to the gate, in the exam too."""


def hunk_and_source(item: Sample | Alarm) -> tuple[Hunk, Source]:
    """The change of an item as one hunk, and its file after the change."""
    sample = item.sample if isinstance(item, Alarm) else item
    lines, old, new = [], 1, 1
    for row in sample.rows:
        kind = LineKind(row.sign)
        numbers = (0 if kind is LineKind.ADDED else old, 0 if kind is LineKind.REMOVED else new)
        lines.append(Line(kind, row.text.encode("utf-8", "surrogatepass"), *numbers))
        old, new = old + (kind is not LineKind.ADDED), new + (kind is not LineKind.REMOVED)
    changed = [index for index, line in enumerate(lines) if line.kind is not LineKind.CONTEXT]
    shown = lines[max(changed[0] - _CONTEXT, 0) : changed[-1] + _CONTEXT + 1]
    before = [line.old_number for line in shown if line.old_number]
    after = [line.new_number for line in shown if line.new_number]
    path, starts = sample.path.encode(), (min(before, default=0), min(after, default=0))
    hunk = Hunk(path, sample.language, starts[0], len(before), starts[1], len(after), "", tuple(shown))
    return hunk, Source(sample.after, tuple(sample.after.split("\n")))


def best(answers: Iterable[Answer]) -> Answer:
    """The most suspicious of the answers to the parts of one change."""
    return max(answers, key=lambda answer: answer.score)


def claim(item: Sample | Alarm) -> tuple[int, str]:
    """Line and statement that are to be judged.

    Of an alarm, what its rule says. Of a change, what another model could have said of it: the defect of its pair, at the line
    that has it or, on the sound side, at the new line in the same place. Of a refactoring, any defect at any new line, chosen
    by a digest; so nothing about the claim tells whether it is true.
    """
    if isinstance(item, Alarm):
        return item.line, _message(item.rule)
    pair, chance = _pair_of(item.id), int.from_bytes(hashlib.sha256(item.id.encode()).digest()[:4], "big")
    defect = next((one for one in TAXONOMY if pair is not None and one.name == pair.defect), TAXONOMY[chance % len(TAXONOMY)])
    return _place(item, pair, chance), worded(defect)


def _place(sample: Sample, pair: Pair | None, chance: int) -> int:
    blank = {number for number, text in enumerate(sample.after.split("\n"), 1) if not text.strip()}
    added = [number for number in sample.added if number not in blank]
    if sample.faults:
        return sample.faults[0]
    if pair is None or not pair.first.faults:
        return added[chance % len(added)]
    return min(added, key=lambda number: (abs(number - pair.first.faults[0]), number))


@cache
def _message(rule: str) -> str:
    """What a shipped rule says where it fires."""
    (path,) = shipped.folder().glob(f"*/*/{rule}.yml")
    return one_line(rule_file.load(path).message)


def _pair_of(name: str) -> Pair | None:
    return _pairs().get(name)


@cache
def _pairs() -> dict[str, Pair]:
    """By the id of each side, and of each loaded change."""
    exam = load()
    known = {sample.id: pair for pair in exam.pairs for sample in (pair.first, pair.second)}
    return {**known, **{item.id: known[item.plain.id] for item in exam.injections}}
