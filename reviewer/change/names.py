"""Names that the change left behind: what they stood for is gone, and they are still used. Python only.

Scopes are not told apart: a name counts as bound if anything in the file binds it, so what is reported is bound nowhere.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.change._sides import Sides
from reviewer.change._statements import Statement
from reviewer.change._tokens import Token, TokenKind
from reviewer.change.interface import Context, Spot, beside

_KNOWN = frozenset(dir(builtins)) | frozenset(keyword.kwlist) | {
    "__file__", "__name__", "__path__", "__class__", "_", "match", "case", "type", "WindowsError", "__annotations__",
    "__builtins__", "reveal_type", "unicode", "long", "xrange", "basestring", "unichr", "raw_input", "reduce", "file", "cmp",
}  # fmt: skip
_MOST = 20
"""Names of one file that are reported."""

_DYNAMIC = frozenset({"exec", "globals", "locals", "__getattr__", "vars"})
_BIND_ALL = frozenset({"import", "from", "def", "class", "global", "nonlocal", "del", "case", "type"})


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Names that had a meaning in the old file and have none in the new one."""
    if _is_dynamic(sides.after):
        return
    then, now = _Names.of(sides.before), _Names.of(sides.after)
    if not _is_telling(sides, then, now) or _is_dynamic(sides.between):
        return
    rest = _Names.of(sides.between)
    then, now = then.with_(rest), now.with_(rest)
    unbound_then = {token.text for token in then.used} - then.bound - _KNOWN
    reported: set[str] = set()
    for token in now.used:
        name = token.text
        if name in now.bound or name in _KNOWN or name in reported or name in unbound_then:
            continue
        reported.add(name)
        if len(reported) > _MOST:
            return
        if name in then.bound:
            yield Spot("change-name-lost", _nearest(sides, token.line, name), name)
        elif not unbound_then and token.line in sides.added:
            yield Spot("change-name-unknown", token.line, name)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of some statements."""

    bound: frozenset[str]
    """What they bind, with some that they do not."""
    used: Sequence[Token]

    @staticmethod
    def of(side: Sequence[Statement]) -> _Names:
        return _Names(frozenset(_bound(side)), list(_used(side)))

    def with_(self, others: _Names) -> _Names:
        return _Names(self.bound | others.bound, sorted([*self.used, *others.used], key=lambda token: token.line))


def _is_telling(sides: Sides, then: _Names, now: _Names) -> bool:
    """Whether what the change did not leave alone makes one look at the rest, too: a name in it lost its meaning, or was added
    without one."""
    if any(name in sides.new for name in then.bound - now.bound - _KNOWN):
        return True
    known = then.bound | now.bound | {token.text for token in then.used} | _KNOWN
    added = {token.text for token in now.used if token.line in sides.added} - known
    return any(not _stands_in(sides.old, name) for name in added)


def _stands_in(text: str, name: str) -> bool:
    """Whether a name stands in a text as names do in code, so that it was known or unknown before the change."""
    signs = ("import {}\n", "import {},", ", {}\n", " {},\n", "def {}(", "class {}(", "class {}:", "\n{} = ", " as {}\n")
    return any(sign.format(name) in text for sign in signs)


def _is_dynamic(side: Sequence[Statement]) -> bool:
    return any(("*" in one.words and one.head == "from") or any(word in _DYNAMIC for word in one.words) for one in side)


def _nearest(sides: Sides, line: int, name: str) -> int:
    """The use itself if it was added, else where the meaning was taken away."""
    if line in sides.added:
        return line
    for edit in sides.edits:
        gone = edit.old is not None and name in edit.old.words and (edit.new is None or name not in edit.new.words)
        if gone and edit.old is not None and (edit.new is None or edit.block.new):
            return beside(sides, edit, edit.old.first)
    return line


def _bound(side: Sequence[Statement]) -> set[str]:
    """Every name that something in the file binds, with some that nothing does."""
    names: set[str] = set()
    for statement in side:
        if statement.head in _BIND_ALL:
            names.update(statement.words)
        else:
            names.update(_targets(statement.tokens))
    return names


def _targets(tokens: Sequence[Token]) -> Iterator[str]:
    last_sign = max((place for place, token in enumerate(tokens) if token.text in ("=", ":") or _augments(token)), default=-1)
    collecting = False
    for place, token in enumerate(tokens):
        if token.text in ("for", "lambda"):
            collecting = True
        elif token.text in ("in", ":"):
            collecting = False
        if token.kind is not TokenKind.NAME:
            continue
        follows = tokens[place - 1].text if place else ""
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if collecting or follows == "as" or after == ":=" or (place < last_sign and follows != "." and _is_target(tokens, place)):
            yield token.text


def _augments(token: Token) -> bool:
    return (
        token.kind is TokenKind.OPERATOR
        and len(token.text) > 1
        and token.text.endswith("=")
        and token.text not in ("==", "!=", "<=", ">=", ":=")
    )


def _is_target(tokens: Sequence[Token], place: int) -> bool:
    """Whether a name stands in a list of targets: nothing but names, commas, stars and brackets up to a sign of assignment."""
    for token in tokens[place + 1 : place + 12]:
        if token.text in ("=", ":") or _augments(token):
            return True
        if token.kind is not TokenKind.NAME and token.text not in (",", "*", "(", ")", "[", "]"):
            return False
    return False


def _used(side: Sequence[Statement]) -> Iterator[Token]:
    """Names that are read, keyword arguments and attributes left out."""
    for statement in side:
        if statement.head in ("import", "from", "global", "nonlocal"):
            continue
        tokens = statement.tokens
        is_def = statement.head in ("def", "class")
        depth = 0
        for place, token in enumerate(tokens):
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            if token.kind is not TokenKind.NAME or is_def or (place and tokens[place - 1].text == "."):
                continue
            is_keyword = depth > 0 and place + 1 < len(tokens) and tokens[place + 1].text == "="
            if not is_keyword:
                yield token
