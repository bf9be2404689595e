"""What an expression is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reviewer.taint import calls, folding, sources
from reviewer.taint.assignment import assign
from reviewer.taint.calls import of_text
from reviewer.taint.closures import Closure, Scope
from reviewer.taint.conditions import assume
from reviewer.taint.ir import (
    Attr,
    Call,
    Choice,
    Const,
    Each,
    Expr,
    Index,
    Items,
    Join,
    Made,
    Mixed,
    Name,
    Operation,
    Pairs,
    Walrus,
)
from reviewer.taint.run import Run
from reviewer.taint.scopes import joined, marked
from reviewer.taint.values import (
    HARMLESS,
    NOTHING,
    UNKNOWN,
    Unknown,
    Value,
    constant,
    either,
    element,
    listed,
    tainted_by,
    text_of,
    united,
    with_element,
)

_LONGEST_PATH = 200
_JOINING = ("+", "/", "??", "or")


def value(run: Run, expr: Expr, scope: Scope) -> Value:
    """What an expression is worth; sinks in it report to the run."""
    run.tick()
    return _HANDLERS[type(expr)](run, expr, scope)


def _const(run: Run, expr: Const, scope: Scope) -> Value:
    return constant(expr.value)


def _name(run: Run, expr: Name, scope: Scope) -> Value:
    found = calls.named(run, expr, scope)
    if run.pack.language == "ruby" and (found.closure or calls.own_method(expr, scope)):
        return calls.call(run, Call(expr, (), expr.at), scope)  # there, a method's name is a call of it
    return found


def _attr(run: Run, expr: Attr, scope: Scope) -> Value:
    base = run.value(expr.of, scope)
    path = _extended(base.path, expr.name)
    found = base.items.get(expr.name) if base.items else None
    if found is None and base.path == "this" and scope.frame.owner:
        found = scope.frame.owner.names.get(expr.name)
    if found is not None:
        return found
    taints = sources.narrowed(run, of_text(base.taints, expr.name), expr.name, path)
    result = Value(taints, path=path, known=base.known and bool(taints))
    cleaned = calls.cleaned(run, result, path)
    return sources.read(run, cleaned, path, expr.at)


def _index(run: Run, expr: Index, scope: Scope) -> Value:
    base = run.value(expr.of, scope)
    key = run.value(expr.key, scope) if expr.key is not None else NOTHING
    path = f"{base.path or '?'}[]"[-_LONGEST_PATH:]
    folded = folding.at(base.const, key.const)
    if not isinstance(folded, Unknown):
        return constant(folded)
    if expr.key is None:
        return tainted_by(base).but(path=path)
    found = element(base, key.const)
    taints = sources.narrowed(run, found.taints, key.const, path)
    return sources.read(run, found.but(taints=taints, path=found.path if base.items else path), path, expr.at)


def _join(run: Run, expr: Join, scope: Scope) -> Value:
    return text_of([run.value(part, scope) for part in expr.parts])


def _operation(run: Run, expr: Operation, scope: Scope) -> Value:
    if len(expr.operands) == 1:
        operand = run.value(expr.operands[0], scope)
        folded = folding.unary(expr.op, operand.const)
        return constant(folded) if not isinstance(folded, Unknown) else HARMLESS
    if expr.op in ("and", "or"):
        return _logical(run, expr, scope)
    left, right = (run.value(operand, scope) for operand in expr.operands)
    folded = folding.binary(expr.op, left.const, right.const)
    if not isinstance(folded, Unknown):
        return constant(folded)
    if expr.op in ("+", "%") and (left.taints or right.all_taints or left.prefix or left.items or right.items):
        return _added(expr.op, left, right)
    if expr.op == "<<":
        return tainted_by(left, right)
    return tainted_by(left, right) if expr.op in _JOINING else HARMLESS


def _added(op: str, left: Value, right: Value) -> Value:
    if op == "%":
        return calls.formatted(left, list((right.items or {0: right}).values()) if right.closed else [right])
    if left.closed and right.closed and left.items is not None and right.items is not None:
        return listed([*left.items.values(), *right.items.values()])
    if left.items is not None and op == "+":
        return left.but(taints=united((left.taints, right.all_taints)), closed=False)
    return text_of([left, right])


def _logical(run: Run, expr: Operation, scope: Scope) -> Value:
    """The right side happens only if the left one leaves it open; its checks hold there."""
    first, second = expr.operands
    left = run.value(first, scope)
    truth = left.truth
    if truth is not None and truth is (expr.op == "or"):
        return left
    within = scope.copy()
    assume(run, first, within, expr.op == "and")
    right = run.value(second, within)
    if truth is not None:
        scope.become(within)
        return right
    scope.become(joined(scope, within))
    found = either(left.but(const=UNKNOWN), right)
    return found.but(const=UNKNOWN)


def _choice(run: Run, expr: Choice, scope: Scope) -> Value:
    if expr.test is None:
        return either(run.value(expr.yes, scope), run.value(expr.no, scope))
    truth = run.value(expr.test, scope).truth
    if truth is not None:
        return run.value(expr.yes if truth else expr.no, scope)
    yes, no = scope.copy(), scope.copy()
    assume(run, expr.test, yes, True)
    assume(run, expr.test, no, False)
    found = either(marked(run.value(expr.yes, yes), yes.cleared), marked(run.value(expr.no, no), no.cleared))
    scope.become(joined(yes, no))
    return found


def _items(run: Run, expr: Items, scope: Scope) -> Value:
    values = [run.value(item, scope) for item in expr.items]
    if expr.known:
        return listed(values)
    first: dict[object, Value] | None = {0: values[0]} if values and not values[0].taints else None
    return tainted_by(*values).but(items=first)


def _pairs(run: Run, expr: Pairs, scope: Scope) -> Value:
    result = Value(items={}, known=True)
    for key, item in expr.pairs:
        result = with_element(result, run.value(key, scope).const, run.value(item, scope))
    return result


def _walrus(run: Run, expr: Walrus, scope: Scope) -> Value:
    found = run.value(expr.value, scope)
    assign(run, expr.target, found, scope)
    return found


def _each(run: Run, expr: Each, scope: Scope) -> Value:
    source = run.value(expr.of, scope)
    inner = Scope(scope.frame, {}, scope, scope.cleared)
    assign(run, expr.target, Value(source.all_taints), inner)
    for test in expr.tests:
        run.value(test, inner)
        assume(run, test, inner, True)
    result = run.value(expr.result, inner)
    return Value(tuple(t for t in result.all_taints if _open_still(t, inner)))


def _open_still(taint: Any, scope: Scope) -> bool:
    return (taint.origin, "*") not in scope.cleared


def _mixed(run: Run, expr: Mixed, scope: Scope) -> Value:
    return tainted_by(*[run.value(part, scope) for part in expr.parts])


def _made(run: Run, expr: Made, scope: Scope) -> Value:
    closure = Closure(expr.function, scope)
    run.found(closure)
    return Value(closure=closure)


def _extended(path: str, name: str) -> str:
    return f"{path or '?'}.{name}"[-_LONGEST_PATH:]


_HANDLERS: Mapping[type, Callable[[Run, Any, Scope], Value]] = {
    Const: _const,
    Name: _name,
    Attr: _attr,
    Index: _index,
    Call: calls.call,
    Join: _join,
    Operation: _operation,
    Choice: _choice,
    Items: _items,
    Pairs: _pairs,
    Walrus: _walrus,
    Each: _each,
    Mixed: _mixed,
    Made: _made,
}
