"""The declarations of one language, read from `rules/taint/<language>/*.toml`: sources, sinks, and what lies between.

A file is about one class of harm and is named after it; `_sources.toml` and `_flow.toml` are about the language. What a class
is, is said in `rules/taint/classes.toml`. docs/taint.md tells what may stand in them.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reviewer.errors import RuleError
from reviewer.records import Confidence, Severity
from reviewer.taint.patterns import Patterns

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WRAPPED = "wrapped(request)"
"""The path of what code that is not known makes of a whole request."""

SHAPES = ("", "argv", "url", "mapping", "text", "view", "location")
"""How the argument of a sink is looked at: see docs/taint.md."""

_CLASS_KEYS = {"remedy", "sinks", "clean"}
_SINK_KEYS = {"call", "set", "put", "returns", "args", "when", "unless", "shape", "direct", "confidence"}
_SOURCE_KEYS = {"title", "confidence", "read", "call", "marks", "handlers", "types", "open", "fills", "only"}
_FLOW_KEYS = {
    "clean", "through", "drop", "append", "put", "get", "take", "iterate", "promise", "format", "join", "guards", "denied",
    "fields", "first", "replace", "carrier",
}  # fmt: skip
_GUARD_KEYS = {"call", "arg", "classes", "when"}


@dataclass(frozen=True, slots=True)
class Harm:
    """A class of harm, such as "sql"."""

    name: str
    cwe: str
    severity: Severity
    message: str
    """What goes wrong; `{source}` and `{sink}` are filled in."""
    remedy: str


@dataclass(frozen=True, slots=True)
class Sink:
    """Where a value does harm."""

    harm: str
    args: tuple[int | str, ...]
    """Positions and names of the arguments; "*" for all, "this" for what the method is called on."""
    when: Mapping[str, object]
    """Arguments that must have these values; "?" for any value but a missing or false one."""
    unless: Mapping[str, object]
    shape: str
    direct: bool
    """Only what came by code that is known counts."""
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes in."""

    title: str
    confidence: Confidence
    open: bool
    """It is a collection of many: a key tells what is asked for."""
    fills: tuple[int, ...] = ()
    """Arguments that it writes into, instead of giving it back."""
    only: frozenset[str] = frozenset()
    """The classes it does harm in; empty for all."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A call in a condition, whose outcome tells that a value is harmless."""

    arg: int | str
    classes: tuple[str, ...]
    when: bool


@dataclass(frozen=True, slots=True)
class Pack:
    """All declarations of a language."""

    language: str
    harms: Mapping[str, Harm]
    """By class, with the remedy of the language."""
    calls: Patterns[Sink]
    sets: Patterns[Sink]
    puts: Patterns[Sink]
    returns: Patterns[Sink]
    """By the mark of the function that returns."""
    reads: Patterns[Source]
    source_calls: Patterns[Source]
    marks: Patterns[Source]
    """Parameters by their own mark."""
    handlers: Patterns[Source]
    """Parameters by the mark of their function."""
    types: Patterns[Source]
    """Parameters by their type."""
    clean: Patterns[str]
    """Calls whose result can do no harm of a class; "*" for all."""
    roles: Patterns[str]
    """Calls that put into containers, take from them, or hand a value through."""
    guards: Patterns[Guard]
    denied: Mapping[str, tuple[str, ...]]
    """Text that, if it does not occur, tells that classes can do no harm."""
    promise: re.Pattern[str]
    """Names of functions that promise to make a value harmless, or to tell whether it is."""
    digest: str
    words: frozenset[bytes]
    """One of these stands in every file that has a source."""


def folder() -> Path:
    """Where the declarations are."""
    return Path(str(importlib.import_module("reviewer.rules").__path__[0])) / "taint"


def languages() -> tuple[str, ...]:
    """Languages with declarations, sorted."""
    return tuple(sorted(path.name for path in folder().iterdir() if path.is_dir()))


def rule_ids() -> frozenset[str]:
    """Every id that a finding of this engine can have."""
    return frozenset(f"taint-{path.parent.name}-{path.stem}" for path in _class_files(folder()))


def _class_files(under: Path) -> list[Path]:
    return sorted(path for path in under.rglob("*.toml") if not path.name.startswith("_") and path.parent != folder())


@cache
def load(language: str) -> Pack:
    """The declarations of a language.

    Raises:
        RuleError: a file is malformed; names it.
    """
    here = folder() / language
    files = _class_files(here)
    classes = {path.stem: _read(path, _CLASS_KEYS) for path in files}
    known = _harms()
    harms = {path.stem: _harm(known, path, classes[path.stem]) for path in files}
    sinks = [found for path in files for found in _sinks(path, classes[path.stem].get("sinks", []))]
    sources = list(_sources(here / "_sources.toml"))
    flow = _read(here / "_flow.toml", _FLOW_KEYS)
    clean = [(call, "*") for call in flow.get("clean", [])]
    clean += [(call, name) for name, said in classes.items() for call in said.get("clean", [])]
    roles = (
        "through",
        "drop",
        "append",
        "put",
        "get",
        "take",
        "iterate",
        "format",
        "join",
        "fields",
        "first",
        "replace",
        "carrier",
    )
    return Pack(
        language=language,
        harms=harms,
        calls=_of("call", sinks),
        sets=_of("set", sinks),
        puts=_of("put", sinks),
        returns=_of("returns", sinks),
        reads=_of("read", sources),
        source_calls=_of("call", sources),
        marks=_of("marks", sources),
        handlers=_of("handlers", sources),
        types=_of("types", sources),
        clean=Patterns(clean),
        roles=Patterns((call, role) for role in roles for call in flow.get(role, [])),
        guards=Patterns(_guards(here / "_flow.toml", flow.get("guards", []), frozenset(harms))),
        denied={text: tuple(names) for text, names in flow.get("denied", {}).items()},
        promise=re.compile(flow.get("promise") or r"(?!)", re.IGNORECASE),
        digest=_digest([*files, here / "_sources.toml", here / "_flow.toml", folder() / "classes.toml"]),
        words=frozenset(_word(pattern) for kind, pattern, _ in sources if not pattern.startswith(WRAPPED)),
    )


def _word(pattern: str) -> bytes:
    """The longest name in a pattern: a path that it means was made of code that holds it."""
    names = re.split(r"[.*=:()\[\]]+", pattern)
    return max(names, key=len).encode()


def _of(key: str, entries: Iterable[tuple[str, str, Any]]) -> Patterns[Any]:
    return Patterns((pattern, declared) for kind, pattern, declared in entries if kind == key)


def _read(path: Path, keys: set[str]) -> dict[str, Any]:
    try:
        said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RuleError(f"cannot read the declarations: {error}", where=str(path), todo="See docs/taint.md.") from error
    _refuse_unknown(said, keys, path)
    return said


def _refuse_unknown(said: Iterable[str], keys: set[str], path: Path) -> None:
    unknown = sorted(set(said) - keys)
    if unknown:
        raise RuleError(f"unknown key {unknown[0]!r}", where=str(path), todo="One of: " + ", ".join(sorted(keys)) + ".")


@cache
def _harms() -> Mapping[str, Harm]:
    path = folder() / "classes.toml"
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Harm(name, entry["cwe"], Severity(entry.get("severity", "error")), entry["message"], entry["remedy"])
        for name, entry in said.items()
    }


def _harm(known: Mapping[str, Harm], path: Path, said: Mapping[str, Any]) -> Harm:
    if path.stem not in known:
        raise RuleError("no such class in classes.toml", where=str(path), todo="Name the file after a class, or add it there.")
    harm = known[path.stem]
    return Harm(harm.name, harm.cwe, harm.severity, harm.message, said.get("remedy", harm.remedy))


def _sinks(path: Path, entries: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str, Sink]]:
    for entry in entries:
        _refuse_unknown(entry, _SINK_KEYS, path)
        shape = entry.get("shape", "")
        if shape not in SHAPES:
            raise RuleError(f"unknown shape {shape!r}", where=str(path), todo="One of: " + ", ".join(SHAPES[1:]) + ".")
        sink = Sink(
            path.stem,
            tuple(entry.get("args", [0, 1] if "put" in entry else [0])),
            entry.get("when", {}),
            entry.get("unless", {}),
            shape,
            entry.get("direct", False),
            _confidence(entry, path),
        )
        for key in ("call", "set", "put", "returns"):
            yield from ((key, pattern, sink) for pattern in entry.get(key, []))


def _confidence(entry: Mapping[str, Any], path: Path) -> Confidence:
    try:
        return Confidence(entry.get("confidence", "high"))
    except ValueError as error:
        raise RuleError(str(error), where=str(path), todo="One of: high, medium, low.") from error


def _sources(path: Path) -> Iterable[tuple[str, str, Source]]:
    for entry in _read(path, {"sources"})["sources"]:
        _refuse_unknown(entry, _SOURCE_KEYS, path)
        fills, only = tuple(entry.get("fills", [])), frozenset(entry.get("only", []))
        source = Source(entry["title"], _confidence(entry, path), entry.get("open", False), fills, only)
        for key in ("read", "call", "marks", "handlers", "types"):
            yield from ((key, pattern, source) for pattern in entry.get(key, []))


def _guards(path: Path, entries: Iterable[Mapping[str, Any]], known: frozenset[str]) -> Iterable[tuple[str, Guard]]:
    for entry in entries:
        _refuse_unknown(entry, _GUARD_KEYS, path)
        classes = tuple(entry.get("classes", ["*"]))
        guard = Guard(
            entry.get("arg", 0), tuple(name for name in classes if name == "*" or name in known), entry.get("when", True)
        )
        yield from ((pattern, guard) for pattern in entry["call"])


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]
