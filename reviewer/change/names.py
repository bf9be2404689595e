"""Names that the change left behind: what they stood for is gone, and they are still used. Python only.

Scopes are not told apart: a name counts as bound if anything in the file binds it, so what is reported is bound nowhere.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterator, Sequence

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
    if sides.language != "python" or not sides.old or _is_dynamic(sides.after):
        return
    bound = _bound(sides.after)
    before = _bound(sides.before)
    unbound_then = {token.text for token in _used(sides.before)} - before - _KNOWN
    reported: set[str] = set()
    for token in _used(sides.after):
        name = token.text
        if name in bound or name in _KNOWN or name in reported or name in unbound_then:
            continue
        reported.add(name)
        if len(reported) > _MOST:
            return
        if name in before:
            yield Spot("change-name-lost", _nearest(sides, token.line, name), name)
        elif not unbound_then and token.line in sides.added:
            yield Spot("change-name-unknown", token.line, name)


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
    depth = 0
    last_sign = max((place for place, token in enumerate(tokens) if token.text in ("=", ":") or _augments(token)), default=-1)
    collecting = False
    for place, token in enumerate(tokens):
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind is TokenKind.OPERATOR else 0
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
