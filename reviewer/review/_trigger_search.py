"""Makes `rules/words.yml`: from a rule's patterns to words of which every match must hold one.

    python -c "from reviewer.review import _trigger_search; _trigger_search.write()"

A set of words stands for "one of these is there". What is said of a node's children, parents and neighbors counts too: they
stand in the same file. Nothing follows from `not` and `kind`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from reviewer import rulebook
from reviewer.review._trigger_words import LIST, checksum

_Words = frozenset[str]

_SHORTEST, _MOST = 3, 200
"""Shorter words are everywhere; more words cost more to look for than the rule does."""

_RELATIONS = ("has", "inside", "precedes", "follows")
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_NAME = re.compile(r"(?<![$\w])[A-Za-z_]\w+")
_WORD = re.compile(r"[!-~]+\Z")


def write() -> None:
    """Make the list anew for all shipped rules with a grammar."""
    head = "# Made by reviewer/review/_trigger_search.py: for every rule the words of which a match holds at least one.\n"
    (rulebook.folder() / LIST).write_text(head + "".join(lines()), encoding="utf-8")


def lines() -> list[str]:
    """The lines of the list, sorted; none for a rule that may match anywhere."""
    import yaml

    made = []
    for path in rulebook.rule_files(rulebook.FOLDERS):
        text = path.read_text(encoding="utf-8")
        if rulebook.DIALECTS[path.parent.parent.name].grammar:
            words = of_rule(yaml.safe_load(text))
            made += [" ".join([f"{path.stem}:", f"{checksum(text):08x}", *sorted(words)]) + "\n"] if words else []
    return sorted(made)


def of_rule(document: Mapping[str, Any]) -> _Words:
    """The words of a whole rule file; empty if nothing is known."""
    return _shortest(_of_node(document["rule"], document.get("utils", {}), ()))


def _shortest(words: _Words) -> _Words:
    """Without the words that hold another one of them."""
    return frozenset(word for word in words if not any(other in word for other in words if other != word))


def _of_node(node: Mapping[str, Any], utils: Mapping[str, Any], seen: tuple[str, ...]) -> _Words:
    found = [_of_node(node[key], utils, seen) for key in _RELATIONS if key in node]
    found += [_of_node(one, utils, seen) for one in node.get("all", ())]
    if "any" in node:
        found.append(_either([_of_node(one, utils, seen) for one in node["any"]]))
    if "pattern" in node:
        found.append(_of_pattern(node["pattern"]))
    if "regex" in node:
        found.append(of_regex(node["regex"]))
    name = str(node.get("matches", ""))
    if name in utils and name not in seen:
        found.append(_of_node(utils[name], utils, (*seen, name)))
    return _best(found)


def _of_pattern(pattern: str | Mapping[str, Any]) -> _Words:
    text = pattern if isinstance(pattern, str) else ""
    return _best([frozenset({name.lower()}) for name in _NAME.findall(text)])


def _best(found: Iterable[_Words]) -> _Words:
    """All of these are true: the one that says most."""
    return max((words for words in map(_usable, found) if words), key=_rank, default=frozenset())


def _rank(words: _Words) -> tuple[int, int, list[str]]:
    return min(len(word) for word in words), -len(words), sorted(words)


def _usable(words: _Words) -> _Words:
    good = all(len(word) >= _SHORTEST and _WORD.match(word) for word in words) and len(words) <= _MOST
    return words if good else frozenset()


def _either(found: Sequence[_Words]) -> _Words:
    """One of these is true: nothing is known if nothing is known of one."""
    return frozenset().union(*found) if all(found) else frozenset()


def of_regex(regex: str) -> _Words:
    """The words of a regular expression, in lower case; empty if nothing is known."""
    parser = importlib.import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")
    try:
        parsed = parser.parse(_FLAGS.sub("", regex))
    except re.error:
        return frozenset()
    run = _Run()
    run.read(parsed)
    return _best([*run.found, run.now])


@dataclass(slots=True)
class _Run:
    """A stretch of a regular expression, read from left to right."""

    now: _Words = frozenset({""})
    """Everything that the stretch read without a gap can be."""
    found: list[_Words] = field(default_factory=list)
    """What is certain of the stretches before."""
    whole: bool = True
    """Whether `now` is all that was read."""

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
            self.found += [_best([*inner.found, inner.now])] if least else []

    def _inner(self, subs: Sequence[Any]) -> None:
        runs = [_read(sub) for sub in subs]
        if all(run.whole for run in runs):
            self._then(frozenset().union(*(run.now for run in runs)))
        else:
            self._gap()
            self.found.append(_either([_best([*run.found, run.now]) for run in runs]))

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
