"""Bringing ways together: after a branch, a loop, or a helper with several returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviewer.taint.closures import Scope
from reviewer.taint.values import Taint, Value, either

Facts = frozenset[tuple[str, str]]


def joined(one: Scope, other: Scope) -> Scope:
    """What is true whichever of two ways was taken.

    What was checked on one way only stays with the values of that way.
    """
    common = one.cleared & other.cleared
    left, right = _marked(one, common), _marked(other, common)
    names = dict(left)
    for name, value in right.items():
        names[name] = either(names[name], value) if name in names else value
    return Scope(one.frame, names, one.around, common)


def merged(ways: Sequence[Scope]) -> Scope | None:
    """The same for any number; None if no way leads on."""
    if not ways:
        return None
    result = ways[0]
    for way in ways[1:]:
        result = joined(result, way)
    return result


def _marked(scope: Scope, common: Facts) -> Mapping[str, Value]:
    extra = scope.cleared - common
    return {name: marked(value, extra) for name, value in scope.names.items()} if extra else scope.names


def marked(value: Value, facts: Facts) -> Value:
    """The value, knowing by itself what was checked of it."""
    if not facts or not (value.taints or value.items):
        return value
    items = {key: marked(item, facts) for key, item in value.items.items()} if value.items else value.items
    return value.but(taints=tuple(_marked_taint(taint, facts) for taint in value.taints), items=items)


def _marked_taint(taint: Taint, facts: Facts) -> Taint:
    names = {name for origin, name in facts if origin == taint.origin}
    return taint.but(cleaned=taint.cleaned | names) if names else taint
