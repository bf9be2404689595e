"""Which paths a declaration means, and a quick way to find the declarations for a path.

A path tells how a value was reached: "flask.request.args.get()". A pattern in a declaration is
    a.b.c     the path, or the end of a longer one
    =a.b.c    the path and nothing before it
    .c        the end of a longer path
    a.+       a path of one name more
and `*` in it stands for anything within.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

_T = TypeVar("_T")


def last_name(pattern: str) -> str:
    """The last name of what a pattern means; empty if it does not tell that."""
    last = pattern.lstrip("=").rpartition(".")[2]
    return "" if "*" in last or last == "+" else last


class Patterns(Generic[_T]):
    """Declarations by the paths that they are about.

    Args:
        by_last: patterns with what is declared for them, by `last_name`.
    """

    def __init__(self, by_last: Mapping[str, Sequence[tuple[str, _T]]]) -> None:
        self._by_last = by_last
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
                if _means(pattern, path):
                    yield declared


def _means(pattern: str, path: str) -> bool:
    if "*" in pattern or pattern.endswith(".+"):
        return _compiled(pattern).fullmatch(path) is not None
    if pattern.startswith("="):
        return path == pattern[1:]
    if pattern.startswith("."):
        return path.endswith(pattern) and path != pattern
    return path == pattern or path.endswith("." + pattern)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    before, rest = r"(?:.*\.)?", pattern
    if pattern[0] in "=.":
        before, rest = ("" if pattern[0] == "=" else r".+\."), pattern[1:]
    end = r"\.\w+" if rest.endswith(".+") else ""
    rest = rest.removesuffix(".+") if end else rest
    return re.compile(before + ".*".join(re.escape(part) for part in rest.split("*")) + end, re.DOTALL)
