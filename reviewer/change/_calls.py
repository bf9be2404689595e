"""Calls, arguments and settings in the tokens of a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.change._tokens import Token, TokenKind

_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_NO_CALL = frozenset(
    {"if", "elif", "while", "for", "in", "not", "and", "or", "return", "switch", "catch", "lambda", "def", "func", "function",
     "class", "with", "is", "await", "yield", "assert", "synchronized"}
)  # fmt: skip
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def parts(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `checkUserAuth` and `check_user_auth` have the same."""
    return tuple(part.lower() for part in _PART.findall(name))


@dataclass(frozen=True, slots=True)
class Call:
    """A call in a statement."""

    name: str
    """The last part of what is called."""
    dotted: str
    """All of it, as far as it is names and points."""
    arguments: tuple[tuple[str, ...], ...]
    """The words of every argument."""
    token: Token
    """The name's."""
    start: int
    """Index of the first token of `dotted`."""
    stop: int
    """Index behind the closing bracket."""


def calls(tokens: Sequence[Token]) -> Iterator[Call]:
    """Every call, outer ones before those in their arguments."""
    closing = _closing(tokens)
    for place, token in enumerate(tokens[:-1]):
        is_call = token.kind is TokenKind.NAME and tokens[place + 1].text == "(" and token.text not in _NO_CALL
        if is_call and not (place and tokens[place - 1].text in ("def", "func", "function", "class")):
            start = _dotted_start(tokens, place)
            stop = closing.get(place + 1, len(tokens) - 1)
            dotted = "".join(one.text for one in tokens[start : place + 1])
            yield Call(token.text, dotted, _arguments(tokens[place + 2 : stop]), token, start, stop + 1)


def _closing(tokens: Sequence[Token]) -> dict[int, int]:
    """Index of the closing bracket by that of the opening one."""
    result: dict[int, int] = {}
    open_at: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind is TokenKind.OPERATOR:
            if token.text in _OPEN:
                open_at.append(place)
            elif token.text in _CLOSE and open_at:
                result[open_at.pop()] = place
    return result


def _dotted_start(tokens: Sequence[Token], place: int) -> int:
    while place >= 2 and tokens[place - 1].text in (".", "?.") and tokens[place - 2].kind is TokenKind.NAME:
        place -= 2
    return place


def _arguments(tokens: Sequence[Token]) -> tuple[tuple[str, ...], ...]:
    result: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind is TokenKind.OPERATOR:
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
            if token.text == "," and depth == 0:
                result.append([])
                continue
        result[-1].append(token.text)
    return tuple(tuple(one) for one in result if one)


def settings(tokens: Sequence[Token]) -> Iterator[tuple[str, str, Token]]:
    """Name, value and name token of `verify=False`, `secure: true`, `"shell": True`; the value is one word."""
    for place in range(len(tokens) - 2):
        name, sign, value = tokens[place : place + 3]
        if sign.text in ("=", ":", "=>") and name.kind in (TokenKind.NAME, TokenKind.STRING):
            yield name.text.strip("\"'"), value.text.strip("\"'"), name
