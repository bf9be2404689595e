"""What a request in words asks for, and how hard it is: rules over English words, the same answer every time.

The first word that asks for something ("write", "fix", "why") decides, together with what it is asked for: of "write a unit test
for the parser class" the main phrase is "a unit test", which ends where "for" begins. The tables are in `request_words`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reviewer.classify.request_words import (
    ADDED,
    CAUSES,
    CRAFT,
    ENDS,
    LESS,
    NOUNS,
    SYSTEMS,
    TINY,
    TROUBLE,
    VERBS,
    WHOLE,
)
from reviewer.errors import UsageError
from reviewer.records import Complexity

TASKS = ("function", "class", "script", "refactor", "debug", "review", "test", "docs")
"""What a request can be for."""

LONGEST = 20_000
"""Characters that are read; nobody asks in more."""

_LEVELS = (Complexity.SIMPLE, Complexity.MEDIUM, Complexity.COMPLEX)

_LONG, _VERY_LONG = 40, 120
"""Words from which on a request is at least medium, and complex. Own choice: 40 words are two or three full sentences."""

_PARTS, _MANY_PARTS = 3, 6
"""The same for the things that it lists."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    task: str
    """One of `TASKS`."""
    complexity: Complexity
    reasons: tuple[str, ...]
    """In words, one for the task and at least one for the complexity."""


def describe(text: str) -> Request:
    """What a request asks for.

    Args:
        text: in English; only the first `LONGEST` characters are read.

    Raises:
        UsageError: there is nothing in it.
    """
    words = " ".join(text[:LONGEST].lower().replace("\u2019", "'").split())
    if not words:
        raise UsageError("the request is empty", todo='Say in words what is wanted, such as "implement a REST API".')
    task, reason = _task(words)
    complexity, reasons = _complexity(words, text[:LONGEST], task)
    return Request(task, complexity, (reason, *reasons))


def _task(words: str) -> tuple[str, str]:
    verb = _first_verb(words)
    if verb is None:
        return _without_verb(words)
    wish, said, rest = verb
    main = ENDS.split(rest, maxsplit=1)[0]
    if wish in ("debug", "change", "write") and (noun := _noun("docs", main)):
        return "docs", f'"{said}" is about "{noun}"'
    if wish in ("review", "read") and (trouble := CAUSES.search(main)):
        return "debug", f'it asks for a cause: "{trouble[0]}"'
    if wish == "read":
        return "docs", f'it asks to "{said}"'
    if wish == "change":
        return _changed(words, said, main)
    if wish == "write":
        return _written(said, main, rest)
    return wish, f'it asks to "{said}"'


def _first_verb(words: str) -> tuple[str, str, str] | None:
    """The first word that asks for something: what it asks for, the word, and the text after it."""
    found = [(match.start(), -match.end(), wish, match[0]) for wish, verbs in VERBS.items() if (match := verbs.search(words))]
    if not found:
        return None
    _, end, wish, said = min(found)
    return wish, said, words[-end:]


def _written(said: str, main: str, rest: str) -> tuple[str, str]:
    """Something new: what it is stands in the main phrase, else anywhere."""
    for phrase in (main, rest):
        for task in ("test", "docs", "script", "function", "class"):
            if noun := _noun(task, phrase):
                return task, f'"{said}" is about "{noun}"'
    return "function", f'it asks to "{said}", and names nothing larger than a function'


def _changed(words: str, said: str, main: str) -> tuple[str, str]:
    """Something is added to what is there, or made different."""
    for task in ("test", "docs"):
        if noun := _noun(task, main):
            return task, f'"{said}" is about "{noun}"'
    if ADDED.search(said):
        return _written(said, main, words)
    return "refactor", f'it asks to "{said}" what is there'


def _without_verb(words: str) -> tuple[str, str]:
    if trouble := (CAUSES.search(words) or TROUBLE.search(words)):
        return "debug", f'it tells of trouble: "{trouble[0]}"'
    for phrase in (ENDS.split(words, maxsplit=1)[0], words):
        for task in ("test", "docs", "script", "function", "class"):
            if noun := _noun(task, phrase):
                return task, f'it names "{noun}"'
    return "function", "nothing in it says what is wanted; a function is the usual request"


def _noun(task: str, phrase: str) -> str:
    found = NOUNS[task].search(phrase)
    return found[0] if found else ""


def _complexity(words: str, text: str, task: str) -> tuple[Complexity, tuple[str, ...]]:
    if tiny := TINY.search(words):
        return Complexity.SIMPLE, (f'"{tiny[0]}" is a small thing',)
    signs = [one for one in _signs(words, text, task) if one[0]]
    level = max((level for level, _ in signs), default=0)
    reasons = [reason for one, reason in signs if one == level]
    if level and (less := LESS.search(ENDS.split(words, maxsplit=1)[0])):
        return _LEVELS[level - 1], (*reasons, f'but it is to be "{less[0]}"')
    return _LEVELS[level], tuple(reasons) or ("nothing in it is hard, and it is short",)


def _signs(words: str, text: str, task: str) -> list[tuple[int, str]]:
    """Levels with their reasons."""
    count, parts = len(words.split()), _parts(text)
    signs = [
        (2 if count >= _VERY_LONG else int(count >= _LONG), f"it has {count} words"),
        (2 if parts >= _MANY_PARTS else int(parts >= _PARTS), f"it lists {parts} things"),
        (int(task == "debug"), "the cause is not known yet"),
        (int(task == "class"), "it has several parts that work together"),
    ]
    if whole := WHOLE.search(words):
        signs.append((2, f'it is about "{whole[0]}"'))
    if system := SYSTEMS.search(words):
        # To test, document or review a part of a system is less than to make it.
        signs.append((1 if task in ("docs", "test", "review") else 2, f'"{system[0]}" is a system of many parts'))
    if craft := CRAFT.search(words):
        signs.append((1, f'"{craft[0]}" takes care'))
    return signs


_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\S", re.MULTILINE)


def _parts(text: str) -> int:
    """How many things it lists: lines of a list, or what commas and "and" divide in one sentence."""
    items = len(_ITEM.findall(text))
    sentences = re.split(r"[.!?](?:\s|$)", text.lower())
    return max(items, *(len(re.split(r",\s+(?:and\s+|or\s+)?|;|\band\b", one)) for one in sentences))
