"""Which texts a grammar admits, byte by byte: what a constrained answer is checked against while it is written.

A grammar is a sequence of items without recursion, so every text that it admits is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """These bytes."""

    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """The inside of a JSON string: so many characters, escaped ones count as one. Control characters must be escaped."""

    least: int
    most: int
    pending: tuple[tuple[int, int], ...] = ()
    """Ranges that the next bytes of a character that has begun must lie in."""


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """One of several sequences."""

    options: tuple[Items, ...]


Item = Literal | Text | Either
Items = tuple[Item, ...]

_ESCAPED = frozenset(b'"\\/nt')
"""What may follow a backslash; the other escapes of RFC 8259 have no use in a sentence or a line of code."""

_ANY = (0x80, 0xBF)
_LEADS: tuple[tuple[range, tuple[tuple[int, int], ...]], ...] = (
    (range(0xC2, 0xE0), (_ANY,)),
    (range(0xE0, 0xE1), ((0xA0, 0xBF), _ANY)),
    (range(0xE1, 0xED), (_ANY, _ANY)),
    (range(0xED, 0xEE), ((0x80, 0x9F), _ANY)),
    (range(0xEE, 0xF0), (_ANY, _ANY)),
    (range(0xF0, 0xF1), ((0x90, 0xBF), _ANY, _ANY)),
    (range(0xF1, 0xF4), (_ANY, _ANY, _ANY)),
    (range(0xF4, 0xF5), ((0x80, 0x8F), _ANY, _ANY)),
)
"""Well-formed UTF-8 (Unicode 16, table 3-7): first byte -> ranges of those that must follow."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that may still follow."""

    stacks: tuple[Items, ...]
    """Alternatives; each begins with what consumes a byte, or is empty at the end of a text."""

    @property
    def done(self) -> bool:
        """Whether the text so far is one that the grammar admits."""
        return any(not stack for stack in self.stacks)

    def after(self, data: bytes) -> State | None:
        """The state after these bytes; None if they cannot follow."""
        state = self
        for byte in data:
            state = State(_closed(rest for stack in state.stacks if stack for rest in _consumed(stack, byte)))
            if not state.stacks:
                return None
        return state

    def forced(self) -> bytes:
        """The bytes that must follow, up to the next choice or to the end."""
        found = bytearray()
        state: State | None = self
        while state is not None and (byte := state._only()) is not None:
            found.append(byte)
            state = state.after(bytes((byte,)))
        return bytes(found)

    def _only(self) -> int | None:
        """The only byte that can follow, if there is one."""
        firsts = {stack[0].data[0] if stack and isinstance(stack[0], Literal) else None for stack in self.stacks}
        return firsts.pop() if len(firsts) == 1 else None


def begin(grammar: Items) -> State:
    """The state before the first byte."""
    return State(_closed([grammar]))


def _closed(stacks: Iterable[Items]) -> tuple[Items, ...]:
    return tuple(expanded for stack in stacks for expanded in _expanded(stack))


def _expanded(stack: Items) -> Iterator[Items]:
    if not stack:
        yield stack
        return
    top, rest = stack[0], stack[1:]
    if isinstance(top, Either):
        for option in top.options:
            yield from _expanded((*option, *rest))
        return
    ended = not top.data if isinstance(top, Literal) else not top.pending and top.most <= 0
    if ended or (isinstance(top, Text) and not top.pending and top.least <= 0):
        yield from _expanded(rest)
    if not ended:
        yield stack


def _consumed(stack: Items, byte: int) -> Iterator[Items]:
    top, rest = stack[0], stack[1:]
    if isinstance(top, Literal):
        if top.data[0] == byte:
            yield (Literal(top.data[1:]), *rest)
    elif isinstance(top, Text):
        following = _character(top, byte)
        if following is not None:
            yield (following, *rest)


def _character(text: Text, byte: int) -> Text | None:
    """The text after one more byte; None if it cannot follow."""
    if text.pending:
        low, high = text.pending[0]
        fits = low <= byte <= high and (text.pending[0] != _BACKSLASHED or byte in _ESCAPED)
        return Text(text.least, text.most, text.pending[1:]) if fits else None
    least, most = text.least - 1, text.most - 1
    if byte == 0x5C:
        return Text(least, most, (_BACKSLASHED,))
    if byte < 0x80:
        return Text(least, most) if byte >= 0x20 and byte not in b'"\x7f' else None
    ranges = next((ranges for leads, ranges in _LEADS if byte in leads), None)
    return Text(least, most, ranges) if ranges else None


_BACKSLASHED = (0x22, 0x74)
"""Stands for "one of `_ESCAPED`": the range that they lie in."""
