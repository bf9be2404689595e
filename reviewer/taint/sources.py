"""Where values come in: reads, calls and parameters that the declarations name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from reviewer.taint.closures import Closure, Scope
from reviewer.taint.declarations import Source
from reviewer.taint.flows import At, Stop
from reviewer.taint.ir import Call, Const, Expr, Name, Param
from reviewer.taint.patterns import Patterns
from reviewer.taint.run import Run
from reviewer.taint.values import Taint, Unknown, Value, united

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
        return value.but(taints=(_taint(source, path, at),), known=True)
    return value


def called(run: Run, path: str, at: At, key: object) -> Taint | None:
    """The origin that a call is; `key` is its first argument, which tells one question from another."""
    for source in run.pack.source_calls.find(path):
        if not source.fills:
            question = f"{path}({'' if isinstance(key, Unknown) else key})"
            return _taint(source, question, at)
    return None


def filling(run: Run, path: str, at: At) -> tuple[Taint, Sequence[int]] | None:
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
    return tuple(t.but(origin=f"{t.origin}.{name}") if t.open else t for t in taints)


def _narrowed(taint: Taint, key: object) -> Taint:
    if taint.open:
        known = isinstance(key, (str, int))
        return taint.but(origin=f"{taint.origin}.{key}", open=False) if known else taint.but(open=False)
    return taint.but(partial=True)


def parameters(run: Run, closure: Closure, marks: Sequence[str], given_to: str = "", key: object = None) -> dict[str, Value]:
    """What a framework, or anybody, hands to the parameters of a function that is called from outside.

    Args:
        marks: paths of the decorators of the function and its class.
        given_to: the path of the call that the function is handed to, if it is.
        key: the first argument of that call, if it is constant.
    """
    handed = [source for source in run.pack.callbacks.find(given_to) if key not in source.other_than]
    return {
        param.name: _parameter(run, param, closure, marks, next((s for s in handed if not s.params or number in s.params), None))
        for number, param in enumerate(closure.function.params)
    }


def _parameter(run: Run, param: Param, closure: Closure, marks: Sequence[str], handed: Source | None) -> Value:
    typed = resolved(param.type, closure.scope)
    value = Value(path=typed or param.name)
    if is_harmless_type(param.type) or param.name in _numbers(closure):
        return value
    source = _source(run, param, typed, closure, marks) or handed
    if source is None:
        return value
    if source.stands_for:
        return value if typed else Value(path=source.stands_for)
    return value.but(taints=(_taint(source, f"parameter {param.name}", closure.function.at),), known=True)


def _source(run: Run, param: Param, typed: str, closure: Closure, marks: Sequence[str]) -> Source | None:
    named = [resolved(mark, closure.scope) for mark in param.marks]
    named += [resolved(name, closure.scope) for name in _made_by(param.default)]
    found = _first(run.pack.marks, named) or _first(run.pack.types, [typed])
    if found is not None or (param.default is not None and not isinstance(param.default, Const)):
        return found
    if {"injected", "carrier"} & {role for name in (*named, typed or param.name) for role in run.pack.roles.find(name)}:
        return None
    return next((source for source in _by_function(run, closure, marks) if not source.fields), None)


def _made_by(default: Expr | None) -> list[str]:
    """The name of what makes a default value, as in `q: str = Query("x")`."""
    return [default.of.id] if isinstance(default, Call) and isinstance(default.of, Name) else []


def _by_function(run: Run, closure: Closure, marks: Sequence[str]) -> Iterator[Source]:
    """Sources that are declared for a function's marks, and its name."""
    for mark in marks:
        for source in run.pack.handlers.find(mark):
            if not source.functions or closure.function.name in source.functions:
                yield source


def _first(patterns: Patterns[Source], paths: Iterable[str]) -> Source | None:
    return next((source for path in paths for source in patterns.find(path)), None)


def fields(run: Run, closure: Closure, marks: Sequence[str]) -> dict[object, Value]:
    """What the object of a function holds that a framework calls."""
    found: dict[object, Value] = {}
    for source in _by_function(run, closure, marks):
        for name in source.fields:
            found[name] = Value((_taint(source, f"this.{name}", closure.function.at),), path=f"this.{name}", known=True)
    return found


def is_harmless_type(name: str) -> bool:
    """Whether the values of a type hold no text that anybody could choose."""
    return _HARMLESS_TYPE.fullmatch(name) is not None


def _numbers(closure: Closure) -> set[str]:
    return {name for mark in closure.function.marks for name in _ROUTE_NUMBER.findall(mark.text)}


def resolved(name: str, scope: Scope) -> str:
    """The full path of a dotted name, by the imports and variables that can be seen."""
    first, dot, rest = name.partition(".")
    known = scope.get(first) if first else None
    return f"{known.path}{dot}{rest}" if known is not None and known.path else name
