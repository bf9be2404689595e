"""Which paths a declaration means, and a quick way to find the declarations for a path.

A path tells how a value was reached: "flask.request.args.get()". A pattern in a declaration is
    a.b.c     the path, or the end of a longer one
    =a.b.c    the path and nothing before it
    .c        the end of a longer path
and `*` in it stands for anything within.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Patterns(Generic[_T]):
    """Declarations by the paths that they are about."""

    def __init__(self, entries: Iterable[tuple[str, _T]]) -> None:
        self._by_last: dict[str, list[tuple[re.Pattern[str], _T]]] = defaultdict(list)
        """By the last name; patterns that do not tell it are under the empty one."""
        for pattern, declared in entries:
            last = pattern.lstrip("=").rpartition(".")[2]
            self._by_last["" if "*" in last else last].append((_compiled(pattern), declared))
        self._known: dict[str, tuple[_T, ...]] = {}

    def find(self, path: str) -> tuple[_T, ...]:
        """All that is declared for a path, in the order of the declarations."""
        if path not in self._known:
            self._known[path] = tuple(self._search(path))
        return self._known[path]

    def _search(self, path: str) -> Iterable[_T]:
        if not path:
            return
        for key in dict.fromkeys((path.rpartition(".")[2], "")):
            for pattern, declared in self._by_last.get(key, ()):
                if pattern.fullmatch(path):
                    yield declared


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    if pattern.startswith("="):
        before, rest = "", pattern[1:]
    elif pattern.startswith("."):
        before, rest = r".+\.", pattern[1:]
    else:
        before, rest = r"(?:.*\.)?", pattern
    return re.compile(before + ".*".join(re.escape(part) for part in rest.split("*")), re.DOTALL)
