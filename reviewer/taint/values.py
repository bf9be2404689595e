"""What the evaluator knows of a value: where it comes from, what is constant about it, what it holds.

Nothing changes these once they are made; they are not declared frozen because that makes each of them three times slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from reviewer.records import Confidence
from reviewer.taint.flows import At, Stop

if TYPE_CHECKING:
    from reviewer.taint.closures import Closure

_MOST_TAINTS = 6
"""Origins that one value remembers: more of them say nothing new."""
_MOST_STEPS = 12
"""Steps that a flow shows; the source and the sink are always among them."""
_MOST_ALTERNATIVES = 4
"""Constants that one variable may hold after branches."""
_MOST_ITEMS = 64
"""Elements that a container remembers one by one."""


_T = TypeVar("_T")


def _new(of: type[_T]) -> _T:
    return object.__new__(of)


class Unknown:
    """No constant."""


UNKNOWN: Final = Unknown()


@dataclass(slots=True)
class Taint:
    """One origin outside of the program that a value comes from."""

    origin: str
    """What was asked for, as a path: equal for the same question asked twice."""
    title: str
    """The kind of source in words, such as "request parameter"."""
    confidence: Confidence
    trail: tuple[Stop, ...]
    cleaned: frozenset[str] = frozenset()
    """Classes it can do no more harm in; "*" for all."""
    only: frozenset[str] = frozenset()
    """The classes it can do harm in at all; empty for any."""
    opaque: bool = False
    """Whether it went through code that nothing is known of."""
    partial: bool = False
    """Whether it is only a part of what came in."""
    open: bool = False
    """Whether it is the whole of a source such as the form, so that a key still tells what is asked for."""

    def but(self, **changed: Any) -> Taint:
        """The same with other attributes: `dataclasses.replace` in a fifth of the time."""
        made = _new(Taint)
        made.origin, made.title, made.confidence, made.trail = self.origin, self.title, self.confidence, self.trail
        made.cleaned, made.only, made.opaque, made.partial, made.open = (
            self.cleaned,
            self.only,
            self.opaque,
            self.partial,
            self.open,
        )
        for name, value in changed.items():
            setattr(made, name, value)
        return made

    def harms(self, name: str, cleared: frozenset[tuple[str, str]], named: bool) -> bool:
        """Whether it can do harm in a class, given what was checked on the way.

        Args:
            named: the class is one that only sources do harm in which name it.
        """
        if name in self.cleaned or "*" in self.cleaned or ((self.only or named) and name not in self.only):
            return False
        return (self.origin, name) not in cleared and (self.origin, "*") not in cleared

    def seen(self, at: At, note: str) -> Taint:
        """The same, one station on."""
        last = self.trail[-1]
        if last.at == at:
            return self
        kept = self.trail if len(self.trail) < _MOST_STEPS else self.trail[: _MOST_STEPS - 1]
        return self.but(trail=(*kept, Stop(at, note)))


@dataclass(slots=True)
class Value:
    """What is known of one value."""

    taints: tuple[Taint, ...] = ()
    """Of the value as a whole; for a container, of elements that `items` does not name."""
    const: object = UNKNOWN
    path: str = ""
    """How it was reached, such as "flask.request.args.get()"; empty if that tells nothing."""
    items: Mapping[object, Value] | None = None
    """Elements by constant key or position; None if it is no container, or none is known."""
    closed: bool = False
    """Whether `items` names every element, in order, with positions from 0."""
    prefix: str = ""
    """How the text is known to begin."""
    closure: Closure | None = None
    maybe: tuple[object, ...] = ()
    """Constants of which it is one, if there are a few."""
    known: bool = False
    """Whether all it was made of is known: constants, and origins that are in `taints`."""

    def but(self, **changed: Any) -> Value:
        """The same with other attributes."""
        made = _new(Value)
        made.taints, made.const, made.path, made.items, made.closed = self.taints, self.const, self.path, self.items, self.closed
        made.prefix, made.closure, made.maybe, made.known = self.prefix, self.closure, self.maybe, self.known
        for name, value in changed.items():
            setattr(made, name, value)
        return made

    @property
    def all_taints(self) -> tuple[Taint, ...]:
        """Of the value and all it holds."""
        if not self.items:
            return self.taints
        return united([self.taints, *(item.all_taints for item in self.items.values())])

    @property
    def truth(self) -> bool | None:
        """Whether it counts as true in a condition; None if nobody knows."""
        return None if isinstance(self.const, Unknown) else bool(self.const)


NOTHING: Final = Value()
HARMLESS: Final = Value(known=True)
"""A number or a yes or no: nothing that anybody could word."""
UNKNOWN_START: Final = "\0"
"""The prefix of a text that begins with something of the program's own."""


def united(groups: Iterable[tuple[Taint, ...]]) -> tuple[Taint, ...]:
    """Each origin once for each way it was cleaned, the first found first."""
    found: dict[tuple[str, frozenset[str], bool], Taint] = {}
    for group in groups:
        for taint in group:
            found.setdefault((taint.origin, taint.cleaned, taint.opaque), taint)
            if len(found) >= _MOST_TAINTS:
                return tuple(found.values())
    return tuple(found.values())


def held_by(name: str) -> str:
    """The note of a stop where a value is put into a variable."""
    return f"is held by {name}"


def constant(value: object) -> Value:
    """The value of a literal."""
    return Value(const=value, prefix=value if isinstance(value, str) else "", known=True)


def tainted_by(*values: Value) -> Value:
    """A value of which only the origins are known."""
    return Value(united(value.all_taints for value in values), known=all(value.known for value in values))


def text_of(parts: Iterable[Value]) -> Value:
    """The text that parts make when they are put together."""
    known, taints, whole, told = "", [], True, True
    for part in parts:
        told = told and part.known
        taints.append(part.all_taints)
        if whole and not known and not part.prefix and not part.all_taints and isinstance(part.const, Unknown):
            known, whole = UNKNOWN_START, False
        elif whole and not isinstance(part.const, Unknown) and len(known) < 1000:
            known += str(part.const)
        elif whole:
            known, whole = known + part.prefix, False
    found = united(taints)
    return Value(found, const=known if whole and not found else UNKNOWN, prefix=known, known=told)


def either(one: Value, other: Value) -> Value:
    """What is true of both: after a branch."""
    if one is other or one == other:
        return one
    return Value(
        taints=united((one.taints, other.taints)),
        const=one.const if _same(one.const, other.const) else UNKNOWN,
        path=one.path or other.path,
        items=_either_items(one, other),
        closed=one.closed and other.closed and len(one.items or ()) == len(other.items or ()),
        prefix=_common_prefix(one.prefix, other.prefix),
        closure=one.closure or other.closure,
        maybe=_alternatives(one, other),
        known=one.known and other.known,
    )


def _alternatives(one: Value, other: Value) -> tuple[object, ...]:
    sides = [value.maybe or (() if isinstance(value.const, Unknown) else (value.const,)) for value in (one, other)]
    found = tuple(dict.fromkeys((*sides[0], *sides[1]))) if all(sides) and all(_hashable(v) for s in sides for v in s) else ()
    return found if len(found) <= _MOST_ALTERNATIVES else ()


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _common_prefix(one: str, other: str) -> str:
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return one[:number]
    return one if len(one) < len(other) else other


def _either_items(one: Value, other: Value) -> Mapping[object, Value] | None:
    if one.items is None or other.items is None:
        return one.items if other.items is None else other.items
    return {key: either(one.items.get(key, NOTHING), other.items.get(key, NOTHING)) for key in {**one.items, **other.items}}


def element(container: Value, key: object) -> Value:
    """What is found under a key; `UNKNOWN` stands for any key."""
    if container.items is None:
        return Value(container.taints, known=container.known)
    if isinstance(key, Unknown):
        return tainted_by(container)
    if isinstance(key, int) and not isinstance(key, bool) and key < 0 and container.closed:
        key += len(container.items)
    found = container.items.get(key) if _hashable(key) else None
    if found is None:
        return Value(container.taints, known=container.known)
    return found.but(taints=united((found.taints, container.taints))) if container.taints else found


def with_element(container: Value, key: object, item: Value) -> Value:
    """The container after something was put under a key; `UNKNOWN` for a key that is not known."""
    known = dict(container.items or {})
    if isinstance(key, Unknown) or not _hashable(key) or len(known) >= _MOST_ITEMS:
        taints = united((container.taints, item.all_taints))
        return container.but(taints=taints, items=known, closed=False, known=container.known and item.known)
    known[key] = item
    return container.but(items=known, const=UNKNOWN, known=container.known and item.known)


def with_appended(container: Value, item: Value) -> Value:
    """The list after something was put at its end."""
    known = dict(container.items or {})
    if (container.items is not None and not container.closed) or len(known) >= _MOST_ITEMS or container.taints:
        taints = united((container.taints, item.all_taints))
        return container.but(taints=taints, closed=False, const=UNKNOWN, known=container.known and item.known)
    known[len(known)] = item
    told = item.known and (container.known or len(known) == 1)
    return container.but(items=known, closed=True, const=UNKNOWN, known=told)


def without_element(container: Value, position: int) -> Value:
    """The list after the element at a position was taken out; the others move up."""
    if not container.closed or container.items is None:
        return container
    kept = list(container.items.values())
    if not -len(kept) <= position < len(kept):
        return container
    del kept[position]
    return container.but(items=dict(enumerate(kept)))


def listed(values: Iterable[Value]) -> Value:
    """A list whose every element is known."""
    items: dict[object, Value] = dict(enumerate(values))
    if len(items) > _MOST_ITEMS:
        return tainted_by(*items.values())
    return Value(items=items, closed=True, known=all(value.known for value in items.values()))


def _hashable(key: object) -> bool:
    return isinstance(key, (str, int, float, bytes, bool, tuple)) or key is None
