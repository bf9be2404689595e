"""Reading what a code host answered. Nothing is taken for granted: a missing field is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def at(node: Any, *keys: str) -> Any:
    """The value below keys, None if there is none."""
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def text(node: Any, *keys: str) -> str:
    """The same as text: numbers in digits, anything else empty."""
    found = at(node, *keys)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def number(node: Any, *keys: str) -> int:
    """The same as a number, 0 for anything else."""
    found = at(node, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
