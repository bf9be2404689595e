"""Lists, maps and builders: methods that put something in, take it out or look at it."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.taint.sinks import Given
from reviewer.taint.values import (
    NOTHING,
    UNKNOWN,
    Unknown,
    Value,
    element,
    listed,
    tainted_by,
    with_appended,
    with_element,
    without_element,
)


def handled(roles: Sequence[str], receiver: Value, args: Sequence[Given]) -> tuple[Value, Value] | None:
    """What the call gives, and what the container is after it; None if it is no such call."""
    values = [arg.value for arg in args]
    for role in roles:
        if role == "append" and values:
            return _append(receiver, values)
        if role == "put" and len(values) >= 2:
            after = with_element(receiver, _key(values[:-1]), values[-1])
            return after, after
        if role == "get" and receiver.items is not None and values:
            return _get(receiver, values), receiver
        if role == "take" and receiver.items is not None:
            return _take(receiver, values)
        if role == "fields" and receiver.items is not None:
            return tainted_by(receiver), receiver
        if role == "iterate" and receiver.items is not None:
            return receiver, receiver
    return None


def _append(receiver: Value, values: Sequence[Value]) -> tuple[Value, Value]:
    if receiver.items is None and (receiver.taints or receiver.prefix):
        receiver = listed([Value(receiver.taints, const=receiver.const, prefix=receiver.prefix)]).but(path=receiver.path)
    if len(values) == 2 and isinstance(values[0].const, int):
        after = receiver.but(taints=tainted_by(receiver, values[1]).taints, items=None, closed=False)
        return after, after
    after = receiver
    for value in values:
        after = with_appended(after, value)
    after = after.but(path=receiver.path, prefix=receiver.prefix or values[0].prefix)
    return after, after


def _key(keys: Sequence[Value]) -> object:
    """One key, or all the keys of a container of containers."""
    consts = [key.const for key in keys]
    if any(isinstance(const, Unknown) for const in consts):
        return UNKNOWN
    return consts[0] if len(consts) == 1 else tuple(consts)


def _get(receiver: Value, values: Sequence[Value]) -> Value:
    key = _key(values)
    found = element(receiver, key)
    if isinstance(key, tuple) and receiver.items is not None and key not in receiver.items:
        found = element(receiver, key[0])
        if key[0] not in receiver.items:
            return tainted_by(found, *values[1:])
    return found


def _take(receiver: Value, values: Sequence[Value]) -> tuple[Value, Value]:
    position = values[0].const if values else -1
    if isinstance(position, int) and receiver.closed:
        return element(receiver, position), without_element(receiver, position)
    if values and receiver.items is not None and not isinstance(position, Unknown):
        rest = {key: item for key, item in receiver.items.items() if key != position}
        return element(receiver, position), receiver.but(items=rest)
    return (tainted_by(receiver), receiver) if not isinstance(position, Unknown) else (NOTHING, receiver)
