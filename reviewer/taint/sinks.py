"""Where a value does harm: calls, assignments and returns that the declarations name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewer.records import Confidence
from reviewer.taint.closures import Scope
from reviewer.taint.declarations import Sink
from reviewer.taint.flows import At, Flow, Stop
from reviewer.taint.run import Run
from reviewer.taint.values import NOTHING, Taint, Unknown, Value, held_by, listed, tainted_by, united

_SHELLS = re.compile(
    r"(?:.*[/\\])?(?:(?:ba|da|z|k|c)?sh|cmd|powershell|pwsh|python[\d.]*|perl|ruby|node|php|env|sudo|su|ssh|xargs)(?:\.exe)?"
)
"""Programs that run what their arguments say."""
_SQL = re.compile(
    r"\W*(?:select|insert|update|delete|create|drop|alter|with|call|exec|execute|merge|replace|from|where|grant|truncate|set|"
    r"show|copy|pragma|declare|begin)\b|\W*[\w.]+\W*(?:=|<|>|\blike\b|\bin\b)",
    re.IGNORECASE,
)
"""How a statement begins, or a part of one."""
_SHELL_FLAGS = ("-c", "/c", "/C", "-Command", "-e")
"""What comes before a command that an unknown program runs."""
_FIXED_HOST = re.compile(r"\0|\w+://[^/?#@]+[/?#]|/(?![/\\])|\?|#|\.")
"""How an address begins that leads to a known host, whatever comes after."""
_TEXT_TYPE = re.compile(r"str|String|Response|html|Html|HTML|Result|Any|object|Object")
"""Types of functions that may give back text."""


@dataclass(slots=True, eq=False)
class Given:
    """One argument of a call, evaluated."""

    name: str
    value: Value
    spread: bool = False


def called(run: Run, path: str, receiver: Value, args: Sequence[Given], scope: Scope, at: At) -> None:
    """Report what a call does with its arguments."""
    for sink in run.pack.calls.find(path):
        if _applies(sink, [*args, Given("this", receiver)]):
            for value in _chosen(sink, receiver, args):
                _report(run, sink, path, value, scope, at)


def assigned(run: Run, path: str, value: Value, scope: Scope, at: At) -> None:
    """Report what an assignment to an attribute does."""
    for sink in run.pack.sets.find(path):
        _report(run, sink, path, value, scope, at)


def put(run: Run, path: str, values: Iterable[Value], scope: Scope, at: At) -> None:
    """Report what putting an element into something does; `values` are the key and the element."""
    given = [Given("", value) for value in values]
    for sink in run.pack.puts.find(path):
        if _applies(sink, given):
            for value in _chosen(sink, NOTHING, given):
                _report(run, sink, path, value, scope, at)


def returned(run: Run, value: Value, scope: Scope, at: At, *, name: str = "") -> None:
    """Report what returning a value from a function that a framework calls does.

    Args:
        name: the variable that is returned, if it is one: what was put into it is more telling than where it is returned.
    """
    function = scope.frame.function
    if function is None or (function.returns and not _TEXT_TYPE.search(function.returns)):
        return
    for mark in scope.frame.marks:
        for sink in run.pack.returns.find(mark):
            body = value.items.get(0, NOTHING) if value.items and value.closed else value
            if not body.items:
                _report(run, sink, "return", body, scope, at, name)


def _applies(sink: Sink, args: Sequence[Given]) -> bool:
    return all(_is(wanted, _arg(key, args)) for key, wanted in sink.when.items()) and not any(
        _is(wanted, _arg(key, args)) for key, wanted in sink.unless.items()
    )


def _arg(key: str, args: Sequence[Given]) -> Value | None:
    """An argument by its name, or by its position written as a text."""
    if key.lstrip("-").isdigit():
        plain = [arg.value for arg in args if not arg.name]
        number = int(key)
        return plain[number] if -len(plain) <= number < len(plain) else None
    return next((arg.value for arg in args if arg.name == key), None)


def _is(wanted: object, given: Value | None) -> bool:
    if given is None:
        return wanted is None
    if wanted == "?":
        return given.truth is not False
    if isinstance(wanted, str) and wanted.startswith("~"):
        text = given.const if isinstance(given.const, str) else given.prefix or given.path
        return re.search(wanted[1:], text) is not None
    if isinstance(wanted, bool):
        return given.truth is wanted
    return not isinstance(given.const, Unknown) and given.const == wanted


def _chosen(sink: Sink, receiver: Value, args: Sequence[Given]) -> list[Value]:
    plain = [arg for arg in args if not arg.name]
    found: list[Value] = []
    for wanted in sink.args:
        if wanted == "this":
            found.append(receiver)
        elif wanted == "*":
            values = [arg.value for arg in args]
            found += [listed(values)] if sink.shape == "argv" else values
        elif isinstance(wanted, str) and wanted.endswith("+"):
            values = [arg.value for arg in plain[int(wanted[:-1]) :]]
            found += [listed(values)] if sink.shape == "argv" else values
        elif isinstance(wanted, int):
            found += _positional(plain, wanted)
        else:
            found += [arg.value for arg in args if arg.name == wanted]
    return found


def _positional(plain: Sequence[Given], number: int) -> list[Value]:
    spread = next((position for position, arg in enumerate(plain) if arg.spread), len(plain))
    if spread <= number:
        return [plain[spread].value] if spread < len(plain) else []
    return [plain[number].value] if -len(plain) <= number < len(plain) else []


def _report(run: Run, sink: Sink, path: str, value: Value, scope: Scope, at: At, name: str = "") -> None:
    taint = _worst(run, sink, _shaped(sink, value), scope)
    key = (at, sink.harm, "")
    if taint is None:
        (run.settled if value.known else run.unsettled).add((at, sink.harm))
        return
    run.unsettled.add((at, sink.harm))
    if not run.touched(at) and not any(run.touched(stop.at) for stop in taint.trail):
        return
    confidence = min(sink.confidence, taint.confidence, key=lambda one: one.rank)
    if taint.opaque or (sink.shape == "sql" and not _SQL.match(value.prefix)):
        confidence = min(confidence, Confidence.MEDIUM, key=lambda one: one.rank)
    known = run.flows.get(key)
    if known is None or known.confidence.rank < confidence.rank:
        stops = (*taint.trail, Stop(at, f"reaches {path.rpartition('?.')[2]}"))
        built = bool(name) and taint.trail[-1].note == held_by(name)
        run.flows[key] = Flow(sink.harm, confidence, taint.title, path, stops, built)


def _worst(run: Run, sink: Sink, taints: Iterable[Taint], scope: Scope) -> Taint | None:
    named = run.pack.harms[sink.harm].named
    harmful = [taint for taint in taints if taint.harms(sink.harm, scope.cleared, named) and not (sink.direct and taint.opaque)]
    return max(harmful, key=lambda taint: (taint.confidence.rank, not taint.opaque), default=None)


def _shaped(sink: Sink, value: Value) -> tuple[Taint, ...]:
    if sink.shape == "argv":
        return _command(value).all_taints
    if sink.shape == "url" and value.items and not value.taints:
        return ()
    if sink.shape == "url" and _FIXED_HOST.match(value.prefix):
        return ()
    if sink.shape == "location" and not value.prefix.lower().startswith("location:"):
        return ()
    if sink.shape == "location" and _FIXED_HOST.match(value.prefix[9:].lstrip()):
        return ()
    if sink.shape == "view" and not value.prefix.startswith("redirect:"):
        return ()
    if (sink.shape in ("text", "sql") or sink.harm == "sql") and value.items:
        return _texts(value)
    if sink.shape == "mapping":
        return _queried(value)
    return value.all_taints


def _queried(value: Value) -> tuple[Taint, ...]:
    """Where an object may stand in the place of a text: an element of the query, or all of it."""
    if value.items is not None and not value.closed:
        return tainted_by(*value.items.values()).taints
    return tuple(taint for taint in value.taints if taint.open)


def _texts(value: Value) -> tuple[Taint, ...]:
    """What of a list or an object is the text itself, and not one of the values that belong to it."""
    assert value.items is not None
    keys = (0,) if value.closed else ("text", "sql", "query", "statement")
    return united([value.taints, *(value.items[key].all_taints for key in keys if key in value.items)])


def _command(value: Value) -> Value:
    """What of a list of words can do harm: all of it if it is given to a shell, else only the program's name."""
    if not value.items or 0 not in value.items:
        return value
    words = list(value.items.values())
    first = words[0]
    if len(words) == 1 and first.items:
        return _command(first)
    if first.taints and not first.items:
        return value
    named = [str(name).strip() for name in first.maybe or (first.const,) if isinstance(name, str)]
    if named:
        return value if any(_SHELLS.fullmatch(name) for name in named) else NOTHING
    return value if any(word.const in _SHELL_FLAGS for word in words if isinstance(word.const, str)) else NOTHING
