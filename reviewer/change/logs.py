"""Secrets in lines that are logged, and tools of debugging that were left in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.change._book import Words, words
from reviewer.change._calls import Call, parts
from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change._tokens import TokenKind
from reviewer.change.interface import Context, Spot

_FIELD = re.compile(r"\$?\{([\w.]{1,80})")
"""A name in a formatted text."""

_FARTHEST = 1_000
"""Characters between a logging call and the secret in its arguments."""


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Added statements only."""
    secret, debug = words("logs", "change-secret-logged"), words("logs", "change-debug-left")
    if not sides.old and not _may_say(sides.new, secret, debug["calls"] | debug["modules"]):
        return
    for edit in sides.edits:
        new = edit.new
        if new is None or new.first not in sides.added:
            continue
        for call in new.calls if edit.old is None else ():
            if call.name in secret["logging"] and (name := _secret(call, secret)):
                yield Spot("change-secret-logged", new.first, name)
        if _is_debugging(new, debug) or _is_bare_print(sides, edit, new):
            yield Spot("change-debug-left", new.first, " ".join(new.words[: 1 + (new.head == "import")]))


def _may_say(text: str, secret: Words, debug: frozenset[str]) -> bool:
    """Whether a new file is worth reading: it has a word of debugging, or a secret's name not far behind a logging call."""
    if any(name in text for name in debug):
        return True
    lowered = text.lower()
    names = [name.split() for name in secret["secrets"] if all(part in lowered for part in name.split())]
    if not names:
        return False
    logging = re.compile(rf"\b(?:{'|'.join(sorted(secret['logging']))})\s*\(")
    places = re.finditer("|".join("[^a-z]?".join(name) for name in names), lowered)
    return any(logging.search(text, max(0, place.start() - _FARTHEST), place.start()) for place in places)


def _secret(call: Call, lists: Words) -> str:
    """The name of a secret among the arguments; empty if there is none, or it is not its value that is logged."""
    for argument in call.arguments:
        if lists["harmless"] & {part for word in argument for part in parts(word)}:
            continue
        for word in argument:
            names = _FIELD.findall(word) if word[-1:] in "\"'`" else [word]
            for name in names:
                if lists["secrets"].intersection(_joined(parts(name.rpartition(".")[2]))):
                    return str(name)
    return ""


def _joined(words: tuple[str, ...]) -> list[str]:
    """The last word of a name, alone and with the one before it: what a name says it is stands at its end."""
    return [*words[-1:], " ".join(words[-2:])]


def _is_debugging(statement: Statement, lists: Words) -> bool:
    names = lists["calls"]
    if statement.head == "import" and not lists["modules"].isdisjoint(statement.words[1:2]):
        return True
    return (statement.words[0] in names and len(statement.words) <= 2) or any(call.name in names for call in statement.calls)


def _is_bare_print(sides: Sides, edit: Edit, statement: Statement) -> bool:
    """`print(x)` of names alone, added on its own: nobody but its author knows what it prints."""
    if sides.language != "python" or statement.words[:2] != ("print", "(") or len(statement.words) > 7 or edit.old is not None:
        return False
    alone = all(one.old is None for one in sides.by_block[edit.block])
    return alone and bool(sides.old) and not any(token.kind in (TokenKind.STRING, TokenKind.NUMBER) for token in statement.tokens)
