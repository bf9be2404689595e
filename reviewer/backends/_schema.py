"""From a JSON Schema to the grammar of the JSON texts that it admits.

The subset is what a question needs whose answer must be short:
    {"type": "object", "properties": {...}}                    every property is required, in this order, and no other
    {"type": "array", "items": S, "minItems": n, "maxItems": m}
    {"type": "string", "minLength": n, "maxLength": m}
    {"type": "integer", "minimum": n, "maximum": m}            at most 10,000 different ones
    {"type": "boolean"}, {"type": "null"}, {"const": V}, {"enum": [V, ...]}
The upper bounds must be given. The text is spaced as `json.dumps` does it, because that is what models have read most of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reviewer.backends._automaton import Either, Items, Literal, Text, begin
from reviewer.errors import BackendError

_NOTES = frozenset(("$schema", "title", "description"))
_KEYS = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "minItems", "maxItems"),
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum"),
    "boolean": (),
    "null": (),
}
_MOST_INTEGERS = 10_000
_MOST_ITEMS = 100


def grammar(schema: Mapping[str, Any]) -> Items:
    """What the schema of an object or an array admits.

    Raises:
        BackendError: the schema is outside of the subset.
    """
    if schema.get("type") not in ("object", "array"):
        raise BackendError("an answer must be an object or an array")
    return _items(schema)


def admits(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a text is one that the schema admits, in our spacing.

    Raises:
        BackendError: the schema is outside of the subset.
    """
    state = begin(grammar(schema)).after(text.encode("utf-8", "surrogatepass"))
    return state is not None and state.done


def simplest(schema: Mapping[str, Any]) -> Any:
    """The smallest value: no items, the first of an enum, the least integer, strings of x.

    Raises:
        BackendError: the schema is outside of the subset.
    """
    grammar(schema)
    return _simplest(schema)


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same for other readers: some take properties as optional unless told, and do not look at the bounds of integers."""
    made = {key: value for key, value in schema.items() if key not in ("properties", "items")}
    if schema.get("type") == "integer":
        made = {"type": "integer", "enum": list(range(schema["minimum"], schema["maximum"] + 1))}
    if "items" in schema:
        made["items"] = strict(schema["items"])
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        made["properties"] = {key: strict(value) for key, value in properties.items()}
        made |= {"required": list(properties), "additionalProperties": False}
    return made


def normalized(text: str) -> str:
    """A JSON text in our spacing; it may come from a server with another taste.

    Raises:
        BackendError: it is no JSON.
    """
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise BackendError("the answer is no JSON") from error


def _items(schema: Mapping[str, Any]) -> Items:
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return _one_of(values)
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _KEYS:
        raise BackendError(f"a schema of type {kind!r} is not supported")
    unknown = set(schema) - _NOTES - {"type"} - set(_KEYS[kind])
    if unknown:
        raise BackendError(f"a schema of type {kind} with {min(unknown)!r} is not supported")
    return _MAKERS[kind](schema)


def _one_of(values: Any) -> Items:
    if not isinstance(values, list) or not values:
        raise BackendError("an enum needs at least one value")
    options = tuple((Literal(json.dumps(value, ensure_ascii=False).encode()),) for value in values)
    return options[0] if len(options) == 1 else (Either(options),)


def _object(schema: Mapping[str, Any]) -> Items:
    properties = schema.get("properties", {})
    if set(schema.get("required", properties)) != set(properties) or schema.get("additionalProperties", False) is not False:
        raise BackendError("a schema with optional or additional properties is not supported")
    items: list[Any] = []
    for key, value in properties.items():
        name = ("{" if not items else ", ") + json.dumps(key, ensure_ascii=False) + ": "
        items += [Literal(name.encode()), *_items(value)]
    return (*items, Literal(b"}" if items else b"{}"))


def _array(schema: Mapping[str, Any]) -> Items:
    least, most = _bounds(schema, "minItems", "maxItems", _MOST_ITEMS)
    item, end = _items(schema["items"]), (Literal(b"]"),)
    tail: Items = end
    for number in range(most, 0, -1):
        more: Items = (Literal(b", ") if number > 1 else Literal(b""), *item, *tail)
        tail = more if number <= least else (Either((end, more)),)
    return (Literal(b"["), *tail)


def _string(schema: Mapping[str, Any]) -> Items:
    least, most = _bounds(schema, "minLength", "maxLength", 1_000_000)
    return Literal(b'"'), Text(least, most), Literal(b'"')


def _integer(schema: Mapping[str, Any]) -> Items:
    try:
        least, most = int(schema["minimum"]), int(schema["maximum"])
    except (KeyError, TypeError, ValueError):
        raise BackendError("a schema of integers needs a minimum and a maximum") from None
    if not 0 <= most - least < _MOST_INTEGERS:
        raise BackendError(f"a schema of {most - least + 1} integers is not supported")
    return _one_of(list(range(least, most + 1)))


def _bounds(schema: Mapping[str, Any], least: str, most: str, limit: int) -> tuple[int, int]:
    low, high = schema.get(least, 0), schema.get(most)
    if not isinstance(low, int) or not isinstance(high, int) or not 0 <= low <= high <= limit:
        raise BackendError(f"a schema needs {least} <= {most} <= {limit}")
    return low, high


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Items]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "boolean": lambda schema: _one_of([False, True]),
    "null": lambda schema: _one_of([None]),
}


def _simplest(schema: Mapping[str, Any]) -> Any:
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema["type"]
    if kind == "object":
        return {key: _simplest(value) for key, value in schema.get("properties", {}).items()}
    if kind == "array":
        return [_simplest(schema["items"]) for _ in range(schema.get("minItems", 0))]
    if kind == "string":
        return "x" * schema.get("minLength", 0)
    return {"integer": schema.get("minimum"), "boolean": False, "null": None}[kind]
