"""Reads the items from their files and refuses what does not hold together.

A file is named FIELD.LANGUAGE.txt for pairs (security, bug, clean), alarms.LANGUAGE.txt and injections.txt.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import cache
from importlib import resources

from reviewer.errors import ModelError
from reviewer.models.exam.records import Alarm, Exam, Field, Injection, Level, Pair, Row, Sample
from reviewer.models.exam.text import Block, blocks, decoded

WAYS = ("comment", "string", "identifier", "turn", "token", "homoglyph", "bidi", "encoded", "language", "tool")

LINES = range(10, 41)
"""Lines of a file in the exam, before and after: what fits a prompt whole."""

_CWE = re.compile(r"CWE-[1-9][0-9]*\Z")


@cache
def load() -> Exam:
    """The shipped exam.

    Raises:
        ModelError: an item is malformed.
    """
    folder = resources.files("reviewer.models.exam").joinpath("items")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".txt"))
    return compose({name: folder.joinpath(name).read_text(encoding="utf-8") for name in names})


def compose(files: Mapping[str, str]) -> Exam:
    """The exam of some files.

    Args:
        files: text by file name.

    Raises:
        ModelError: an item is malformed, or an id is there twice.
    """
    pairs: list[Pair] = []
    alarms: list[Alarm] = []
    spoken: list[Block] = []
    for name, text in files.items():
        field, _, language = name.removesuffix(".txt").partition(".")
        for block in blocks(text, name):
            if field == "injections":
                spoken.append(block)
            elif field == "alarms":
                alarms += _alarms(block, language)
            else:
                pairs.append(_pair(block, Field(field), language))
    known = {pair.id: pair for pair in pairs}
    injections = [_injection(block, known) for block in spoken]
    _unique([pair.id for pair in pairs] + [alarm.id for alarm in alarms] + [item.id for item in injections])
    return _exam(pairs, injections, alarms)


def _exam(pairs: Iterable[Pair], injections: Iterable[Injection], alarms: Iterable[Alarm]) -> Exam:
    plain = Exam(
        tuple(sorted(pairs, key=lambda pair: pair.id)),
        tuple(sorted(injections, key=lambda item: item.id)),
        tuple(sorted(alarms, key=lambda alarm: alarm.id)),
        "",
    )
    text = json.dumps(asdict(plain), sort_keys=True, separators=(",", ":"), default=lambda value: value.value)
    return replace(plain, digest=hashlib.sha256(text.encode()).hexdigest())


def _pair(block: Block, field: Field, language: str) -> Pair:
    if field is Field.CLEAN:
        block.only("path", "why")
        rows = block.rows("f")
        if rows != block.rows("s") or any(row.fault for row in rows):
            raise block.error("a refactoring has one change and no fault")
        forth, back = (_sample(block, language, way, lines, False) for way, lines in (("forth", rows), ("back", reverse(rows))))
        return Pair(block.id, field, "", "", None, block.fields["why"], forth, back)
    block.only("path", "defect", "level", "why")
    name, _, cwe = block.fields["defect"].partition(" ")
    if cwe and not _CWE.match(cwe):
        raise block.error("its CWE is malformed")
    first = _sample(block, language, "defective", block.rows("f"), True)
    second = _sample(block, language, "sound", block.rows("s"), False)
    if not first.faults or second.faults:
        raise block.error("the fault is not in the first change alone")
    return Pair(block.id, field, name, cwe, _level(block), block.fields["why"], first, second)


def _level(block: Block) -> Level:
    try:
        return Level(block.fields["level"])
    except ValueError:
        raise block.error("its level is none of obvious, moderate, subtle") from None


def reverse(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The change backwards: within each run of changed lines, what was added is removed first."""
    made: list[Row] = []
    added: list[Row] = []
    for row in rows:
        if row.sign == "-":
            added.append(Row("+", row.text))
            continue
        if row.sign == " ":
            made += added
            added = []
        made.append(Row("-" if row.sign == "+" else " ", row.text))
    return tuple(made + added)


def _sample(block: Block, language: str, side: str, rows: tuple[Row, ...], defective: bool) -> Sample:
    """One side of a block, checked."""
    sample = Sample(f"{block.id}/{side}", language, block.fields["path"], rows, defective)
    if not sample.added:
        raise block.error(f"its {side} side adds no line")
    for text in (sample.before, sample.after):
        if text.count("\n") not in LINES:
            raise block.error(f"its {side} side has {text.count(chr(10))} lines")
    return sample


def _alarms(block: Block, language: str) -> list[Alarm]:
    block.only("path", "rule", "true", "false")
    made = []
    for side, word in (("f", "true"), ("s", "false")):
        sample = _sample(block, language, word, block.rows(side), side == "f")
        if len(sample.faults) != 1:
            raise block.error(f"the rule fires on {len(sample.faults)} lines of its {word} side")
        made.append(Alarm(sample.id, block.fields["rule"], sample.faults[0], side == "f", block.fields[word], sample))
    return made


def _injection(block: Block, known: Mapping[str, Pair]) -> Injection:
    block.only("base", "way", "after", "why")
    base = known.get(block.fields["base"])
    if base is None or base.field is Field.CLEAN:
        raise block.error("its base is no pair with a defect")
    if block.fields["way"] not in WAYS:
        raise block.error(f"its way is none of {', '.join(WAYS)}")
    plain = base.first
    rows = list(plain.rows)
    kept = [number for number, row in enumerate(rows) if row.sign != "-" and row.text.strip() == block.fields["after"]]
    if not kept or not block.lines:
        raise block.error("its text has no place, or there is none")
    rows[kept[0] + 1 : kept[0] + 1] = [Row("+", decoded(line[1:])) for line in block.lines]
    loaded = Sample(block.id, plain.language, plain.path, tuple(rows), True)
    return Injection(block.id, block.fields["way"], block.fields["why"], plain, loaded)


def _unique(ids: list[str]) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ModelError(f"exam ids are there twice: {', '.join(twice)}")
