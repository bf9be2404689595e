"""What a call is worth: sources, sinks, helpers of the file, cleaning, containers, and the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewer.taint import containers, folding, functions, sinks, sources
from reviewer.taint.assignment import assign, write_back
from reviewer.taint.closures import Closure, Scope
from reviewer.taint.declarations import WRAPPED
from reviewer.taint.ir import Attr, Call, Name
from reviewer.taint.run import Run
from reviewer.taint.sinks import Given
from reviewer.taint.values import HARMLESS, NOTHING, UNKNOWN, Taint, Unknown, Value, constant, tainted_by, united

_VERBS = re.compile(r"%(?:\((\w+)\))?[-+ #0]*(?:\d+|\*)?(?:\.\d+)?([a-zA-Z%])")
_NUMBER_VERBS = frozenset("dioxXbcUeEfFgGtp")
_LONGEST = 200
_TEXT_METHODS = frozenset((
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "split", "rsplit", "splitlines", "partition", "rpartition",
    "encode", "decode", "join", "format", "replace", "trim", "toLowerCase", "toUpperCase", "substring", "substr", "slice",
    "toString", "concat", "getBytes", "charAt", "chars", "Trim", "ToLower", "ToUpper", "Substring", "ToString", "Split",
    "Replace", "to_s", "chomp", "chop", "downcase", "upcase", "gsub", "sub", "tr", "String", "Bytes", "casefold",
    "capitalize", "zfill", "removeprefix", "removesuffix", "get", "pop", "shift", "next", "nextElement", "html_safe", "raw",
    "Value", "getValue",
))  # fmt: skip
"""Methods that texts and collections have in one of the languages; what an unknown object gives for another name is its own."""
FIRST_RESULT = "{first}"
"""What a language calls that gives several results, of which the first is what counts."""


def call(run: Run, expr: Call, scope: Scope) -> Value:
    """What a call is worth, after what it does to sinks and containers."""
    receiver, path, closure = _callee(run, expr, scope)
    args = [Given(arg.name, run.value(arg.value, scope), arg.spread) for arg in expr.args]
    folded = _folded(expr, receiver, args)
    if not isinstance(folded, Unknown):
        return constant(folded)
    if path == FIRST_RESULT and args:
        return args[0].value if args[0].value.closed else Value(items={0: args[0].value}, closed=True)
    sinks.called(run, path, receiver, args, scope, expr.at)
    roles = run.pack.roles.find(path)
    key = args[0].value.const if args else UNKNOWN
    origin = sources.called(run, path, expr.at, key)
    result_path = f"{path}()"[-_LONGEST:]
    if origin is not None:
        handed = _passed(run, path, roles, args) if "through" in roles else ()
        return Value(united(((origin,), handed)), path=result_path, known=True)
    _fill(run, expr, path, roles, receiver, args, scope)
    if expr.new or (closure is None and path in run.families):
        return _made(run, path, args, scope, expr)
    if closure is not None and functions.follows(run, closure):
        return functions.enter(run, closure, receiver, args, scope, expr)
    _callbacks(run, path, receiver, args, scope)
    found = _result(run, expr, path, receiver, args, scope)
    return found if found.path else found.but(path=result_path)


def _callee(run: Run, expr: Call, scope: Scope) -> tuple[Value, str, Closure | None]:
    if isinstance(expr.of, Attr):
        receiver = run.value(expr.of.of, scope)
        path = f"{receiver.path or '?'}.{expr.of.name}"[-_LONGEST:]
        return receiver, path, _method(run, expr.of, receiver, scope)
    if isinstance(expr.of, Name):
        found = named(run, expr.of, scope)
        return NOTHING, found.path or expr.of.id, found.closure or own_method(expr.of, scope)
    found = run.value(expr.of, scope)
    return NOTHING, found.path, found.closure


def named(run: Run, name: Name, scope: Scope) -> Value:
    """What a name stands for."""
    found = scope.get(name.id)
    return found if found is not None else sources.read(run, Value(path=name.id), name.id, name.at)


def own_method(name: Name, scope: Scope) -> Closure | None:
    """The method of the class that runs, if the name is one."""
    held = scope.frame.owner.names.get(name.id) if scope.frame.owner else None
    return held.closure if held is not None else None


def _method(run: Run, target: Attr, receiver: Value, scope: Scope) -> Closure | None:
    held = receiver.items.get(target.name) if receiver.items else None
    if held is not None and held.closure is not None:
        return held.closure
    if receiver.path in ("this", "self", "cls", "super()"):
        owner = scope.frame.function.owner if scope.frame.function else ""
        return run.method(run.families.get(owner), target.name)
    return run.method(run.family_of(receiver.path), target.name)


def _folded(expr: Call, receiver: Value, args: Sequence[Given]) -> object:
    consts = [arg.value.const for arg in args]
    if isinstance(expr.of, Attr) and not isinstance(receiver.const, Unknown):
        return folding.method(expr.of.name, receiver.const, consts)
    if isinstance(expr.of, Name) and expr.of.id in ("len", "strlen") and len(consts) == 1 and isinstance(consts[0], str):
        return len(consts[0])
    return UNKNOWN


def _fill(run: Run, expr: Call, path: str, roles: Sequence[str], receiver: Value, args: Sequence[Given], scope: Scope) -> None:
    """What writes into its arguments: a source such as a reader into a buffer, or a decoder into an object."""
    filled = sources.filling(run, path, expr.at)
    if filled is not None:
        origin, positions = filled
        for number in positions:
            _pour(run, expr, number, (origin,), scope)
    elif "fill" in roles and args:
        _pour(run, expr, len(args) - 1, tainted_by(receiver, *[arg.value for arg in args[:-1]]).taints, scope)


def _pour(run: Run, expr: Call, number: int, taints: tuple[Taint, ...], scope: Scope) -> None:
    if taints and number < len(expr.args):
        target = expr.args[number].value
        held = run.value(target, scope)
        assign(run, target, held.but(taints=united((taints, held.taints)), const=UNKNOWN), scope)


def _made(run: Run, path: str, args: Sequence[Given], scope: Scope, expr: Call) -> Value:
    """A new object; one of a class of the file is made by running its constructor."""
    made = functions.construct(run, path, args, scope, expr)
    if made is not None:
        return made
    roles = run.pack.roles.find(path)
    known = next((arg.value for arg in args if arg.value.items is not None), None)
    if "iterate" in roles and known is not None:
        return known.but(path=f"{path}()")
    taints = _passed(run, path, roles, args)
    if _wraps(run, roles, args):
        return Value(taints, path=WRAPPED)
    return cleaned(run, Value(taints, path=f"{path}()", prefix=args[0].value.prefix if len(args) == 1 else ""), path)


def of_text(taints: tuple[Taint, ...], name: str) -> tuple[Taint, ...]:
    """What stays after an attribute was read or a method called: of an object that other code made, only what texts have."""
    if name in _TEXT_METHODS:
        return taints
    return tuple(taint for taint in taints if not taint.opaque)


def _wraps(run: Run, roles: Sequence[str], args: Sequence[Given]) -> bool:
    """Whether code that is not known is given a whole request."""
    return not roles and any("carrier" in run.pack.roles.find(arg.value.path) for arg in args)


def _special(run: Run, roles: Sequence[str], receiver: Value, args: Sequence[Given]) -> Value | None:
    """What text methods give; None if it is no such call."""
    if "format" in roles:
        return _format(receiver, args)
    if "first" in roles:
        return _first(args)
    if "replace" in roles:
        return _replaced(run, receiver, args)
    if "join" in roles:
        return tainted_by(receiver, *[arg.value for arg in args])
    return None


def _callbacks(run: Run, path: str, receiver: Value, args: Sequence[Given], scope: Scope) -> None:
    """Functions among the arguments are run where they are handed over, with what the receiver holds."""
    key = args[0].value.const if args else UNKNOWN
    for arg in args:
        closure = arg.value.closure
        if closure is not None and len(run.active) < run.depth and closure.function not in run.active:
            functions.hand_over(run, closure, receiver, path, key, scope)


def _result(run: Run, expr: Call, path: str, receiver: Value, args: Sequence[Given], scope: Scope) -> Value:
    roles = run.pack.roles.find(path)
    special = _special(run, roles, receiver, args)
    if special is not None:
        return special
    if _wraps(run, roles, args):
        return Value(_passed(run, path, roles, args), path=WRAPPED)
    handled = containers.handled(roles, receiver, args)
    if handled is not None:
        found, after = handled
        if after is not receiver and isinstance(expr.of, Attr):
            write_back(run, expr.of.of, after, scope)
        return found.but(taints=sources.narrowed(run, found.taints, args[0].value.const if args else UNKNOWN, path))
    if "drop" in roles and not any(taint.open for taint in receiver.taints):
        return NOTHING
    if "get" in roles and any(arg.name == "type" and sources.is_harmless_type(arg.value.path) for arg in args):
        return HARMLESS
    own = of_text(receiver.all_taints, expr.of.name) if isinstance(expr.of, Attr) else ()
    if "get" in roles and args:
        own = sources.narrowed(run, own, args[0].value.const, path)
    elif isinstance(expr.of, Attr):
        own = sources.asked(own, expr.of.name)
    prefix = args[0].value.prefix if len(args) == 1 and "through" in roles else ""
    told = _told(run, path, roles, receiver, args)
    result = cleaned(run, Value(united((own, _passed(run, path, roles, args))), prefix=prefix, known=told), path)
    return _restored(result) if "restore" in roles else result


def _restored(value: Value) -> Value:
    """A value that was decoded: what encoding it took away is there again."""
    return value.but(taints=tuple(taint.but(cleaned=frozenset()) for taint in value.taints))


def _told(run: Run, path: str, roles: Sequence[str], receiver: Value, args: Sequence[Given]) -> bool:
    """Whether all is known that went into the result of a call that is not of this file."""
    if not all(arg.value.known for arg in args):
        return False
    of_known_text = receiver.known and path.rpartition(".")[2] in _TEXT_METHODS
    holds = bool(receiver.all_taints or receiver.items) or not isinstance(receiver.const, Unknown)
    return of_known_text or (not holds and ("through" in roles or bool(run.pack.clean.find(path))))


def _passed(run: Run, path: str, roles: Sequence[str], args: Sequence[Given]) -> tuple[Taint, ...]:
    taints = united(arg.value.all_taints for arg in args if arg.value.closure is None)
    if "drop" in roles:
        return ()
    if "through" in roles or not taints:
        return taints
    if run.pack.promise.search(path.rpartition(".")[2]):
        return ()
    return tuple(taint.but(opaque=True) for taint in taints)


def cleaned(run: Run, value: Value, path: str) -> Value:
    """The value after a call or property that makes it harmless in some classes, if the path is one."""
    names = frozenset(run.pack.clean.find(path))
    if "*" in names:
        return value.but(taints=(), known=True)
    if not value.taints:
        return value
    if not names:
        return value
    return value.but(taints=tuple(t.but(cleaned=t.cleaned | names) for t in value.taints))


def _format(receiver: Value, args: Sequence[Given]) -> Value:
    values = [arg.value for arg in args]
    if isinstance(receiver.const, str) or receiver.prefix or not values:
        return tainted_by(receiver, *values) if "%" not in str(receiver.const) else formatted(receiver, values)
    number = next((n for n, value in enumerate(values) if value.prefix or value.taints), 0)
    found = formatted(values[number], _spread(values[number + 1 :]))
    return found if not receiver.all_taints else tainted_by(found, receiver)


def _spread(values: Sequence[Value]) -> list[Value]:
    if len(values) == 1 and values[0].closed and values[0].items:
        return list(values[0].items.values())
    return list(values)


def _first(args: Sequence[Given]) -> Value:
    """A call that is about its first argument, or the first element of that."""
    if not args:
        return NOTHING
    held = args[0].value
    return held.items.get(0, NOTHING) if held.closed and held.items else held


def _replaced(run: Run, receiver: Value, args: Sequence[Given]) -> Value:
    """Text with a part replaced: where that part did the harm, there is none left."""
    consts = [arg.value.const for arg in args]
    found = tainted_by(receiver, *[arg.value for arg in args[1:]])
    if len(consts) < 2 or not isinstance(consts[0], str) or not isinstance(consts[1], str) or consts[0] in consts[1]:
        return found
    names = frozenset(run.pack.denied.get(consts[0], ()))
    return found.but(taints=tuple(t.but(cleaned=t.cleaned | names) for t in found.taints))


def formatted(template: Value, values: Sequence[Value]) -> Value:
    """What a template with `%` verbs gives; what a number verb stands for holds no text."""
    text = template.const
    if not isinstance(text, str):
        return tainted_by(template, *values)
    verbs = [found.group(2) for found in _VERBS.finditer(text) if found.group(2) != "%"]
    prefix = text.partition("%")[0]
    if len(verbs) != len(values) or any(found.group(1) for found in _VERBS.finditer(text)):
        return tainted_by(*values).but(prefix=prefix)
    kept = [value for verb, value in zip(verbs, values, strict=True) if verb not in _NUMBER_VERBS]
    first = kept[0].prefix if kept and kept[0] is values[0] else ""
    return tainted_by(*kept).but(prefix=prefix + first, known=template.known and all(value.known for value in kept))
