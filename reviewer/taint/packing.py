"""Makes `rules/taint/<language>.json` of `rules/taint/<language>/*.toml`, and refuses what is malformed in them.

    python -c "from reviewer.taint import packing; packing.write()"

A file is about one class of harm and is named after it; `_sources.toml` and `_flow.toml` are about the language. What a class
is, is said in `rules/taint/classes.toml`. docs/taint.md tells what may stand in them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reviewer.errors import RuleError
from reviewer.records import Confidence, Severity
from reviewer.taint import packed, trigger_search
from reviewer.taint.declarations import ROLES, SHAPES, SINK_WAYS, SOURCE_WAYS
from reviewer.taint.patterns import last_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_CLASS_KEYS = frozenset({"remedy", "sinks", "clean"})
_SINK_KEYS = frozenset({*SINK_WAYS, "args", "when", "unless", "shape", "direct", "confidence"})
_SOURCE_KEYS = frozenset(
    {*SOURCE_WAYS, "title", "confidence", "open", "fills", "only", "functions", "params", "fields", "stands_for", "other_than"}
)
_FLOW_KEYS = frozenset({*ROLES, "clean", "guards", "denied", "promise"})
_GUARD_KEYS = frozenset({"call", "arg", "classes", "when"})

_Said = Mapping[str, Any]


def write() -> None:
    """Make the files of all languages anew.

    Raises:
        RuleError: a declaration is malformed; names the file.
    """
    for language in packed.languages():
        (packed.folder() / f"{language}.json").write_text(text(language), encoding="utf-8")


def text(language: str) -> str:
    """The content of a language's file: the parts of the document, a line for each of their entries.

    Raises:
        RuleError: a declaration is malformed; names the file.
    """
    parts = []
    for name, part in made(language).items():
        opening, closing = ("{", "}") if isinstance(part, dict) else ("[", "]")
        if isinstance(part, dict):
            entries = [f"{_json(key)}: {_json(entry)}" for key, entry in part.items()]
        elif isinstance(part, list):
            entries = [_json(entry) for entry in part]
        else:
            parts.append(f"{_json(name)}: {_json(part)}")
            continue
        parts.append(f"{_json(name)}: {opening}\n" + ",\n".join(entries) + f"\n{closing}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def made(language: str) -> dict[str, Any]:
    """The document: tables of sinks, sources and guards, and by way and last name the patterns that lead to them.

    Raises:
        RuleError: a declaration is malformed; names the file.
    """
    here = packed.folder() / language
    files = class_files(here)
    classes = {path.stem: _read(path, _CLASS_KEYS) for path in files}
    flow = _read(here / "_flow.toml", _FLOW_KEYS)
    sinks = [sink for path in files for sink in _sinks(path, classes[path.stem].get("sinks", []))]
    sources = list(_sources(here / "_sources.toml"))
    guards = list(_guards(here / "_flow.toml", flow.get("guards", []), frozenset(classes)))
    harms = _harms(files, classes)
    named = [name for name, (*_, must_be_named) in harms.items() if must_be_named]
    return {
        "digest": _digest([*files, here / "_sources.toml", here / "_flow.toml", packed.folder() / "classes.toml"]),
        "harms": harms,
        "sinks": [_row(sink, SINK_WAYS) for sink in sinks],
        **{way: _table(sinks, way) for way in SINK_WAYS},
        "sources": [_row(source, SOURCE_WAYS) for source in sources],
        **{f"source {way}": _table(sources, way) for way in SOURCE_WAYS},
        "guards": [_row(guard, ("call",)) for guard in guards],
        "guard call": _table(guards, "call"),
        "clean": _by_last(_cleaners(flow, classes)),
        "roles": _by_last((pattern, role) for role in ROLES for pattern in flow.get(role, [])),
        "denied": flow.get("denied", {}),
        "promise": flow.get("promise", "(?!)"),
        "near": trigger_search.near(sources),
        "triggers": trigger_search.triggers(language, sources, sinks, flow.get("carrier", []), named),
    }


def class_files(under: Path) -> list[Path]:
    """The files about a class of harm in a folder, sorted."""
    return sorted(path for path in under.rglob("*.toml") if not path.name.startswith("_") and path.parent != packed.folder())


def _row(entry: _Said, ways: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in ways}


def _table(entries: list[dict[str, Any]], way: str) -> dict[str, list[tuple[str, int]]]:
    return _by_last((pattern, number) for number, entry in enumerate(entries) for pattern in entry.get(way, []))


def _by_last(patterns: Iterable[tuple[str, Any]]) -> dict[str, list[tuple[str, Any]]]:
    found: dict[str, list[tuple[str, Any]]] = {}
    for pattern, declared in patterns:
        found.setdefault(last_name(pattern), []).append((pattern, declared))
    return found


def _cleaners(flow: _Said, classes: Mapping[str, _Said]) -> Iterable[tuple[str, str]]:
    yield from ((pattern, "*") for pattern in flow.get("clean", []))
    for name, said in classes.items():
        yield from ((pattern, name) for pattern in said.get("clean", []))


def _read(path: Path, keys: Iterable[str]) -> dict[str, Any]:
    try:
        said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RuleError(f"cannot read the declarations: {error}", where=str(path), todo="See docs/taint.md.") from error
    _refuse_unknown(said, keys, path)
    return said


def _refuse_unknown(said: Iterable[str], keys: Iterable[str], path: Path) -> None:
    unknown = sorted(set(said) - set(keys))
    if unknown:
        raise RuleError(f"unknown key {unknown[0]!r}", where=str(path), todo="One of: " + ", ".join(sorted(keys)) + ".")


def _harms(files: Iterable[Path], classes: Mapping[str, _Said]) -> dict[str, tuple[str, str, str, str, bool]]:
    known = tomllib.loads((packed.folder() / "classes.toml").read_text(encoding="utf-8"))
    found = {}
    for path in files:
        if path.stem not in known:
            todo = "Name the file after a class, or add it there."
            raise RuleError("no such class in classes.toml", where=str(path), todo=todo)
        said = known[path.stem]
        remedy = classes[path.stem].get("remedy", said["remedy"])
        severity = Severity(said.get("severity", "error")).value
        found[path.stem] = (said["cwe"], severity, said["message"], remedy, said.get("named", False))
    return found


def _sinks(path: Path, entries: Iterable[_Said]) -> Iterable[dict[str, Any]]:
    for entry in entries:
        _refuse_unknown(entry, _SINK_KEYS, path)
        shape = entry.get("shape", "")
        if shape not in SHAPES:
            raise RuleError(f"unknown shape {shape!r}", where=str(path), todo="One of: " + ", ".join(SHAPES[1:]) + ".")
        yield {"harm": path.stem, "args": [0, 1] if "put" in entry else [0], **entry, "confidence": _confidence(entry, path)}


def _sources(path: Path) -> Iterable[dict[str, Any]]:
    for entry in _read(path, {"sources"})["sources"]:
        _refuse_unknown(entry, _SOURCE_KEYS, path)
        yield {**entry, "confidence": _confidence(entry, path)}


def _confidence(entry: _Said, path: Path) -> str:
    try:
        return Confidence(entry.get("confidence", "high")).value
    except ValueError as error:
        raise RuleError(str(error), where=str(path), todo="One of: high, medium, low.") from error


def _guards(path: Path, entries: Iterable[_Said], known: frozenset[str]) -> Iterable[dict[str, Any]]:
    for entry in entries:
        _refuse_unknown(entry, _GUARD_KEYS, path)
        yield {**entry, "classes": [name for name in entry.get("classes", ["*"]) if name == "*" or name in known]}


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]
