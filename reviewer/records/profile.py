"""What kind of work a hunk is, and how hard."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Task(str, Enum):
    """What the author was doing. `CODE` is source whose purpose no rule can tell."""

    BUILD = "build"
    CODE = "code"
    COMMENT = "comment"
    DEPENDENCY = "dependency"
    DOCS = "docs"
    GENERATED = "generated"
    LOCK = "lock"
    TEST = "test"
    VENDORED = "vendored"
    WHITESPACE = "whitespace"


class Complexity(str, Enum):
    """How much there is to keep in mind while reading the hunk."""

    SIMPLE = "simple"
    MEDIUM = "medium"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class Profile:
    """What the classifier says of one hunk."""

    task: Task
    complexity: Complexity
    reasons: tuple[str, ...]
    """In words, one per decision, such as "path is under tests/"."""
    purpose: str = ""
    """What a source hunk is for: feature, fix or refactor; empty if nobody judged that, or is sure of it."""
    risk: float | None = None
    """Rank between 0 and 1 among other hunks; no probability. None if it was not ranked."""
