"""Makes `rules/words.yml`: from a rule's patterns to words that every match must hold.

    python -c "from reviewer.review import _trigger_search; _trigger_search.write()"

A set of words stands for "one of these is there", a list of sets for "all of that is true". What is said of a node's children,
parents and neighbors counts too: they stand in the same file. Nothing follows from `not` and `kind`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product, zip_longest
from typing import Any

from reviewer import rulebook
from reviewer.review._trigger_words import BAR, LIST, checksum

_Words = frozenset[str]
_Sets = list[_Words]

_SHORTEST, _MOST = 3, 200
"""Shorter words are everywhere; more words cost more to look for than the rule does."""

_MOST_SETS = 4
"""The first ones rule out nearly all that more would."""

_RELATIONS = ("has", "inside", "precedes", "follows")
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_NAME = re.compile(r"(?<![$\w])[A-Za-z_]\w+")
_WORD = re.compile(r"[!-~]+\Z")


def write() -> None:
    """Make the list anew for all shipped rules."""
    head = "# Made by reviewer/review/_trigger_search.py: for every rule sets of words, of each of which a match holds one.\n"
    (rulebook.folder() / LIST).write_text(head + "".join(lines()), encoding="utf-8")


def lines() -> list[str]:
    """The lines of the list, sorted; none for a rule that may match anywhere."""
    import yaml

    made = []
    for path in rulebook.rule_files(rulebook.FOLDERS):
        content = path.read_bytes()
        sets = f" {BAR} ".join(" ".join(sorted(words)) for words in of_rule(yaml.safe_load(content)))
        made += [f"{path.stem}: {checksum(content):08x} {sets}\n"] if sets else []
    return sorted(made)


def of_rule(document: Mapping[str, Any]) -> list[frozenset[str]]:
    """The sets of a whole rule file, the most telling first; none if nothing is known."""
    sets = [_shortest(words) for words in _of_node(document["rule"], document.get("utils", {}), ())]
    return _best_first(sets)[:_MOST_SETS]


def _shortest(words: _Words) -> _Words:
    """Without the words that hold another one of them."""
    return frozenset(word for word in words if not any(other in word for other in words if other != word))


def _of_node(node: Mapping[str, Any], utils: Mapping[str, Any], seen: tuple[str, ...]) -> _Sets:
    found = [words for key in _RELATIONS if key in node for words in _of_node(node[key], utils, seen)]
    found += [words for one in node.get("all", ()) for words in _of_node(one, utils, seen)]
    if "any" in node:
        found += _either([_of_node(one, utils, seen) for one in node["any"]])
    if "pattern" in node:
        found += _of_pattern(node["pattern"])
    if "regex" in node:
        found += of_regex(node["regex"])
    name = str(node.get("matches", ""))
    if name in utils and name not in seen:
        found += _of_node(utils[name], utils, (*seen, name))
    return _best_first(found)


def _of_pattern(pattern: str | Mapping[str, Any]) -> _Sets:
    text = pattern if isinstance(pattern, str) else ""
    return _best_first(frozenset({name.lower()}) for name in _NAME.findall(text))


def _best_first(found: Iterable[_Words]) -> _Sets:
    """All of these are true: the ones that can be looked for, without those that follow from others."""
    chosen: _Sets = []
    for words in sorted(set(filter(None, map(_usable, found))), key=_rank, reverse=True):
        if not any(_implies(one, words) for one in chosen):
            chosen.append(words)
    return chosen


def _implies(one: _Words, other: _Words) -> bool:
    """Whether a text with a word of the one holds a word of the other too."""
    return all(any(short in word for short in other) for word in one)


def _rank(words: _Words) -> tuple[int, int, list[str]]:
    return min(len(word) for word in words), -len(words), sorted(words)


def _usable(words: _Words) -> _Words:
    good = all(len(word) >= _SHORTEST and _WORD.match(word) for word in words) and len(words) <= _MOST
    return words if good else frozenset()


def _either(found: Sequence[_Sets]) -> _Sets:
    """One of these is true: nothing is known if nothing is known of one.

    The best sets of all make one, the second best another, and so on, for as long as any has more.
    """
    if not all(found):
        return []
    first = [sets[0] for sets in found]
    rows = zip_longest(*found)
    return [frozenset().union(*(words or best for words, best in zip(row, first, strict=True))) for row in rows]


def of_regex(regex: str) -> list[frozenset[str]]:
    """The sets of a regular expression, in lower case; none if nothing is known."""
    parser = importlib.import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")
    try:
        parsed = parser.parse(_FLAGS.sub("", regex))
    except re.error:
        return []
    run = _Run()
    run.read(parsed)
    return run.sets()


@dataclass(slots=True)
class _Run:
    """A stretch of a regular expression, read from left to right."""

    now: _Words = frozenset({""})
    """Everything that the stretch read without a gap can be."""
    found: list[_Words] = field(default_factory=list)
    """What is certain of the stretches before."""
    whole: bool = True
    """Whether `now` is all that was read."""

    def sets(self) -> _Sets:
        """All that is certain."""
        return _best_first([*self.found, self.now])

    def read(self, parsed: Iterable[tuple[Any, Any]]) -> None:
        for operation, value in parsed:
            self._one(str(operation), value)

    def _one(self, name: str, value: Any) -> None:
        if name == "LITERAL":
            self._then(frozenset({chr(value).lower()}))
        elif name == "SUBPATTERN":
            self._inner([value[-1]])
        elif name == "BRANCH":
            self._inner(value[1])
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            self._repeat(*value)
        elif name == "IN" and all(str(kind) == "LITERAL" for kind, _ in value):
            self._then(frozenset(chr(char).lower() for _, char in value))
        elif name != "AT":
            self._gap()

    def _repeat(self, least: int, most: int, sub: Any) -> None:
        inner = _read(sub)
        if least and inner.whole:
            # The first copy follows what stands before, the last one is followed by what stands behind.
            self._then(inner.now)
            if most > 1:
                self._gap()
                self.now = inner.now
        elif inner.whole and most == 1:
            self._then(inner.now | {""})
        else:
            self._gap()
            self.found += inner.sets() if least else []

    def _inner(self, subs: Sequence[Any]) -> None:
        runs = [_read(sub) for sub in subs]
        if all(run.whole for run in runs):
            self._then(frozenset().union(*(run.now for run in runs)))
        else:
            self._gap()
            self.found += _either([run.sets() for run in runs])

    def _then(self, words: _Words) -> None:
        if len(self.now) * len(words) > _MOST:
            self._gap()
        self.now = frozenset(first + last for first, last in product(self.now, words))

    def _gap(self) -> None:
        self.found.append(self.now)
        self.now = frozenset({""})
        self.whole = False


def _read(parsed: Iterable[tuple[Any, Any]]) -> _Run:
    run = _Run()
    run.read(parsed)
    return run
