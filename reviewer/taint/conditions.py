"""What a condition tells of the values in it, if it holds or if it does not."""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.taint.closures import Scope
from reviewer.taint.ir import Attr, Call, Expr, Name, Operation, Walrus
from reviewer.taint.run import Run
from reviewer.taint.values import Value

_EQUAL = {"==": True, "is": True, "===": True, "!=": False, "is not": False, "!==": False}
_CONTAINS = (
    "contains",
    "includes",
    "include?",
    "Contains",
    "has",
    "containsKey",
    "ContainsKey",
    "member?",
    "key?",
    "str_contains",
)
_HOST_ONLY = ("redirect", "ssrf")
"""What checking a part of an address is good for."""


def assume(run: Run, expr: Expr, scope: Scope, truth: bool) -> None:
    """Note in the scope what is known when the condition is `truth`."""
    run.tick()
    if isinstance(expr, Walrus):
        assume(run, expr.target, scope, truth)
    elif isinstance(expr, Operation) and expr.op == "not":
        assume(run, expr.operands[0], scope, not truth)
    elif isinstance(expr, Operation) and expr.op in ("and", "or"):
        _both(run, expr, scope, truth)
    elif isinstance(expr, Operation) and len(expr.operands) == 2:
        _comparison(run, expr, scope, truth)
    elif isinstance(expr, Call):
        _call(run, expr, scope, truth)


def _both(run: Run, expr: Operation, scope: Scope, truth: bool) -> None:
    """`a and b` tells of both if it holds, `a or b` if it does not; else what both ways have in common."""
    first, second = expr.operands
    if truth is (expr.op == "and"):
        assume(run, first, scope, truth)
        assume(run, second, scope, truth)
        return
    one, other = scope.copy(), scope.copy()
    assume(run, first, one, truth)
    assume(run, second, other, truth)
    scope.cleared |= one.cleared & other.cleared


def _comparison(run: Run, expr: Operation, scope: Scope, truth: bool) -> None:
    left, right = (run.value(operand, scope) for operand in expr.operands)
    if expr.op in _EQUAL and truth is _EQUAL[expr.op]:
        _equal(left, right, scope)
    elif expr.op in ("in", "not in"):
        _membership(run, left, right, scope, truth is (expr.op == "in"))
    elif isinstance(expr.operands[0], Call) and _absent(expr.op, right.const, truth):
        _not_found(run, expr.operands[0], scope)


def _absent(op: str, position: object, truth: bool) -> bool:
    """Whether comparing what a search gave with a number says that nothing was found."""
    if position == -1 and not isinstance(position, bool):
        return (op in ("==", "===") and truth) or (op in ("!=", "!==", ">") and not truth)
    if position is False:
        return (op in ("==", "===") and truth) or (op in ("!=", "!==") and not truth)
    return position == 0 and ((op == "<" and truth) or (op == ">=" and not truth))


def _equal(left: Value, right: Value, scope: Scope) -> None:
    for one, other in ((left, right), (right, left)):
        if one.taints and not other.all_taints and other.const is not None:
            clear(scope, one, ("*",))


def _membership(run: Run, left: Value, right: Value, scope: Scope, inside: bool) -> None:
    if inside and left.taints and not right.all_taints:
        clear(scope, left, ("*",))
    elif not inside and isinstance(left.const, str):
        clear(scope, right, run.pack.denied.get(left.const, ()), part=True)


def _not_found(run: Run, call: Call, scope: Scope) -> None:
    """A search such as `text.indexOf("..")` or `strpos($text, "..")` found nothing."""
    values = [run.value(arg.value, scope) for arg in call.args]
    if isinstance(call.of, Attr):
        values.append(run.value(call.of.of, scope))
    for wanted in values:
        if isinstance(wanted.const, str):
            for value in values:
                clear(scope, value, run.pack.denied.get(wanted.const, ()), part=True)


def _call(run: Run, expr: Call, scope: Scope, truth: bool) -> None:
    path, receiver = _callee(run, expr, scope)
    name = path.rpartition(".")[2]
    guards = run.pack.guards.find(path)
    for guard in guards:
        if guard.when is truth:
            subject = receiver if guard.arg == "this" else _argument(run, expr, guard.arg, scope)
            if subject is not None:
                clear(scope, subject, guard.classes)
    if not truth and name in _CONTAINS:
        _not_found(run, expr, scope)
    if truth and name in _CONTAINS and not receiver.all_taints and not guards:
        for arg in expr.args:
            clear(scope, run.value(arg.value, scope), ("*",))
    if truth and run.pack.promise.search(name):
        for arg in expr.args:
            clear(scope, run.value(arg.value, scope), ("*",))


def _callee(run: Run, expr: Call, scope: Scope) -> tuple[str, Value]:
    if isinstance(expr.of, Attr):
        receiver = run.value(expr.of.of, scope)
        return f"{receiver.path or '?'}.{expr.of.name}", receiver
    found = run.value(expr.of, scope)
    return found.path or (expr.of.id if isinstance(expr.of, Name) else ""), Value()


def _argument(run: Run, expr: Call, number: int | str, scope: Scope) -> Value | None:
    if isinstance(number, int) and -len(expr.args) <= number < len(expr.args):
        return run.value(expr.args[number].value, scope)
    return None


def clear(scope: Scope, value: Value, names: Iterable[str], *, part: bool = False) -> None:
    """Note that the origins of a value can do no more harm in some classes.

    Args:
        part: the check is as good for a part as for the whole.
    """
    chosen = tuple(names)
    for taint in value.all_taints:
        allowed = chosen if part or not taint.partial else tuple(n for n in _HOST_ONLY if n in chosen or "*" in chosen)
        scope.cleared |= {(taint.origin, name) for name in allowed}
