"""The intermediate form that every language is brought into: few kinds of expressions and statements.

Only what matters to the way of a value is kept. `at` is a place in the file: (first byte, byte after the last).

Nothing changes them once they are made. They are not declared frozen, and compare by identity: that makes the thirty classes in
6 ms instead of 20 and each instance in a third of the time, on the way of a hook.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from reviewer.taint.flows import At


@dataclass(slots=True, eq=False)
class Const:
    """A literal."""

    value: object
    at: At


@dataclass(slots=True, eq=False)
class Name:
    """A variable, or a name that the file does not define."""

    id: str
    at: At


@dataclass(slots=True, eq=False)
class Attr:
    """`of.name`"""

    of: Expr
    name: str
    at: At


@dataclass(slots=True, eq=False)
class Index:
    """`of[key]`; `key` is None for a range of it."""

    of: Expr
    key: Expr | None
    at: At


@dataclass(slots=True, eq=False)
class Arg:
    """One argument of a call."""

    value: Expr
    name: str = ""
    spread: bool = False
    """Stands for any number of arguments."""


@dataclass(slots=True, eq=False)
class Call:
    """A call, or the making of an object."""

    of: Expr
    args: tuple[Arg, ...]
    at: At
    new: bool = False


@dataclass(slots=True, eq=False)
class Join:
    """Text built of parts."""

    parts: tuple[Expr, ...]
    at: At


@dataclass(slots=True, eq=False)
class Operation:
    """An operator with its operands; "not", "neg" and the like have one. Names are those of Python."""

    op: str
    operands: tuple[Expr, ...]
    at: At


@dataclass(slots=True, eq=False)
class Choice:
    """`yes if test else no`; without a test nobody knows which."""

    test: Expr | None
    yes: Expr
    no: Expr
    at: At


@dataclass(slots=True, eq=False)
class Items:
    """A list, tuple or set."""

    items: tuple[Expr, ...]
    at: At
    known: bool = True
    """Whether the position of each item is known."""


@dataclass(slots=True, eq=False)
class Pairs:
    """A map."""

    pairs: tuple[tuple[Expr, Expr], ...]
    at: At


@dataclass(slots=True, eq=False)
class Walrus:
    """An assignment that is an expression."""

    target: Expr
    value: Expr
    at: At


@dataclass(slots=True, eq=False)
class Each:
    """A comprehension: `result` for each of `of`."""

    target: Expr
    of: Expr
    tests: tuple[Expr, ...]
    result: Expr
    at: At


@dataclass(slots=True, eq=False)
class Mixed:
    """Something that nothing is known of but its parts."""

    parts: tuple[Expr, ...]
    at: At


@dataclass(slots=True, eq=False)
class Made:
    """A function as a value."""

    function: Function
    at: At


Expr: TypeAlias = "Const | Name | Attr | Index | Call | Join | Operation | Choice | Items | Pairs | Walrus | Each | Mixed | Made"


@dataclass(slots=True, eq=False)
class Param:
    """A parameter of a function."""

    name: str
    type: str = ""
    """As declared, with dots; empty if it is not."""
    marks: tuple[str, ...] = ()
    """Names of its annotations."""
    default: Expr | None = None
    rest: bool = False
    """Takes what is left of the arguments."""


@dataclass(slots=True, eq=False)
class Mark:
    """A decorator or annotation."""

    name: str
    """With dots, as written."""
    text: str
    """All of it, as written."""


@dataclass(slots=True, eq=False)
class Function:
    """A function or method; the body is made when it is first asked for."""

    name: str
    params: tuple[Param, ...]
    at: At
    make: Callable[[], tuple[Stmt, ...]]
    marks: tuple[Mark, ...] = ()
    owner: str = ""
    """The class it stands in; empty outside a class."""
    owner_marks: tuple[Mark, ...] = ()
    public: bool = True
    returns: str = ""
    this: str = "this"
    """The name by which it calls its object; the parameters do not hold it."""
    implicit: bool = False
    """Whether the value of the last expression is what it returns."""
    _body: tuple[Stmt, ...] | None = field(default=None, repr=False)

    @property
    def body(self) -> tuple[Stmt, ...]:
        """Its statements."""
        if self._body is None:
            self._body = self.make()
        return self._body


@dataclass(slots=True, eq=False)
class Set:
    """`target = value`; `join` if the value is added to what the target holds."""

    target: Expr
    value: Expr
    at: At
    op: str = ""
    """The operator of an augmented assignment."""
    type: str = ""
    """Declared type of the variable, with dots; empty if none is."""


@dataclass(slots=True, eq=False)
class Do:
    """An expression for its effect."""

    value: Expr
    at: At


@dataclass(slots=True, eq=False)
class Return:
    """Leaves the function."""

    value: Expr | None
    at: At


@dataclass(slots=True, eq=False)
class Leave:
    """`raise`, `break` or `continue`: what stands after it does not happen."""

    how: str
    at: At
    value: Expr | None = None


@dataclass(slots=True, eq=False)
class If:
    """A branch."""

    test: Expr
    yes: tuple[Stmt, ...]
    no: tuple[Stmt, ...]
    at: At


@dataclass(slots=True, eq=False)
class Loop:
    """`while test`, or `for target in of`; the body may not happen."""

    body: tuple[Stmt, ...]
    at: At
    test: Expr | None = None
    target: Expr | None = None
    of: Expr | None = None
    step: tuple[Stmt, ...] = ()
    """What happens after each turn."""
    after: tuple[Stmt, ...] = ()
    """What happens when it ends by itself."""
    pairs: bool = False
    """The target is a pair of key and value."""
    first: bool = False
    """The body happens at least once."""


@dataclass(slots=True, eq=False)
class Case:
    """One way of a switch."""

    values: tuple[Expr, ...]
    """Empty for the default."""
    body: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class Switch:
    """A choice by value."""

    subject: Expr
    cases: tuple[Case, ...]
    at: At
    falls: bool = False
    """Whether a case goes on into the next one."""


@dataclass(slots=True, eq=False)
class Try:
    """Something that may end early."""

    body: tuple[Stmt, ...]
    handlers: tuple[tuple[Stmt, ...], ...]
    last: tuple[Stmt, ...]
    at: At


@dataclass(slots=True, eq=False)
class Define:
    """A function, under its name."""

    function: Function
    at: At


@dataclass(slots=True, eq=False)
class Class:
    """A class with its methods."""

    name: str
    functions: tuple[Function, ...]
    body: tuple[Stmt, ...]
    at: At
    bases: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Import:
    """A name that stands for something of another file."""

    name: str
    path: str
    """What it stands for, with dots."""
    at: At


@dataclass(slots=True, eq=False)
class Block:
    """Statements that belong together."""

    body: tuple[Stmt, ...]
    at: At


Stmt: TypeAlias = "Set | Do | Return | Leave | If | Loop | Switch | Try | Define | Class | Import | Block"
