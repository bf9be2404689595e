"""A function together with the variables around it, and what is known while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.taint.ir import Function

if TYPE_CHECKING:
    from reviewer.taint.values import Value


@dataclass(slots=True, eq=False)
class Frame:
    """One run of a function."""

    function: Function | None
    """None for the statements of the file itself."""
    depth: int = 0
    """How many calls deep it is."""
    marks: tuple[str, ...] = ()
    """The paths of its decorators, if it is called by a framework."""
    returned: Value | None = None
    cleared: frozenset[tuple[str, str]] | None = None
    """What was checked whichever way it returned."""
    breaks: list[list[Scope]] = field(default_factory=list)
    """For each loop around: the variables wherever it is left."""
    continues: list[list[Scope]] = field(default_factory=list)
    owner: Scope | None = None
    """The variables of the class."""


@dataclass(slots=True, eq=False)
class Scope:
    """The variables of one run of a function, or of the file. What is not here is looked for around it."""

    frame: Frame
    names: dict[str, Value] = field(default_factory=dict)
    around: Scope | None = None
    cleared: frozenset[tuple[str, str]] = frozenset()
    """(origin, class) that was checked on the way here."""

    def get(self, name: str) -> Value | None:
        """What a name holds; None if nothing is known."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None

    def copy(self) -> Scope:
        """For one of two ways on."""
        return Scope(self.frame, dict(self.names), self.around, self.cleared)

    def become(self, other: Scope) -> None:
        """Take over what another way led to."""
        self.names, self.cleared = other.names, other.cleared


@dataclass(slots=True, eq=False)
class Closure:
    """A function where it was defined."""

    function: Function
    scope: Scope


@dataclass(slots=True, eq=False)
class Family:
    """A class of the file."""

    name: str
    scope: Scope
    methods: dict[str, Closure]
    bases: tuple[str, ...] = ()
