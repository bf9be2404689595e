"""Functions whose parameters changed, and calls in the changed files that still pass what they took before. Python only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from reviewer.change._calls import Call, calls
from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change._tokens import Token
from reviewer.change.interface import Context, Spot, at

_MOST = 50
"""Changed heads of one file whose calls are looked for."""


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a function takes, its own object left out."""

    names: tuple[str, ...]
    positional: int
    """How many can be passed by position."""
    required: frozenset[str]
    any_position: bool
    any_name: bool

    def takes(self, call: Call) -> bool:
        """Whether a call passes what is needed and nothing that is unknown. In doubt it does."""
        if any(argument[0] in ("*", "**") for argument in call.arguments):
            return True
        named = {argument[0] for argument in call.arguments if len(argument) > 2 and argument[1] == "="}
        count = len(call.arguments) - len(named)
        if (count > self.positional and not self.any_position) or (not named <= set(self.names) and not self.any_name):
            return False
        return self.required <= named | set(self.names[:count])


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """A changed head of a function, if a call fitted the old one and does not fit the new one."""
    for edit in islice(_changed_heads(sides), _MOST):
        if edit.old is None or edit.new is None:
            continue
        name = _name(edit.new)
        then, now = _signature(edit.old), _signature(edit.new)
        if name != _name(edit.old) or then == now or _definitions(name, sides, context) != 1:
            continue
        is_method = _is_method(edit.new)
        for other, call in _calls_of(name, is_method, sides, context):
            if then.takes(call) and not now.takes(call):
                where = "" if other is sides else f" of {other.path.decode('utf-8', 'backslashreplace')}"
                yield Spot("change-caller-left", at(sides, edit), f"{name}, line {call.token.line}{where}")
                break


def _definitions(name: str, sides: Sides, context: Context) -> int:
    return sum(file.functions[name] for file in (sides, *context.near(sides)) if name in file.new)


def _changed_heads(sides: Sides) -> Iterator[Edit]:
    return (one for one in sides.edits if one.old and one.new and one.old.head == one.new.head == "def")


def _name(statement: Statement) -> str:
    return statement.words[statement.words.index("def") + 1] if "def" in statement.words[:-1] else ""


def _is_method(statement: Statement) -> bool:
    words = statement.words
    return "(" in words and words[words.index("(") + 1] in ("self", "cls")


def _signature(statement: Statement) -> _Signature:
    head = next(iter(calls(_as_call(statement))), None)
    names: list[str] = []
    required: set[str] = set()
    positional, any_position, any_name, only_names = 0, False, False, False
    for argument in head.arguments if head else ():
        if argument[0] == "**":
            any_name = True
        elif argument[0] == "*":
            any_position, only_names = len(argument) > 1, True
        elif argument[0] != "/" and not (argument[0] in ("self", "cls") and not names):
            names.append(argument[0])
            positional += not only_names
            if "=" not in argument:
                required.add(argument[0])
    return _Signature(tuple(names), positional, frozenset(required), any_position, any_name)


def _as_call(statement: Statement) -> Sequence[Token]:
    return statement.tokens[statement.words.index("def") + 1 :]


def _calls_of(name: str, is_method: bool, sides: Sides, context: Context) -> Iterator[tuple[Sides, Call]]:
    wanted = {f"self.{name}", f"cls.{name}"} if is_method else {name}
    for file in (sides, *context.near(sides)):
        if name not in file.new:
            continue
        imports = file is sides or (not is_method and any(_imports(one, name, sides) for one in file.all_after))
        for statement in file.all_after if imports else ():
            if name in statement.words and statement.head != "def":
                yield from ((file, call) for call in statement.calls if call.dotted in wanted)


def _imports(statement: Statement, name: str, sides: Sides) -> bool:
    stem = sides.path.rpartition(b"/")[2].partition(b".")[0].decode("utf-8", "replace")
    return statement.head == "from" and stem in statement.words and name in statement.words
