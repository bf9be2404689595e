"""From declarations to the words that a file must hold before anything of a class can be found in it.

A path is made of names that stand in the code, so every name in a pattern must stand there too. Names that the lowering of a
language makes up itself are in its `spellings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from reviewer import registry
from reviewer.taint.declarations import SINK_WAYS, SOURCE_WAYS, WRAPPED
from reviewer.taint.lowering import Lowering

_Terms = frozenset[str]

_ALWAYS = frozenset({"this", "self", "super", "cls"})
"""Names that a path may hold without the code."""
_ALPHABET = re.compile(r"\w+")


def near(sources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of which one stands in every function that a source is in: the longest of each pattern, sorted."""
    patterns = {pattern for source in sources for way in SOURCE_WAYS for pattern in source.get(way, [])}
    return sorted({max(_ALPHABET.findall(pattern.split(":")[-1]), key=len) for pattern in patterns if WRAPPED not in pattern})


def triggers(
    language: str,
    sources: Iterable[Mapping[str, Any]],
    sinks: Iterable[Mapping[str, Any]],
    carriers: Iterable[str],
    named: Iterable[str],
) -> dict[str, Any]:
    """What `triggers.Triggers` asks of a file's words: terms of which all must be there, for each source and sink.

    Returns:
        Under "sources" lists of classes (empty for any) and terms; under "sinks" lists of terms, by class; under "named" the
        classes that must be named; under "caseless" whether words may be in capitals.
    """
    lowering: type[Lowering] = registry.load("reviewer.taint.languages", language).LOWERING
    spellings = lowering.spellings
    held = [terms for pattern in carriers for terms in _spelled(pattern, spellings)]
    sources = list(sources)
    stand_ins = {source["stands_for"]: _calls(source, spellings) for source in sources if "stands_for" in source}
    by_only: dict[tuple[str, ...], set[_Terms]] = {}
    for source in sources:
        if "stands_for" in source:
            continue
        found = by_only.setdefault(tuple(sorted(source.get("only", ()))), set())
        for pattern in _patterns(source, SOURCE_WAYS):
            found.update(_spelled(pattern, spellings, held if pattern.startswith(WRAPPED) else ()))
            first, _, rest = pattern.partition(".")
            found.update(terms | more for terms in _spelled(rest, spellings) for more in stand_ins.get(first, ()))
    by_harm: dict[str, set[_Terms]] = {}
    for sink in sinks:
        found = by_harm.setdefault(sink["harm"], set())
        for pattern in _patterns(sink, SINK_WAYS):
            found.update(_spelled(pattern, spellings))
    return {
        "caseless": lowering.caseless,
        "named": sorted(named),
        "sources": [(only, terms) for only, found in sorted(by_only.items()) for terms in _least(found)],
        "sinks": {harm: _least(found) for harm, found in sorted(by_harm.items())},
    }


def _calls(source: Mapping[str, Any], spellings: Mapping[str, tuple[str, ...]]) -> list[_Terms]:
    """The terms of the calls that a function is handed to."""
    return [terms for pattern in source["callbacks"] for terms in _spelled(pattern, spellings)]


def _patterns(entry: Mapping[str, Any], ways: Iterable[str]) -> Iterable[str]:
    return (pattern for way in ways for pattern in entry.get(way, []))


def _spelled(pattern: str, spellings: Mapping[str, tuple[str, ...]], held: Iterable[_Terms] = ()) -> list[_Terms]:
    """Every set of terms of which all stand in code that the pattern means.

    Args:
        held: sets of which one stands there too, if there are any.
    """
    choices = [(name, *spellings.get(name, ())) for name in _names(pattern.removeprefix(WRAPPED))]
    every = [frozenset(chosen) for chosen in product(*choices)]
    return [terms | more for terms in every for more in held] or every


def _names(pattern: str) -> list[str]:
    """What stands in a path that the pattern means: names, signs such as "`", and parts of a name as "*part"."""
    found: list[str] = []
    for part in pattern.removeprefix("=").split(":")[-1].split("."):
        names = _ALPHABET.findall(part)
        found += [f"*{name}" if "*" in part else name for name in names]
        found += [part] if part.strip("()[]$*+") and not names else []
    return [name for name in found if name not in _ALWAYS]


def _least(found: Iterable[_Terms]) -> list[list[str]]:
    """The sets that hold no other one, sorted."""
    every = set(found)
    return sorted(sorted(terms) for terms in every if not any(other < terms for other in every))
