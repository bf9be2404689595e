"""The declarations of one language: sources, sinks, and what lies between. docs/taint.md tells how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from reviewer.records import Confidence, Severity
from reviewer.taint import packed
from reviewer.taint.patterns import Patterns

_T = TypeVar("_T")

WRAPPED = "wrapped(request)"
"""The path of what code that is not known makes of a whole request."""

SHAPES = ("", "argv", "url", "mapping", "text", "view", "location", "sql")
"""How the argument of a sink is looked at: see docs/taint.md."""

SINK_WAYS = ("call", "set", "put", "returns")
"""What a pattern of a sink is about: a call, an assignment, an element that is put, a return under a mark."""
SOURCE_WAYS = ("read", "call", "marks", "handlers", "types", "callbacks")
"""What a pattern of a source is about: a read, a call, or parameters: by their mark, by their function's mark, by their type, or
by the call that their function is handed to."""
ROLES = (
    "through", "drop", "append", "put", "get", "take", "iterate", "format", "join", "fields", "first", "replace", "carrier",
    "restore", "fill", "injected",
)  # fmt: skip
"""What calls do that put into containers, take from them, or hand a value through."""


@dataclass(slots=True, eq=False)
class Harm:
    """A class of harm, such as "sql"."""

    cwe: str
    severity: Severity
    message: str
    """What goes wrong; `{source}` and `{sink}` are filled in."""
    remedy: str
    named: bool = False
    """Only sources that name the class do this harm."""


@dataclass(slots=True, eq=False)
class Sink:
    """Where a value does harm."""

    harm: str
    args: list[int | str]
    """Positions and names of the arguments; "*" for all, "this" for what the method is called on."""
    confidence: Confidence
    when: Mapping[str, object] = field(default_factory=dict)
    """Arguments that must have these values; "?" for any value but a missing or false one."""
    unless: Mapping[str, object] = field(default_factory=dict)
    shape: str = ""
    direct: bool = False
    """Only what came by code that is known counts."""


@dataclass(slots=True, eq=False)
class Source:
    """Where a value comes in."""

    title: str
    confidence: Confidence
    open: bool = False
    """It is a collection of many: a key tells what is asked for."""
    fills: Sequence[int] = ()
    """Arguments that it writes into, instead of giving it back."""
    only: frozenset[str] = frozenset()
    """The classes it does harm in; empty for all that do not ask to be named."""
    functions: Sequence[str] = ()
    """Names of the functions whose parameters are meant; empty for all."""
    params: Sequence[int] = ()
    """Positions of the parameters that are meant; empty for all."""
    fields: Sequence[str] = ()
    """What is meant instead of parameters: these attributes of the function's object."""
    other_than: Sequence[str] = ()
    """First arguments of a call (such as names of events) that make it none that is meant."""
    stands_for: str = ""
    """The path that the parameter has, in place of an origin: what is asked of it is declared under that."""


@dataclass(slots=True, eq=False)
class Guard:
    """A call in a condition, whose outcome tells that a value is harmless."""

    classes: tuple[str, ...]
    arg: int | str = 0
    when: bool = True


@dataclass(slots=True, eq=False)
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
    callbacks: Patterns[Source]
    """Parameters by the call that their function is handed to."""
    clean: Patterns[str]
    """Calls whose result can do no harm of a class; "*" for all."""
    roles: Patterns[str]
    """By one of `ROLES`."""
    guards: Patterns[Guard]
    denied: Mapping[str, list[str]]
    """Text that, if it does not occur, tells that classes can do no harm."""
    promise: re.Pattern[str]
    """Names of functions that promise to make a value harmless, or to tell whether it is."""
    digest: str
    words: frozenset[str]
    """One of these stands in every function that a source is in."""


def rule_ids() -> frozenset[str]:
    """Every id that a finding of this engine can have."""
    return frozenset(f"taint-{language}-{harm}" for language in packed.languages() for harm in packed.document(language)["harms"])


@cache
def load(language: str) -> Pack:
    """The declarations of a language.

    Raises:
        RuleError: they cannot be read.
    """
    said = packed.document(language)
    sinks = [Sink(**{**row, "confidence": Confidence(row["confidence"])}) for row in said["sinks"]]
    sources = [_source(row) for row in said["sources"]]
    guards = [Guard(**row) for row in said["guards"]]
    return Pack(
        language=language,
        harms={name: Harm(cwe, Severity(severity), *rest) for name, (cwe, severity, *rest) in said["harms"].items()},
        calls=_patterns(said["call"], sinks),
        sets=_patterns(said["set"], sinks),
        puts=_patterns(said["put"], sinks),
        returns=_patterns(said["returns"], sinks),
        reads=_patterns(said["source read"], sources),
        source_calls=_patterns(said["source call"], sources),
        marks=_patterns(said["source marks"], sources),
        handlers=_patterns(said["source handlers"], sources),
        types=_patterns(said["source types"], sources),
        callbacks=_patterns(said["source callbacks"], sources),
        clean=Patterns(said["clean"]),
        roles=Patterns(said["roles"]),
        guards=_patterns(said["guard call"], guards),
        denied=said["denied"],
        promise=re.compile(said["promise"], re.IGNORECASE),
        digest=said["digest"],
        words=frozenset(said["near"]),
    )


def _source(row: Mapping[str, Any]) -> Source:
    return Source(**{**row, "confidence": Confidence(row["confidence"]), "only": frozenset(row.get("only", ()))})


def _patterns(by_last: Mapping[str, list[tuple[str, int]]], table: list[_T]) -> Patterns[_T]:
    """The patterns with what they lead to, instead of its number."""
    return Patterns({last: [(pattern, table[number]) for pattern, number in found] for last, found in by_last.items()})
