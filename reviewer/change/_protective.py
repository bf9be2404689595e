"""What in a statement protects, by the lists of names of one rule in `rules/change/protections.toml`."""

from __future__ import annotations

from itertools import pairwise

from reviewer.change._book import Words
from reviewer.change._calls import parts, settings
from reviewer.change._statements import Statement
from reviewer.change._tokens import TokenKind
from reviewer.change.interface import is_container

_NONE: frozenset[str] = frozenset()
_CONDITIONS = frozenset({"if", "elif", "while", "}"})


def protective(statement: Statement, words: Words) -> set[str]:
    """The names that protect."""
    if is_container(statement) and statement.words[0] != "@":
        return _in_head(statement, words) - words.get("except_names", _NONE)
    found = _in_calls(statement, words) | _in_texts(statement, words.get("texts", _NONE)) | _assigned(statement, words)
    if statement.words[0] in ("@", "with", "synchronized") or statement.words[0].startswith("@"):
        named, exact = words.get("calls", _NONE), words.get("names", _NONE)
        found |= {word for word in statement.words if word.lstrip("@") in exact or _says(word, named)}
    if statement.head in _CONDITIONS:
        asked = words.get("conditions", _NONE)
        found |= {word for word in statement.words if _says(word, asked)}
    return found - words.get("except_names", _NONE)


def _in_head(statement: Statement, words: Words) -> set[str]:
    """Base classes, modifiers, and annotations of parameters."""
    exact = words.get("names", _NONE)
    marked = {word for word in statement.words if word[:1] == "@" and word[1:] in exact}
    return marked | (words.get("in_heads", _NONE) & set(statement.words))


def _in_calls(statement: Statement, words: Words) -> set[str]:
    found = set()
    named, exact, arguments = (words.get(key, _NONE) for key in ("calls", "names", "arguments"))
    for call in statement.calls:
        if call.name in exact or _says(call.name, named):
            found.add(call.name)
        found |= {one[0] for one in call.arguments if len(one) > 2 and one[1] in ("=", ":") and one[0] in arguments}
        if call.name in words.get("routes", _NONE):
            found |= {one[0] for one in call.arguments if len(one) == 1 and _says(one[0], named)}
            found |= {one[0] for one in call.arguments if len(one) > 2 and one[1] == "(" and _says(one[0], named)}
    if arguments and statement.calls:
        found |= {name for name, _, token in settings(statement.tokens) if name in arguments and token is not statement.tokens[0]}
    return found


def _in_texts(statement: Statement, texts: frozenset[str]) -> set[str]:
    """Texts that name something protective, as lists in settings do."""
    if not texts:
        return set()
    strings = (token.text for token in statement.tokens if token.kind is TokenKind.STRING)
    return {text for text in strings if any(name in text for name in texts)}


def _assigned(statement: Statement, words: Words) -> set[str]:
    """The name that a statement sets, if setting it protects."""
    if len(statement.words) > 2 and statement.words[1] in ("=", ":") and statement.words[0] in words.get("assigned", _NONE):
        return {statement.words[0]}
    return set()


def _says(name: str, named: frozenset[str]) -> bool:
    """Whether the words of a name have one of the list; "a b" in the list means both, next to each other."""
    if not named or name[:1] in "\"'`":
        return False
    words = parts(name)
    if named.intersection(words):
        return True
    return any(f"{one} {other}" in named for one, other in pairwise(words))
