"""What operators and simple methods make of constants. Anything large or odd stays unknown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reviewer.taint.values import UNKNOWN, Unknown

_LARGEST = 1 << 62
_LONGEST = 10_000

_BINARY: Mapping[str, Callable[[Any, Any], object]] = {
    "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod, "&": operator.and_,
    "|": operator.or_, "^": operator.xor, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne, "is": operator.eq, "is not": operator.ne, "+": operator.add,
}  # fmt: skip


def binary(op: str, left: object, right: object) -> object:
    """The constant that an operator with two operands gives, or `UNKNOWN`."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if op in ("in", "not in"):
        return _contains(left, right, op == "in")
    if isinstance(left, str) != isinstance(right, str) and op not in ("==", "!=", "is", "is not"):
        return UNKNOWN
    if isinstance(left, str) and op in ("*", "%", "-"):
        return UNKNOWN
    if op in ("/", "div"):
        return _quotient(left, right, op)
    return _bounded(op, left, right) if op in _BINARY else UNKNOWN


def _bounded(op: str, left: Any, right: Any) -> object:
    if any(isinstance(side, (int, float)) and abs(side) > _LARGEST for side in (left, right)):
        return UNKNOWN
    try:
        result = _BINARY[op](left, right)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN
    return UNKNOWN if isinstance(result, (str, bytes)) and len(result) > _LONGEST else result


def _quotient(left: Any, right: Any, op: str) -> object:
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)) or not right:
        return UNKNOWN
    whole = op == "div" and isinstance(left, int) and isinstance(right, int)
    return int(left / right) if whole and abs(left) < 1 << 52 else left / right if abs(left) < _LARGEST else UNKNOWN


def _contains(part: object, whole: object, wanted: bool) -> object:
    if isinstance(part, str) and isinstance(whole, str):
        return (part in whole) is wanted
    return UNKNOWN


def unary(op: str, operand: object) -> object:
    """The constant that an operator with one operand gives, or `UNKNOWN`."""
    if isinstance(operand, Unknown):
        return UNKNOWN
    if op == "not":
        return not operand
    if isinstance(operand, (int, float)):
        return -operand if op == "neg" else operand if op == "pos" else UNKNOWN
    return UNKNOWN


def at(text: object, key: object) -> object:
    """One character of a constant text, or `UNKNOWN`."""
    if isinstance(text, str) and isinstance(key, int) and -len(text) <= key < len(text):
        return text[key]
    return UNKNOWN


def method(name: str, text: object, args: Sequence[object]) -> object:
    """What a method of a constant text gives, or `UNKNOWN`."""
    if not isinstance(text, str):
        return UNKNOWN
    if name in ("charAt", "at") and len(args) == 1:
        return at(text, args[0])
    if name in ("length", "size") and not args:
        return len(text)
    if name in ("toString", "trim", "strip", "to_s") and not args:
        return text.strip() if name in ("trim", "strip") else text
    if name in ("equals", "contains", "startsWith", "includes") and len(args) == 1 and isinstance(args[0], str):
        return {"equals": text == args[0], "startsWith": text.startswith(args[0])}.get(name, args[0] in text)
    return UNKNOWN
