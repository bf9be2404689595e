"""The state of one analysis: what was found, how much work was done, which functions there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reviewer.taint.closures import Closure, Family, Scope
from reviewer.taint.declarations import Pack
from reviewer.taint.flows import At, Flow
from reviewer.taint.ir import Expr, Function, Stmt
from reviewer.taint.values import Value

MOST_STEPS = 60_000
"""Expressions and statements looked at for one function: 0.6 s on a slow core. Real functions need some hundreds."""
MOST_STEPS_IN_FILE = 200_000
"""The same for all functions of one file."""
MOST_DEPTH = 5
"""How many calls deep helpers are followed."""


class WorkLimitError(Exception):
    """A function is too much work; the text says so."""


@dataclass(slots=True, eq=False)
class Run:
    """One file's analysis."""

    pack: Pack
    evaluate: Callable[[Run, Expr, Scope], Value]
    execute: Callable[[Run, tuple[Stmt, ...], Scope], bool]
    touched: Callable[[At], bool]
    """Whether the change touches a place."""
    flows: dict[tuple[At, str, str], Flow] = field(default_factory=dict)
    settled: set[tuple[At, str]] = field(default_factory=set)
    """Sinks and classes where all is known of what came there, and nothing of it does harm."""
    unsettled: set[tuple[At, str]] = field(default_factory=set)
    """The same, where something is not known or does harm."""
    families: dict[str, Family] = field(default_factory=dict)
    waiting: list[Closure] = field(default_factory=list)
    """Functions that were defined and not yet run."""
    done: set[Function] = field(default_factory=set)
    """Functions that were run, by whomever."""
    known: set[Function] = field(default_factory=set)
    """Functions that are or were waiting."""
    active: list[Function] = field(default_factory=list)
    depth: int = MOST_DEPTH
    """How many calls deep helpers are followed now."""
    steps: int = 0
    """For the function that is looked at now."""
    spent: int = 0
    """For those before it."""

    def tick(self) -> None:
        """Count one step.

        Raises:
            WorkLimitError: that was one too many.
        """
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise WorkLimitError(f"more than {MOST_STEPS} steps in one function")
        if self.steps + self.spent > MOST_STEPS_IN_FILE:
            raise WorkLimitError(f"more than {MOST_STEPS_IN_FILE} steps in one file")

    def found(self, closure: Closure) -> None:
        """Note a function that was defined; the same one is noted once."""
        if closure.function not in self.known:
            self.known.add(closure.function)
            self.waiting.append(closure)

    def value(self, expr: Expr, scope: Scope) -> Value:
        """What an expression is worth."""
        return self.evaluate(self, expr, scope)

    def family_of(self, path: str) -> Family | None:
        """The class of the file that an object with this path belongs to."""
        return self.families.get(path.removesuffix("()").rpartition(".")[2]) if path else None

    def method(self, family: Family | None, name: str) -> Closure | None:
        """A method of a class or of one it is derived from."""
        for _ in range(MOST_DEPTH):
            if family is None:
                return None
            if name in family.methods:
                return family.methods[name]
            family = next((self.families[base] for base in family.bases if base in self.families), None)
        return None
