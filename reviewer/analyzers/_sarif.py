"""Asks a tool of the user's that prints SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).

What it may do to a commit is its own word: an "error" that says it is precise blocks; without a word on precision nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import Meaning
from reviewer.analyzers._places import Places, Span
from reviewer.analyzers.interface import Analysis, Report, Source
from reviewer.errors import StorageError, ToolFailedError
from reviewer.records import Confidence, Kind, OwnAnalyzer, Severity

_OUTPUT = "report.sarif"
_FILES, _FOLDER, _RESULT = "{files}", "{folder}", "{output}"

_ENDING = re.compile(rb"\.[A-Za-z0-9_+-]{1,12}\Z")
_CWE = re.compile(r"\bCWE[-_/ ]?0*([1-9]\d{0,4})\b", re.IGNORECASE)

_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.INFO}
_PRECISION = {"very-high": Confidence.HIGH, "high": Confidence.HIGH, "low": Confidence.LOW}
"""As code scanning services read `properties.precision`; what says nothing is medium."""

_MOST = 10_000
"""Results of one run that are read: more is no review."""


def analyze(own: OwnAnalyzer, sources: Sequence[Source], *, tools: Mapping[str, str], folder: Path) -> Analysis:
    """Run the tool over private copies, in their folder, and read its report.

    Any exit code is fine as long as there is a report: many tools end with 1 if they found something.

    Raises:
        ToolError: it is missing, crashed, took too long, or gave no SARIF.
        StorageError: there is no room for the copies.
    """
    named = workspace.copies(folder, sources, _name)
    program = proc.find_tool(own.command[0], tools) if "/" not in own.command[0] else Path(own.command[0])
    argv: list[str | Path] = [program, *_arguments(own.command[1:], folder, list(named))]
    done = proc.run(argv, timeout=own.timeout, cwd=folder, env=workspace.environment(), ok=range(256))
    out = _written(folder / _OUTPUT) if any(_RESULT in word for word in own.command) else done.out
    try:
        return read(out, own.name, named, folder)
    except ToolFailedError as error:
        raise proc.failure(argv, done.code, done.err) if done.code else error from None


def read(out: bytes, name: str, named: Mapping[str, Source], folder: Path) -> Analysis:
    """What a report in SARIF says.

    Args:
        out: the report.
        name: what the tool is called here.
        named: the files, by their names in `folder`.

    Raises:
        ToolFailedError: it is none, or says that the tool failed.
    """
    try:
        return _Reader(name, named, folder).analysis(workspace.decoded(out, name)["runs"])
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise workspace.strange(name) from error


def _name(number: int, source: Source) -> str:
    """A number, with the path's own ending if it is a plain one: that is what tools know languages by."""
    match = _ENDING.search(source.path)
    return f"{number:05d}{match[0].decode() if match else source.copy.suffix}"


def _arguments(words: Sequence[str], folder: Path, names: Sequence[str]) -> list[str]:
    argv: list[str] = []
    for word in words:
        argv += names if word == _FILES else [word.replace(_FOLDER, str(folder)).replace(_RESULT, str(folder / _OUTPUT))]
    placed = any(word == _FILES or _FOLDER in word for word in words)
    return argv if placed else [*argv, *names]


def _written(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StorageError(f"cannot read the report: {error.strerror}", where=str(path)) from error


class _Reader:
    """Reads one report. What it says of other files than the ones it was asked about is left out."""

    def __init__(self, name: str, named: Mapping[str, Source], folder: Path) -> None:
        self._name = name
        self._named = named
        self._folder = str(folder)
        self._failed: dict[bytes, str] = {}

    def analysis(self, runs: Sequence[Mapping[str, Any]]) -> Analysis:
        """What the runs say.

        Raises:
            ToolFailedError: one says of itself that it failed.
        """
        reports: list[Report] = []
        versions = []
        for run in runs:
            self._check(run)
            driver = run["tool"]["driver"]
            versions.append(f"{driver['name']} {driver.get('semanticVersion') or driver.get('version') or ''}".strip()[:60])
            rules = _Rules(run["tool"])
            for result in (run.get("results") or [])[:_MOST]:
                reports += self._reports(result, rules, str(run.get("columnKind", "")))
        return Analysis(reports, self._failed, ", ".join(dict.fromkeys(versions)) or self._name)

    def _check(self, run: Mapping[str, Any]) -> None:
        """Notifications of errors name files that could not be read; without a name the whole run failed."""
        for invocation in run.get("invocations") or ():
            for said in invocation.get("toolExecutionNotifications") or ():
                if said.get("level") != "error":
                    continue
                text = str(said["message"].get("text", ""))[:300]
                for location in said.get("locations") or ():
                    source = self._source(location)
                    if source is not None:
                        self._failed.setdefault(source.path, f"{self._name} cannot read the file: {text}")
            if invocation.get("executionSuccessful") is False and not self._failed:
                raise ToolFailedError(f"{self._name} says that it failed")

    def _reports(self, result: Mapping[str, Any], rules: _Rules, columns: str) -> Iterator[Report]:
        rule = rules.of(result)
        level = result.get("level") or rule.get("defaultConfiguration", {}).get("level") or "warning"
        if result.get("kind", "fail") != "fail" or level not in _LEVELS or _is_suppressed(result):
            return
        code = str(result.get("ruleId") or rule.get("id") or "unnamed")
        message = str(result["message"].get("text") or result["message"].get("markdown") or code)
        for location in (result.get("locations") or ())[:1]:
            source = self._source(location)
            if source is not None:
                span = _span(location["physicalLocation"].get("region") or {}, source, columns)
                yield _meaning(result, rule, level).report(source.path, f"{self._name}/{code}", span, message, _remedy(rule))

    def _source(self, location: Mapping[str, Any]) -> Source | None:
        uri = location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri")
        path = unquote(str(uri or "")).removeprefix("file://").removeprefix(self._folder).lstrip("/").removeprefix("./")
        return self._named.get(path)


class _Rules:
    """The descriptions of rules that a run brings along."""

    def __init__(self, tool: Mapping[str, Any]) -> None:
        parts = [tool["driver"], *(tool.get("extensions") or ())]
        self._first = list(parts[0].get("rules") or ())
        self._by_id = {rule["id"]: rule for part in parts for rule in part.get("rules") or ()}

    def of(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """The description of a result's rule; empty if there is none."""
        reference = result.get("rule") or {}
        known = self._by_id.get(result.get("ruleId") or reference.get("id") or "")
        if known is not None:
            return dict(known)
        index = result.get("ruleIndex", -1)
        return self._first[index] if 0 <= index < len(self._first) else {}


def _is_suppressed(result: Mapping[str, Any]) -> bool:
    """A suppression counts unless it still waits for, or was refused, its approval (section 3.35.3)."""
    return any(one.get("status", "accepted") == "accepted" for one in result.get("suppressions") or ())


def _meaning(result: Mapping[str, Any], rule: Mapping[str, Any], level: str) -> Meaning:
    about = {**rule.get("properties", {}), **result.get("properties", {})}
    said = about.get("precision") or about.get("confidence") or ""
    confidence = _PRECISION.get(str(said).lower(), Confidence.MEDIUM)
    cwe = _cwe(result, rule)
    security = cwe or "security-severity" in about or "security" in [str(tag).lower() for tag in about.get("tags") or ()]
    return Meaning(Kind.SECURITY if security else Kind.BUG, _LEVELS[level], confidence, cwe)


def _cwe(result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """From tags ("external/cwe/cwe-089", "CWE-89: ..."), properties, or the taxonomy that the rule refers to."""
    for about in (result, rule):
        match = _CWE.search(str(about.get("properties", {})))
        if match:
            return f"CWE-{match[1]}"
    for relation in [*(result.get("taxa") or ()), *(one.get("target", {}) for one in rule.get("relationships") or ())]:
        if str(relation.get("toolComponent", {}).get("name", "")).upper() == "CWE":
            return f"CWE-{str(relation['id']).upper().removeprefix('CWE-').lstrip('0')}"
    return ""


def _span(region: Mapping[str, Any], source: Source, columns: str) -> Span:
    """Where it is. Columns count UTF-16 units if the run says so (section 3.14.17)."""
    places = Places(source.content)
    start = int(region.get("startLine", 1))
    end = int(region.get("endLine", start))
    if "startColumn" not in region:
        return places.lines(start, end)
    first, last = int(region["startColumn"]), int(region.get("endColumn", region["startColumn"]))
    if columns == "utf16CodeUnits":
        first, last = (_characters(places, line, column) for line, column in ((start, first), (end, last)))
    return places.characters(start, first, end, last)


def _characters(places: Places, line: int, column: int) -> int:
    """The character at a 1-based column of UTF-16 units."""
    units = places.text(line).decode("utf-8", "replace").encode("utf-16-le", "replace")
    return len(units[: 2 * max(0, column - 1)].decode("utf-16-le", "replace")) + 1


def _remedy(rule: Mapping[str, Any]) -> str:
    said = (rule.get("help") or {}).get("text") or ""
    return str(said if 0 < len(said) <= 300 else f"See {rule['helpUri']}" if rule.get("helpUri") else "")
