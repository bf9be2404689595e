"""Which functions of a file are worth running: touched ones and their callers, if a source is in reach."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reviewer.taint.closures import Closure, Scope
from reviewer.taint.ir import Function
from reviewer.taint.run import Run

_ROUNDS = 4
"""How many calls away a source is looked for; helpers are followed about as far."""


class Choosing:
    """Decides for one file, by the names that stand in the functions. Make it after the statements of the file were run.

    Args:
        scope: the variables of the file. If they hold what came from outside, no function needs a source of its own; other
            names of what the declarations name are sources too.
    """

    def __init__(self, run: Run, content: bytes, scope: Scope) -> None:
        self._run, self._content = run, content
        self._everywhere = any(held.all_taints for held in scope.names.values())
        words = {word.decode() for word in run.pack.words}
        words |= {name for name, held in scope.names.items() if not words.isdisjoint(re.split(r"\W+", held.path))}
        self._source = re.compile(rb"\b(?:" + b"|".join(re.escape(word.encode()) for word in sorted(words)) + rb")\b")
        self._near: Mapping[str, bool] = {}
        self._touched: re.Pattern[bytes] | None = None

    def prepare(self) -> None:
        """Look at all functions that are known by now."""
        functions = [closure.function for closure in self._run.waiting]
        near = {function.name for function in functions if self._speaks(function)}
        for _ in range(_ROUNDS):
            names = _any_of(near)
            more = {f.name for f in functions if f.name not in near and names is not None and names.search(self._code(f))}
            if not more:
                break
            near |= more
        self._near = dict.fromkeys(near, True)
        self._touched = _any_of({function.name for function in functions if self._run.touched(function.at)})

    def wanted(self, closure: Closure) -> bool:
        """Whether to run a function as something that the outside calls."""
        function = closure.function
        touched = self._run.touched(function.at)
        if function in self._run.done and not (touched and (function.marks or function.params or function.owner_marks)):
            return False
        if not touched and not (self._touched is not None and self._touched.search(self._code(function))):
            return False
        return self._everywhere or function.name in self._near or self._speaks(function)

    def _speaks(self, function: Function) -> bool:
        marks = (*function.marks, *function.owner_marks)
        return bool(self._source.search(self._code(function))) or any(self._source.search(mark.text.encode()) for mark in marks)

    def _code(self, function: Function) -> bytes:
        return self._content[function.at[0] : function.at[1]]


def _any_of(names: set[str]) -> re.Pattern[bytes] | None:
    known = sorted(re.escape(name.encode()) for name in names if name and name != "lambda")
    return re.compile(rb"\b(?:" + b"|".join(known) + rb")\b") if known else None
