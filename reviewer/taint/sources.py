"""Where values come in: reads, calls and parameters that the declarations name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from reviewer.taint.closures import Closure, Scope
from reviewer.taint.declarations import Source
from reviewer.taint.ir import At, Param
from reviewer.taint.run import Run
from reviewer.taint.values import Stop, Taint, Unknown, Value, united

_HARMLESS_TYPE = re.compile(
    r"(?:\w+\.)*(?:u?int\d*|u?long|short|byte|float\d*|double|decimal|bool(?:ean)?|Integer|Long|Short|Double|Float|Boolean|BigDecimal|"
    r"BigInteger|UUID|Guid|date|datetime|DateTime|LocalDate(?:Time)?|number|Date)\??",
)
"""Types whose values hold no text that anybody could choose."""
_ROUTE_NUMBER = re.compile(r"<(?:int|float|uuid)(?:\([^)]*\))?:(\w+)>")
"""Flask's and Django's typed parts of a route."""


def read(run: Run, value: Value, path: str, at: At) -> Value:
    """The value, with an origin of its own if its path is a source."""
    for source in run.pack.reads.find(path):
        return replace(value, taints=(_taint(source, path, at),))
    return value


def called(run: Run, path: str, at: At, key: object) -> Taint | None:
    """The origin that a call is; `key` is its first argument, which tells one question from another."""
    for source in run.pack.source_calls.find(path):
        if not source.fills:
            question = f"{path}({'' if isinstance(key, Unknown) else key})"
            return _taint(source, question, at)
    return None


def filling(run: Run, path: str, at: At) -> tuple[Taint, tuple[int, ...]] | None:
    """The origin that a call writes into arguments, and the positions of these."""
    for source in run.pack.source_calls.find(path):
        if source.fills:
            return _taint(source, path, at), source.fills
    return None


def _taint(source: Source, origin: str, at: At) -> Taint:
    start = (Stop(at, f"{source.title} comes in"),)
    return Taint(origin, source.title, source.confidence, start, only=source.only, open=source.open)


def narrowed(run: Run, taints: tuple[Taint, ...], key: object, path: str) -> tuple[Taint, ...]:
    """The origins after a key was asked for: a part of a collection of inputs is an input of its own."""
    if not taints:
        return taints
    return united([tuple(_narrowed(taint, key) for taint in taints)])


def asked(taints: tuple[Taint, ...], name: str) -> tuple[Taint, ...]:
    """The origins after a method of a collection of inputs was called: its name and its value are two things."""
    return tuple(replace(t, origin=f"{t.origin}.{name}") if t.open else t for t in taints)


def _narrowed(taint: Taint, key: object) -> Taint:
    if taint.open:
        known = isinstance(key, (str, int))
        return replace(taint, origin=f"{taint.origin}.{key}", open=False) if known else replace(taint, open=False)
    return replace(taint, partial=True)


def parameter(run: Run, param: Param, closure: Closure, marks: Iterable[str], at: At) -> Value:
    """What a framework, or anybody, hands to a parameter of a function that is called from outside."""
    typed = resolved(param.type, closure.scope)
    value = Value(path=typed or param.name)
    if _HARMLESS_TYPE.fullmatch(param.type) or param.name in _numbers(closure):
        return value
    source = _source(run, param, typed, closure, marks)
    return replace(value, taints=(_taint(source, f"parameter {param.name}", at),)) if source else value


def _source(run: Run, param: Param, typed: str, closure: Closure, marks: Iterable[str]) -> Source | None:
    for mark in param.marks:
        for source in run.pack.marks.find(resolved(mark, closure.scope)):
            return source
    if typed:
        for source in run.pack.types.find(typed):
            return source
    if param.default is not None or run.pack.reads.find(typed or param.name):
        return None
    for mark in marks:
        for source in run.pack.handlers.find(mark):
            return source
    return None


def _numbers(closure: Closure) -> set[str]:
    return {name for mark in closure.function.marks for name in _ROUTE_NUMBER.findall(mark.text)}


def resolved(name: str, scope: Scope) -> str:
    """The full path of a dotted name, by the imports and variables that can be seen."""
    first, dot, rest = name.partition(".")
    known = scope.get(first) if first else None
    return f"{known.path}{dot}{rest}" if known is not None and known.path else name
