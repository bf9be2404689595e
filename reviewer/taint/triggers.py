"""What can be found in a piece of code at all, by its words: asked of a file before the parser, the engine or the declarations
are imported, and of each function before it is run.

A class of harm is possible if all names of a source's pattern stand in the code, and all names of one of the class's sinks. A
value that is followed leaves no trace without them: see `trigger_search`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reviewer.taint import packed

_WORD = b"_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BLANK = bytes(byte if byte in _WORD else 32 for byte in range(256))
"""All that is no part of a name becomes a blank."""
_SIGNS = frozenset("*`<%#")
"""How terms begin that are no whole names: parts of a name, and signs."""

_Entry = tuple[frozenset[str], frozenset[str]]


def words(code: bytes) -> set[str]:
    """Every name that stands in some code, comments and texts included."""
    return set(code.translate(_BLANK).decode("ascii").split())


class Triggers:
    """The sources and sinks of a language that a file's words allow.

    Args:
        language: one of `packed.languages`.

    Raises:
        RuleError: the declarations cannot be read.
    """

    def __init__(self, language: str, content: bytes) -> None:
        said = packed.document(language)["triggers"]
        self._caseless: bool = said["caseless"]
        self._named = frozenset(said["named"])
        known = self.words(content)

        def holds(terms: Iterable[str]) -> bool:
            return all(term in known or (term[0] in _SIGNS and term.lstrip("*").encode() in content) for term in terms)

        self._sources = _holding(said["sources"], holds)
        found = ((harm, terms) for harm, every in said["sinks"].items() for terms in every) if self._sources else ()
        self._sinks = _holding((([harm], terms) for harm, terms in found), holds)

    def words(self, code: bytes) -> set[str]:
        """The words of some code of the file."""
        found = words(code)
        return found | {word.lower() for word in found} if self._caseless else found

    def possible(self, known: set[str], *, entered: bool = False) -> bool:
        """Whether something of any class can be found where these words stand.

        Args:
            entered: a value from outside is there already, whatever the words say.
        """
        sources = [only for only, names in self._sources if entered or names <= known]
        return bool(sources) and any(names <= known and self._allowed(harm, sources) for harm, names in self._sinks)

    def __bool__(self) -> bool:
        """Whether something can be found in the file."""
        sources = [only for only, _ in self._sources]
        return any(self._allowed(harm, sources) for harm, _ in self._sinks)

    def _allowed(self, harm: frozenset[str], sources: Iterable[frozenset[str]]) -> bool:
        return any(harm <= only or not (only or harm <= self._named) for only in sources)


def _holding(entries: Iterable[tuple[Iterable[str], Iterable[str]]], holds: Callable[[Iterable[str]], bool]) -> list[_Entry]:
    """Those that hold, with the names among their terms: signs that stand in the file are as good as there."""
    chosen = ((classes, terms) for classes, terms in entries if holds(terms))
    return [(frozenset(classes), frozenset(term for term in terms if term[0] not in _SIGNS)) for classes, terms in chosen]
