"""Running a function: as a helper that is called, as a callback, or as something that the outside calls."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.taint import sinks, sources
from reviewer.taint.assignment import write_back
from reviewer.taint.closures import Closure, Frame, Scope
from reviewer.taint.flows import At
from reviewer.taint.ir import Attr, Call, Do, Function, Name, Return
from reviewer.taint.run import Run
from reviewer.taint.scopes import marked
from reviewer.taint.sinks import Given
from reviewer.taint.values import NOTHING, Value, either, listed, tainted_by

_CONSTRUCTORS = ("__init__", "constructor", "initialize", "__construct", "<init>")


def follows(run: Run, closure: Closure) -> bool:
    """Whether a helper is run where it is called: not when it calls itself, nor many calls deep."""
    return len(run.active) < run.depth and closure.function not in run.active


def enter(run: Run, closure: Closure, receiver: Value, args: Sequence[Given], scope: Scope, expr: Call) -> Value:
    """Run a helper of the file with the arguments of a call; what it checked is checked for the caller too."""
    inner = _scope(run, closure, scope)
    function = closure.function
    _bind(function, [_handed(arg, expr.at, function.name) for arg in args], inner)
    inner.names[function.this] = receiver if receiver.path else Value(path="this", items=receiver.items)
    result = _run(run, closure, inner)
    if inner.frame.cleared:
        scope.cleared |= inner.frame.cleared
    if isinstance(expr.of, Attr) and function.this in inner.names:
        after = inner.names[function.this]
        if after is not receiver and after.items:
            write_back(run, expr.of.of, after, scope)
    return result


def _handed(arg: Given, at: At, name: str) -> Given:
    if not arg.value.taints:
        return arg
    taints = tuple(taint.seen(at, f"is handed to {name}") for taint in arg.value.taints)
    return Given(arg.name, arg.value.but(taints=taints), arg.spread)


def construct(run: Run, path: str, args: Sequence[Given], scope: Scope, expr: Call) -> Value | None:
    """A new object of a class of the file; None if the class is not known."""
    family = run.families.get(path.rpartition(".")[2])
    if family is None:
        return None
    made = Value(path=f"{family.name}()", items={})
    closure = next((found for name in (*_CONSTRUCTORS, family.name) if (found := run.method(family, name))), None)
    if closure is None or not follows(run, closure):
        return made.but(taints=tainted_by(*[arg.value for arg in args]).taints)
    inner = _scope(run, closure, scope)
    _bind(closure.function, [_handed(arg, expr.at, family.name) for arg in args], inner)
    inner.names[closure.function.this] = made
    _run(run, closure, inner)
    return inner.names[closure.function.this].but(path=f"{family.name}()")


def hand_over(run: Run, closure: Closure, receiver: Value, path: str, key: object, scope: Scope) -> None:
    """Run a callback with what the object holds whose method (the path) it is given to, after a first argument (the key)."""
    if not run.touched(closure.function.at) and not receiver.all_taints:
        return
    inner = _scope(run, closure, scope)
    inner.frame.marks = (path,)
    held = receiver.all_taints
    for name, known in sources.parameters(run, closure, (), path, key).items():
        inner.names[name] = known.but(taints=known.taints or held)
    _run(run, closure, inner)


def outside(run: Run, closure: Closure) -> None:
    """Run a function as the outside would: a framework that hands it what a request holds, or anybody."""
    function = closure.function
    inner = _scope(run, closure, None)
    marks = [*function.marks, *function.owner_marks]
    paths = (*(sources.resolved(mark.name, closure.scope) for mark in marks), f"function:{function.name}")
    inner.frame.marks = paths
    inner.names.update(sources.parameters(run, closure, paths))
    held = inner.frame.owner.names if inner.frame.owner else {}
    own: dict[object, Value] = {key: value for key, value in held.items() if not value.closure}
    inner.names[function.this] = Value(path="this", items={**own, **sources.fields(run, closure, paths)})
    _run(run, closure, inner)


def _scope(run: Run, closure: Closure, caller: Scope | None) -> Scope:
    depth = caller.frame.depth + 1 if caller else 0
    family = run.families.get(closure.function.owner)
    frame = Frame(closure.function, depth, owner=family.scope if family else None)
    if frame.owner is None and caller is not None and closure.scope is caller:
        frame.owner = caller.frame.owner
    return Scope(frame, {}, closure.scope, caller.cleared if caller else frozenset())


def _bind(function: Function, args: Sequence[Given], scope: Scope) -> None:
    plain = [arg for arg in args if not arg.name]
    named = {arg.name: arg.value for arg in args if arg.name}
    for number, param in enumerate(function.params):
        if param.rest:
            value = listed(arg.value for arg in plain[number:])
        elif number < len(plain):
            value = plain[number].value
        else:
            value = named.get(param.name, NOTHING)
        if any(arg.spread for arg in plain[: number + 1]):
            value = tainted_by(*[arg.value for arg in plain])
        scope.names[param.name] = value if value.path else value.but(path=param.type or value.path)


def _run(run: Run, closure: Closure, scope: Scope) -> Value:
    function = closure.function
    run.done.add(function)
    run.active.append(function)
    try:
        alive = run.execute(run, function.body, scope)
        if alive:
            leave(run, NOTHING, scope)
            _implicit(run, function, scope)
    finally:
        run.active.pop()
    return scope.frame.returned or NOTHING


def _implicit(run: Run, function: Function, scope: Scope) -> None:
    """Languages whose functions give back the value of their last expression."""
    if function.implicit and function.body and isinstance(function.body[-1], Do):
        last = function.body[-1]
        scope.frame.returned = run.value(last.value, scope)
        sinks.returned(run, scope.frame.returned, scope, last.at)


def leave(run: Run, value: Value, scope: Scope) -> None:
    """Note one return of the function that runs."""
    frame = scope.frame
    frame.returned = value if frame.returned is None else either(frame.returned, value)
    frame.cleared = scope.cleared if frame.cleared is None else frame.cleared & scope.cleared


def give_back(run: Run, statement: Return, scope: Scope) -> None:
    """A return statement."""
    value = run.value(statement.value, scope) if statement.value is not None else NOTHING
    name = statement.value.id if isinstance(statement.value, Name) else ""
    sinks.returned(run, value, scope, statement.at, name=name)
    leave(run, marked(value, scope.cleared), scope)
