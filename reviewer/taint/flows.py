"""What the engine says about a file. Imported where the engine itself is not: it runs in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reviewer.records import Confidence

At: TypeAlias = tuple[int, int]
"""A place in a file: first byte, byte after the last."""


@dataclass(slots=True)
class Stop:
    """One station on the way of a value."""

    at: At
    note: str


@dataclass(slots=True, eq=False)
class Flow:
    """A value that came from outside and does harm."""

    harm: str
    confidence: Confidence
    title: str
    """The kind of source in words."""
    sink: str
    """What does the harm, as a path."""
    stops: tuple[Stop, ...]
    """From the source to the sink."""
    built: bool = False
    """The sink only hands on what was built at the stop before it: that is the place to mend."""


@dataclass(slots=True, eq=False)
class Analysis:
    """What is known after a file was looked at."""

    flows: Sequence[Flow]
    failures: Sequence[tuple[int, int, str]]
    """First and last line of what could not be analyzed, and why. 1-based."""
    settled: frozenset[tuple[int, str]] = frozenset()
    """Line and class of sinks of which everything that reaches them is known, and none of it does harm."""
    version: str = ""
    """Parser, grammar and declarations."""
    old: frozenset[tuple[str, str]] = frozenset()
    """Class and sink (as `text.sink_code` writes it) of flows that the file had before the change. Filled only if a flow was
    found whose sink the change does not touch."""
