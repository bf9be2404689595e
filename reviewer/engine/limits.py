"""What the user allows the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.records import Machine


@dataclass(frozen=True, slots=True)
class Limits:
    """The user's settings, as the last gate brought them."""

    idle: float = Machine().engine_idle
    """Seconds without a gate after which the engine ends."""
    memory: int = Machine().engine_memory
    """Bytes; see `Machine.engine_memory`."""


def from_json(value: object, before: Limits) -> Limits:
    """The limits in a message; where it has none, those from before."""
    if not isinstance(value, Mapping):
        return before
    return Limits(_positive(value.get("idle"), before.idle), int(_positive(value.get("memory"), before.memory)))


def _positive(value: Any, before: float) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
    return float(value) if usable else before
