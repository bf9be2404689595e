"""Asks ruff about Python files. Which of its checks count, and for how much, is said in `rules/analyzers/ruff_checks.toml`."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer import proc, rulebook
from reviewer.analyzers.interface import Analysis, Report, Source
from reviewer.errors import RuleError, ToolFailedError
from reviewer.records import Confidence, Kind, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LANGUAGES = frozenset({"python"})

_NEWEST = "py314"
"""The newest Python that ruff 0.17 knows: a file must not fail for syntax that only an older Python lacks."""

_UNREADABLE = "E902"
"""Ruff's code for a file it cannot open or decode. Unless it is asked for, such a file is passed over in silence."""

_SYNTAX = "invalid-syntax"

_BATCH = 2000
"""Files for one run: their names have to fit on a command line."""

_LONE_CR = re.compile(rb"\r(?!\n)")
_LINE_END = re.compile(rb"\r\n|\n|\r")

_SURELY_HARMLESS = "seems safe"
"""Ruff's own words for a shell call whose command is a literal."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a report of one of ruff's codes means here."""

    kind: Kind
    severity: Severity
    confidence: Confidence
    cwe: str


def analyze(sources: Sequence[Source], *, tools: Mapping[str, str], timeout: float) -> Analysis:
    """Run ruff over private copies, without any configuration; see `reviewer.analyzers.interface.Analyzer`.

    A file with a syntax error counts as not read, because ruff then leaves out its other checks; its first error is reported.
    """
    tool = proc.find_tool("ruff", tools)
    text = _table()
    meanings = _meanings(text)
    reports: list[Report] = []
    failed: dict[bytes, str] = {}
    for start in range(0, len(sources), _BATCH):
        batch = sources[start : start + _BATCH]
        _read(_entries(_run(tool, meanings, batch, timeout)), batch, meanings, reports, failed)
    return Analysis(reports, failed, f"{_version(tool, timeout)} checks {hashlib.sha256(text).hexdigest()[:12]}")


def _run(tool: Path, meanings: Mapping[str, Meaning], batch: Sequence[Source], timeout: float) -> bytes:
    argv: list[str | bytes | Path] = [
        tool, "check", "--isolated", "--no-cache", "--no-fix", "--quiet", "--output-format", "json", "--target-version", _NEWEST,
        "--select", ",".join((_UNREADABLE, *meanings)), "--",
    ]  # fmt: skip
    argv += [source.copy for source in batch]
    return proc.run(argv, timeout=timeout, cwd=batch[0].copy.parent, env=_environment(), ok=(0, 1)).out


def _environment() -> dict[str, str]:
    """Without variables that set ruff's options."""
    return {key: value for key, value in proc.clean_environment().items() if not key.startswith("RUFF_")}


def _version(tool: Path, timeout: float) -> str:
    return proc.run([tool, "--version"], timeout=timeout, env=_environment()).out.decode("utf-8", "replace").strip()[:60]


def _entries(out: bytes) -> list[dict[str, Any]]:
    try:
        entries = json.loads(out)
    except ValueError:
        entries = None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ToolFailedError(
            "ruff printed something that is not its report", todo="Run 'hunkgate doctor' to see which ruff is used."
        )
    return entries


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
        for entry in entries:
            source = sources.get(entry["filename"])
            if source is None:
                raise ToolFailedError("ruff reported on a file that it was not asked about")
            code, place = entry["code"], lines[entry["filename"]]
            if code in meanings:
                reports += _reports(entry, source, place, meanings[code])
            elif source.path not in failed:
                reports += _syntax_error(entry, source, place) if code in (_SYNTAX, None) else ()
                failed[source.path] = _reason(entry)
    except (KeyError, TypeError) as error:
        raise ToolFailedError("ruff's report has a form that this version of the gate does not know") from error


def _reports(entry: Mapping[str, Any], source: Source, lines: _Lines, meaning: Meaning) -> Iterator[Report]:
    if _SURELY_HARMLESS in entry["message"]:
        return
    start, end = entry["location"], entry["end_location"]
    yield Report(
        path=source.path,
        rule=f"ruff/{entry['code']}",
        kind=meaning.kind,
        severity=meaning.severity,
        confidence=meaning.confidence,
        start_line=lines.number(start["row"]),
        end_line=lines.number(end["row"]),
        start_column=1 if lines.shifted else start["column"],
        end_column=0 if lines.shifted else end["column"],
        message=entry["message"],
        remedy=_remedy(entry),
        cwe=meaning.cwe,
    )


def _syntax_error(entry: Mapping[str, Any], source: Source, lines: _Lines) -> Iterator[Report]:
    """Medium confidence: the file may be a template, or written for Python 2."""
    meaning = Meaning(Kind.BUG, Severity.ERROR, Confidence.MEDIUM, "")
    yield from _reports({**entry, "code": _SYNTAX, "message": f"Syntax error: {entry['message']}"}, source, lines, meaning)


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
        self._count = content.count(b"\n") + (not content.endswith(b"\n"))
        self._ends: list[int] = []
        self._feeds: list[int] = []
        if _LONE_CR.search(content):
            self._ends = [match.end() for match in _LINE_END.finditer(content)]
            self._feeds = [match.start() for match in re.finditer(rb"\n", content)]

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


def _table() -> bytes:
    return (rulebook.folder() / "analyzers" / "ruff_checks.toml").read_bytes()


def _meanings(text: bytes) -> dict[str, Meaning]:
    """What the table says: code -> meaning.

    Raises:
        RuleError: it is malformed.
    """
    try:
        codes = tomllib.loads(text.decode("utf-8"))["codes"]
        return {code: _meaning(words) for code, words in codes.items()}
    except (ValueError, KeyError, AttributeError) as error:
        raise RuleError(f"the table of ruff's checks is malformed: {error}", where="rules/analyzers/ruff_checks.toml") from error


def _meaning(words: str) -> Meaning:
    kind, severity, confidence, *cwe = words.split()
    return Meaning(Kind(kind), Severity(severity), Confidence(confidence), cwe[0] if cwe else "")
