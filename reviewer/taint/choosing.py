"""Which functions of a file are worth running: touched ones and their callers, if a source and a sink are in reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from reviewer.taint.closures import Closure, Scope
from reviewer.taint.run import MOST_DEPTH, Run
from reviewer.taint.triggers import Triggers
from reviewer.taint.values import Value

_MOST_VISITS = 20_000
"""Helpers that are looked at for all functions of a file. After that nobody asks any more what is in reach."""


class Choosing:
    """Decides for one file, by the names that stand in the functions. Make it after the statements of the file were run.

    Args:
        scope: the variables of the file. If they hold what came from outside, no function needs a source of its own.
    """

    def __init__(self, run: Run, content: bytes, scope: Scope, triggers: Triggers) -> None:
        self._run, self._content, self._triggers = run, content, triggers
        self._entered = any(held.all_taints for held in scope.names.values())
        self._words: dict[Closure, set[str]] = {}
        self._held: dict[Closure, list[Closure]] = {}
        self._named: defaultdict[str, list[Closure]] = defaultdict(list)
        self._counted = self._visits = 0
        touched = {closure.function.name for closure in run.waiting if run.touched(closure.function.at)}
        self._touched = touched - {"lambda", ""}

    def wanted(self, closure: Closure) -> bool:
        """Whether to run a function as something that the outside calls."""
        function = closure.function
        touched = self._run.touched(function.at)
        if function in self._run.done and not (touched and (function.marks or function.params or function.owner_marks)):
            return False
        if not touched and self._touched.isdisjoint(self._words_of(closure)):
            return False
        known = self._in_reach(closure)
        return known is None or self._triggers.possible(known, entered=self._entered)

    def _in_reach(self, closure: Closure) -> set[str] | None:
        """The words of a function and of the helpers that it may call, as deep as those are followed; None if it is too much."""
        for other in self._run.waiting[self._counted :]:
            self._named[other.function.name].append(other)
        self._counted = len(self._run.waiting)
        seen = ring = {closure.function: closure}
        for _ in range(MOST_DEPTH):
            near = {}
            for other in (other for one in ring.values() for other in self._helpers(one)):
                self._visits += 1
                if self._visits > _MOST_VISITS:
                    return None
                near[other.function] = other
            ring = {function: other for function, other in near.items() if function not in seen}
            seen = seen | ring
        return set[str]().union(*map(self._words_of, seen.values()))

    def _helpers(self, closure: Closure) -> Iterator[Closure]:
        """Functions that are named in a function, or are part of what is."""
        words = self._words_of(closure)
        for word in words & self._named.keys():
            yield from self._named[word]
        yield from self._held[closure]

    def _words_of(self, closure: Closure) -> set[str]:
        """What stands in a function and over it, and in the paths of what is named there."""
        if closure not in self._words:
            function = closure.function
            marks = [mark.text for mark in (*function.marks, *function.owner_marks)]
            own = self._of_text(marks) | self._triggers.words(self._content[function.at[0] : function.at[1]])
            held = [part for word in own if (value := closure.scope.get(word)) is not None for part in _parts(value)]
            self._words[closure] = own | self._of_text(part.path for part in held)
            self._held[closure] = [part.closure for part in held if part.closure is not None]
        return self._words[closure]

    def _of_text(self, texts: Iterable[str]) -> set[str]:
        return self._triggers.words(" ".join(texts).encode("utf-8", "backslashreplace"))


def _parts(value: Value) -> Iterable[Value]:
    """A value and what it holds."""
    return (value, *value.items.values()) if value.items else (value,)
