"""Where a value goes: variables, attributes, elements, patterns."""

from __future__ import annotations

from reviewer.taint import sinks, sources
from reviewer.taint.closures import Scope
from reviewer.taint.flows import At
from reviewer.taint.ir import Attr, Call, Choice, Expr, Index, Items, Mixed, Name, Pairs
from reviewer.taint.run import Run
from reviewer.taint.values import NOTHING, UNKNOWN, Value, element, held_by, with_element


def assign(run: Run, target: Expr, value: Value, scope: Scope, at: At | None = None) -> None:
    """Put a value where a target says."""
    run.tick()
    if isinstance(target, Name):
        _name(target, value, scope, at or target.at)
    elif isinstance(target, (Attr, Index)):
        _element(run, target, value, scope, at or target.at)
    elif isinstance(target, Items):
        for number, part in enumerate(target.items):
            assign(run, part, _part(value, number), scope, at)
    elif isinstance(target, Pairs):
        for key, part in target.pairs:
            assign(run, part, _field(run, value, run.value(key, scope)), scope, at)
    elif isinstance(target, Mixed):
        for part in target.parts:
            assign(run, part, Value(value.all_taints), scope, at)


def _part(value: Value, number: int) -> Value:
    return element(value, number) if value.items is not None else Value(value.taints, known=value.known)


def _field(run: Run, value: Value, key: Value) -> Value:
    found = element(value, key.const)
    path = f"{value.path}.{key.const}" if value.path and isinstance(key.const, str) else ""
    if found.taints or not path:
        return found.but(taints=sources.narrowed(run, found.taints, key.const, path))
    return sources.read(run, found.but(path=found.path or path), path, (0, 0))


def _name(target: Name, value: Value, scope: Scope, at: At) -> None:
    if value.taints:
        note = held_by(target.id)
        value = value.but(taints=tuple(taint.seen(at, note) for taint in value.taints))
    scope.names[target.id] = value


def _element(run: Run, target: Attr | Index, value: Value, scope: Scope, at: At) -> None:
    holder = run.value(target.of, scope)
    if isinstance(target, Attr):
        key: object = target.name
        sinks.assigned(run, f"{holder.path or '?'}.{target.name}", value, scope, at)
    else:
        found = run.value(target.key, scope) if target.key is not None else NOTHING
        key = found.const if target.key is not None else UNKNOWN
        sinks.put(run, holder.path, (found, value), scope, at)
    write_back(run, target.of, with_element(holder, key, value), scope)


def write_back(run: Run, holder: Expr, value: Value, scope: Scope, depth: int = 0) -> None:
    """Let what holds a container hold its new state; what cannot be named is forgotten."""
    if depth > 20:
        return
    if isinstance(holder, Name):
        scope.names[holder.id] = value
    elif isinstance(holder, (Attr, Index)):
        outer = run.value(holder.of, scope)
        key: object = holder.name if isinstance(holder, Attr) else run.value(holder.key, scope).const if holder.key else UNKNOWN
        write_back(run, holder.of, with_element(outer, key, value), scope, depth + 1)
    elif isinstance(holder, Call) and isinstance(holder.of, Attr):
        write_back(run, holder.of.of, value, scope, depth + 1)
    elif isinstance(holder, Choice):
        write_back(run, holder.yes, value, scope, depth + 1)
