"""What the trials read: pairs of a change and its reverse, hunks with a history, and how a change is shown."""

from __future__ import annotations

import difflib
import json
import lzma
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SETS = {"bugsinpy": 95, "condefects": 60, "pyvul_cve": 14, "debugbench": 24}
"""Pairs that are read of each dev set; a longer set is thinned evenly."""

EVEN_ONLY = ("debugbench",)
"""Of these, only pairs whose two texts have equally many tokens are read, so that length cannot decide."""

_TOKEN = re.compile(r"\w+|[^\w\s]")

REVERSED = "reversed:"
"""Before the id of a reading that is not of a change but of its reverse."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Lines of a change as (sign, text), cut to fit, with their tokens."""

    lines: tuple[tuple[str, str], ...]
    tokens: tuple[tuple[int, ...], ...]


def rows_of(path: Path) -> list[Row]:
    """Rows of a dev set whose answer is not given away by a comment."""
    lines = lzma.decompress(path.read_bytes()).split(b"\n")
    rows: list[Row] = [json.loads(line) for line in lines if line.strip()]
    return [row for row in rows if row.get("after") is not None and not row.get("leak")]


def pairs_of(shared: Path, name: str, wanted: int, *, even: bool = False) -> list[tuple[Row, Row]]:
    """(introduces, fixes) pairs in Python, of the small and clear rows where the set marks such."""
    rows = [row for row in rows_of(shared / "data" / "dev" / f"{name}.jsonl.xz") if row.get("pair") and row.get("before")]
    if name in ("bugsinpy", "pyvul_cve"):
        rows = [row for row in rows if row.get("core")]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row["language"] == "python":
            groups.setdefault(row["pair"], []).append(row)
    made = [sorted(group, key=lambda row: row["direction"] != "introduce") for group in groups.values() if len(group) == 2]
    if even:
        made = [pair for pair in made if grown(*changed(pair[0]["before"], pair[0]["after"])) == 0]
    step = max(1.0, len(made) / wanted)
    return [(made[int(at * step)][0], made[int(at * step)][1]) for at in range(min(wanted, len(made)))]


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Removed and added lines."""
    old, new = before.split("\n"), after.split("\n")
    gone: list[str] = []
    come: list[str] = []
    for tag, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            gone += old[first:last]
            come += new[start:end]
    return gone, come


def tokens_of(lines: Sequence[str]) -> list[str]:
    """Words and signs of some lines, comments left out."""
    return [token for line in lines if not line.lstrip().startswith("#") for token in _TOKEN.findall(line)]


def grown(gone: Sequence[str], come: Sequence[str]) -> int:
    """Tokens that the change takes away, net."""
    return len(tokens_of(gone)) - len(tokens_of(come))


def diff_lines(before: str, after: str, context: int) -> list[tuple[str, str]]:
    """A unified diff as (sign, line)."""
    old, new = before.split("\n"), after.split("\n")
    lines: list[tuple[str, str]] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context):
        if lines:
            lines.append(("@", "..."))
        for tag, first, last, start, end in group:
            if tag == "equal":
                lines += [(" ", text) for text in old[first:last]]
                continue
            lines += [("-", text) for text in old[first:last]] + [("+", text) for text in new[start:end]]
    return lines


def fitted(choices: Sequence[list[tuple[str, str]]], encode: Callable[[str], list[int]], limit: int) -> Shown:
    """The first of some renderings that has at most `limit` tokens; else the last one, cut."""
    for lines in choices:
        tokens = [tuple(encode(f"{sign} {text}\n")) for sign, text in lines]
        if sum(map(len, tokens)) <= limit:
            return Shown(tuple(lines), tuple(tokens))
    while sum(map(len, tokens)) > limit:
        tokens.pop()
    return Shown(tuple(lines[: len(tokens)]), tuple(tokens))


def shown_change(row: Row, encode: Callable[[str], list[int]], limit: int) -> Shown:
    """A row's change with as much context as fits."""
    return fitted([diff_lines(row["before"], row["after"], context) for context in (25, 10, 5, 2)], encode, limit)


def shown_hunk(hunk: str, encode: Callable[[str], list[int]], limit: int) -> Shown:
    """A hunk that is a diff already."""
    lines = [(line[:1] or " ", line[1:]) for line in hunk.split("\n")[1:] if not line.startswith("\\")]
    return fitted([lines], encode, limit)
