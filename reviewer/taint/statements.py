"""What statements do to the variables, and whether the way leads on after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reviewer.taint import folding, functions
from reviewer.taint.assignment import assign
from reviewer.taint.closures import Closure, Family, Scope
from reviewer.taint.conditions import assume
from reviewer.taint.declarations import WRAPPED
from reviewer.taint.ir import Block, Case, Class, Define, Do, If, Import, Leave, Loop, Return, Set, Stmt, Switch, Try
from reviewer.taint.run import Run
from reviewer.taint.scopes import joined, merged
from reviewer.taint.sources import resolved
from reviewer.taint.values import UNKNOWN, Unknown, Value, element, tainted_by, text_of

_TURNS = 2
"""How often the body of a loop is looked at: what one turn leaves behind, the next one finds."""
_INNERMOST = 3
"""Loops within each other whose bodies are looked at more than once: the work doubles with each of them."""


def execute(run: Run, body: tuple[Stmt, ...], scope: Scope) -> bool:
    """Run statements; False if the way does not lead on after them."""
    for statement in body:
        run.tick()
        if not _HANDLERS[type(statement)](run, statement, scope):
            return False
    return True


def _set(run: Run, statement: Set, scope: Scope) -> bool:
    value = run.value(statement.value, scope)
    if statement.op:
        value = _augmented(run, statement, value, scope)
    if statement.type and run.family_of(value.path) is None and value.path != WRAPPED:
        value = value.but(path=resolved(statement.type, scope))
    assign(run, statement.target, value, scope, statement.at)
    return True


def _augmented(run: Run, statement: Set, value: Value, scope: Scope) -> Value:
    before = run.value(statement.target, scope)
    folded = folding.binary(statement.op, before.const, value.const)
    if not isinstance(folded, Unknown):
        return Value(const=folded, prefix=folded if isinstance(folded, str) else "")
    if statement.op in ("??", "or", "and"):
        return tainted_by(before, value).but(path=before.path or value.path)
    if statement.op != "+":
        return Value(path=before.path)
    if before.items is not None or value.items is not None:
        return tainted_by(before, value).but(path=before.path)
    return text_of([before, value])


def _do(run: Run, statement: Do, scope: Scope) -> bool:
    run.value(statement.value, scope)
    return True


def _return(run: Run, statement: Return, scope: Scope) -> bool:
    functions.give_back(run, statement, scope)
    return False


def _leave(run: Run, statement: Leave, scope: Scope) -> bool:
    if statement.value is not None:
        run.value(statement.value, scope)
    stack = {"break": scope.frame.breaks, "continue": scope.frame.continues}.get(statement.how)
    if stack:
        stack[-1].append(scope.copy())
    return False


def _if(run: Run, statement: If, scope: Scope) -> bool:
    truth = run.value(statement.test, scope).truth
    if truth is not None:
        return execute(run, statement.yes if truth else statement.no, scope)
    yes, no = scope.copy(), scope.copy()
    assume(run, statement.test, yes, True)
    assume(run, statement.test, no, False)
    ways = [way for way, body in ((yes, statement.yes), (no, statement.no)) if execute(run, body, way)]
    return _go_on(scope, ways)


def _go_on(scope: Scope, ways: list[Scope]) -> bool:
    after = merged(ways)
    if after is None:
        return False
    scope.become(after)
    return True


def _loop(run: Run, statement: Loop, scope: Scope) -> bool:
    frame = scope.frame
    frame.breaks.append([])
    frame.continues.append([])
    ends: list[Scope] = []
    for turn in range(_TURNS if len(frame.breaks) <= _INNERMOST else 1):
        alive, exits = _turn(run, statement, scope, turn == 0)
        ends += exits
        if not alive:
            break
    broken = frame.breaks.pop()
    frame.continues.pop()
    ways = [way for way in ends if execute(run, statement.after, way)]
    return _go_on(scope, [*ways, *broken])


def _turn(run: Run, statement: Loop, scope: Scope, first: bool) -> tuple[bool, list[Scope]]:
    """One turn; says whether another one may follow, and with which variables the loop may end."""
    ends: list[Scope] = []
    if statement.test is not None and not (statement.first and first):
        truth = run.value(statement.test, scope).truth
        if truth is not True:
            ends.append(scope.copy())
            assume(run, statement.test, ends[-1], False)
        if truth is False:
            return False, ends
        assume(run, statement.test, scope, True)
    elif statement.of is not None:
        ends.append(scope.copy())
        _next(run, statement, scope)
    elif statement.test is None:
        ends = []
    alive = execute(run, statement.body, scope)
    ways = [*([scope] if alive else []), *scope.frame.continues[-1]]
    scope.frame.continues[-1] = []
    after = merged(ways)
    if after is None:
        return False, ends
    scope.become(after)
    execute(run, statement.step, scope)
    ends.append(scope.copy())
    return True, ends


def _next(run: Run, statement: Loop, scope: Scope) -> None:
    assert statement.of is not None
    of = run.value(statement.of, scope)
    if statement.target is None:
        return
    held = _held(of)
    if statement.pairs:
        held = Value(items={0: Value(of.taints), 1: held}, closed=True)
    assign(run, statement.target, held, scope)


def _held(of: Value) -> Value:
    """Any element of a container: all that one of them may be."""
    path = f"{of.path or '?'}[]"
    if of.items and len({value.path for value in of.items.values()}) == 1:
        path = next(iter(of.items.values())).path or path
    found = element(of, UNKNOWN)
    return Value(found.taints, path=path[-200:], known=found.known)


def _switch(run: Run, statement: Switch, scope: Scope) -> bool:
    subject = run.value(statement.subject, scope)
    scope.frame.breaks.append([])
    chosen = _chosen(run, statement, subject, scope)
    ways: list[Scope] = []
    for start in chosen:
        way = scope.copy()
        if _fall(run, statement, start, way):
            ways.append(way)
    if not any(not case.values for case in statement.cases) and not (chosen and not isinstance(subject.const, Unknown)):
        ways.append(scope.copy())
    broken = scope.frame.breaks.pop()
    if not statement.falls and scope.frame.breaks:
        scope.frame.breaks[-1] += broken
        broken = []
    return _go_on(scope, [*ways, *broken])


def _chosen(run: Run, statement: Switch, subject: Value, scope: Scope) -> list[int]:
    """The cases that may be taken."""
    if isinstance(subject.const, Unknown):
        return list(range(len(statement.cases)))
    default: list[int] = []
    for number, case in enumerate(statement.cases):
        if not case.values:
            default = [number]
        match = _matches(run, case, subject, scope)
        if match is None:
            return list(range(len(statement.cases)))
        if match:
            return [number]
    return default


def _matches(run: Run, case: Case, subject: Value, scope: Scope) -> bool | None:
    outcomes = [folding.binary("==", subject.const, run.value(value, scope).const) for value in case.values]
    if any(outcome is True for outcome in outcomes):
        return True
    return None if any(isinstance(outcome, Unknown) for outcome in outcomes) else False


def _fall(run: Run, statement: Switch, start: int, scope: Scope) -> bool:
    last = len(statement.cases) if statement.falls else start + 1
    return all(execute(run, case.body, scope) for case in statement.cases[start:last])


def _try(run: Run, statement: Try, scope: Scope) -> bool:
    before = scope.copy()
    start, ended, way = before, False, scope.copy()
    for part in statement.body:
        ended = not execute(run, (part,), way)
        # It may end early after any of them.
        start = joined(start, way)
        if ended:
            break
    ways = [] if ended else [way]
    for handler in statement.handlers:
        way = start.copy()
        if execute(run, handler, way):
            ways.append(way)
    if not ways:
        execute(run, statement.last, start)
        return False
    return _go_on(scope, ways) and execute(run, statement.last, scope)


def _define(run: Run, statement: Define, scope: Scope) -> bool:
    closure = Closure(statement.function, scope)
    run.found(closure)
    scope.names[statement.function.name] = Value(path=statement.function.name, closure=closure)
    return True


def _class(run: Run, statement: Class, scope: Scope) -> bool:
    inner = Scope(scope.frame, {}, scope, scope.cleared)
    methods = {function.name: Closure(function, inner) for function in statement.functions}
    run.families.setdefault(statement.name, Family(statement.name, inner, methods, statement.bases))
    for closure in methods.values():
        run.found(closure)
    inner.names.update({name: Value(path=name, closure=closure) for name, closure in methods.items()})
    execute(run, statement.body, inner)
    scope.names[statement.name] = Value(path=statement.name)
    return True


def _import(run: Run, statement: Import, scope: Scope) -> bool:
    scope.names[statement.name] = Value(path=statement.path)
    return True


def _block(run: Run, statement: Block, scope: Scope) -> bool:
    return execute(run, statement.body, scope)


_HANDLERS: Mapping[type, Callable[[Run, Any, Scope], bool]] = {
    Set: _set,
    Do: _do,
    Return: _return,
    Leave: _leave,
    If: _if,
    Loop: _loop,
    Switch: _switch,
    Try: _try,
    Define: _define,
    Class: _class,
    Import: _import,
    Block: _block,
}
