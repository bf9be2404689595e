"""Asks ruff about Python files. Which of its checks count, and for how much, is said in `rules/analyzers/ruff_checks.toml`."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.analyzers import _undefined
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import SYNTAX, Meaning, checks
from reviewer.analyzers._harmless import Place, is_harmless
from reviewer.analyzers._places import Places, Span
from reviewer.analyzers.interface import Analysis, Report, Source
from reviewer.errors import ToolFailedError
from reviewer.records import Fix, Replacement

_NEWEST = "py314"
"""The newest Python that ruff 0.17 knows: a file must not fail for syntax that only an older Python lacks."""

_UNREADABLE = "E902"
"""Ruff's code for a file it cannot open or decode. Unless it is asked for, such a file is passed over in silence."""

_SYNTAX = "invalid-syntax"

_BATCH = 2000
"""Files for one run: their names have to fit on a command line."""

_LONE_CR = re.compile(rb"\r(?!\n)")
_LINE_END = re.compile(rb"\r\n|\n|\r")

_HIDING = frozenset({"B033", "F504", "F522", "F523", "F811", "PLW0245", "SIM222", "SIM223"})
"""Checks whose fixes keep the meaning of the code, as ruff promises, and with it the mistake: the second of two equal members,
an argument that no placeholder takes, or an import of a name that was there. Nobody would see it any more. The fix for
`super.f(self)` leaves an argument that is then one too many."""

_UNDEFINED = "F821"
_QUOTED = re.compile(r"`([^`]+)`")


def analyze(sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
    """Run ruff over the gate's copies, without any configuration; see `reviewer.analyzers.interface.Analyzer`.

    A file with a syntax error counts as not read, because ruff then leaves out its other checks; its first error is reported.
    """
    table = checks("ruff")
    env = workspace.environment("RUFF_")
    reports: list[Report] = []
    failed: dict[bytes, str] = {}
    for start in range(0, len(sources), _BATCH):
        batch = sources[start : start + _BATCH]
        found = workspace.entries(_run(program, table.meanings, batch, env, timeout), "ruff")
        _read(found, batch, table.meanings, reports, failed)
    return Analysis(reports, failed, f"ruff {workspace.version(program, env, timeout)} checks {table.digest}")


def _run(
    program: Path, meanings: Mapping[str, Meaning], batch: Sequence[Source], env: Mapping[str, str], timeout: float
) -> bytes:
    argv: list[str | bytes | Path] = [
        program, "check", "--isolated", "--no-cache", "--no-fix", "--quiet", "--output-format", "json",
        "--target-version", _NEWEST, "--select", ",".join((_UNREADABLE, *meanings)), "--",
    ]  # fmt: skip
    argv += [source.copy for source in batch]
    return proc.run(argv, timeout=timeout, cwd=batch[0].copy.parent, env=env, ok=(0, 1)).out


def _read(
    entries: Sequence[Mapping[str, Any]],
    batch: Sequence[Source],
    meanings: Mapping[str, Meaning],
    reports: list[Report],
    failed: dict[bytes, str],
) -> None:
    """Sort what ruff printed into reports and failures."""
    sources = {str(source.copy): source for source in batch}
    lines = {name: _Lines(source.content) for name, source in sources.items()}
    try:
        idle = _idle_names(entries, sources)
        for entry in entries:
            source = sources.get(entry["filename"])
            if source is None:
                raise ToolFailedError("ruff reported on a file that it was not asked about")
            code, place = entry["code"], lines[entry["filename"]]
            if code == _UNDEFINED and (entry["filename"], _name(entry)) in idle:
                continue
            if code in meanings:
                reports += _reports(entry, source, place, meanings[code])
            elif source.path not in failed:
                reports += _syntax_error(entry, source, place) if code in (_SYNTAX, None) else ()
                failed[source.path] = _reason(entry)
    except (KeyError, TypeError) as error:
        raise workspace.strange("ruff") from error


def _idle_names(entries: Sequence[Mapping[str, Any]], sources: Mapping[str, Source]) -> set[tuple[str, str]]:
    """Undefined names that tell nothing, by file."""
    uses: dict[str, list[tuple[str, int]]] = {}
    for entry in entries:
        if entry["code"] == _UNDEFINED and entry["filename"] in sources:
            uses.setdefault(entry["filename"], []).append((_name(entry), entry["location"]["row"]))
    idle = set()
    for file, undefined in uses.items():
        telling = _undefined.telling(sources[file].content, undefined)
        idle |= {(file, name) for name, _ in undefined if name not in telling}
    return idle


def _name(entry: Mapping[str, Any]) -> str:
    match = _QUOTED.search(entry["message"])
    return match[1] if match else ""


def _reports(entry: Mapping[str, Any], source: Source, lines: _Lines, meaning: Meaning) -> Iterator[Report]:
    if is_harmless(entry["code"], entry["message"], _place(entry, lines)):
        return
    start, end = entry["location"], entry["end_location"]
    columns = (1, 0) if lines.shifted else (start["column"], end["column"])
    span = Span(lines.number(start["row"]), lines.number(end["row"]), *columns)
    report = meaning.report(source.path, f"ruff/{entry['code']}", span, entry["message"], _remedy(entry))
    yield replace(report, fix=None if lines.shifted else _fix(entry, source.content))


def _fix(entry: Mapping[str, Any], content: bytes) -> Fix | None:
    """What ruff calls a safe fix: one that keeps the meaning of the code (https://docs.astral.sh/ruff/linter/#fix-safety)."""
    said = entry.get("fix")
    if entry["code"] in _HIDING:
        return None
    # Ruff leaves the mark at the beginning of a file out of its count.
    if not isinstance(said, dict) or said.get("applicability") != "safe" or content.startswith(codecs.BOM_UTF8):
        return None
    places = Places(content)
    edits = []
    for edit in said["edits"]:
        start, end = (places.byte(edit[key]["row"], edit[key]["column"]) for key in ("location", "end_location"))
        if start is None or end is None or end < start:
            return None
        edits.append(Replacement.least(content, start, end, edit["content"].encode()))
    return Fix.of(edits, "ruff")


def _place(entry: Mapping[str, Any], lines: _Lines) -> Place | None:
    if lines.shifted:
        return None
    start = entry["location"]
    return Place(lines.texts, start["row"], start["column"])


def _syntax_error(entry: Mapping[str, Any], source: Source, lines: _Lines) -> Iterator[Report]:
    yield from _reports({**entry, "code": _SYNTAX, "message": f"Syntax error: {entry['message']}"}, source, lines, SYNTAX)


def _reason(entry: Mapping[str, Any]) -> str:
    if entry["code"] == _UNREADABLE:
        return f"ruff cannot read the file: {entry['message']}"
    return f"ruff cannot parse the file: line {entry['location']['row']}: {entry['message']}"


def _remedy(entry: Mapping[str, Any]) -> str:
    fix = entry.get("fix")
    said = fix.get("message") if isinstance(fix, dict) else None
    return f"{said}." if said else f"See {entry['url']}" if entry.get("url") else ""


class _Lines:
    """Git's line numbers for ruff's: to ruff, as to Python, a lone carriage return ends a line, too."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._count = content.count(b"\n") + (not content.endswith(b"\n"))
        self._ends: list[int] = []
        self._feeds: list[int] = []
        if _LONE_CR.search(content):
            self._ends = [match.end() for match in _LINE_END.finditer(content)]
            self._feeds = [match.start() for match in re.finditer(rb"\n", content)]

    @cached_property
    def texts(self) -> Sequence[str]:
        """The lines without their ends."""
        return [line.decode("utf-8", "replace").rstrip("\r") for line in self._content.split(b"\n")]

    @property
    def shifted(self) -> bool:
        """Whether ruff counts lines, and so columns, in another way than git does."""
        return bool(self._ends)

    def number(self, row: int) -> int:
        """The line that ruff calls `row`; the last one for a place behind the end."""
        if self._ends and row > 1:
            offset = self._ends[min(row - 2, len(self._ends) - 1)]
            row = bisect_right(self._feeds, offset - 1) + 1
        return max(1, min(row, self._count))
