"""A Python file that could be read before the change and cannot be read after it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from reviewer.change._sides import Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot

_LONGEST = 5_000
"""Tokens of a statement: the standard library's parser goes down the tree by recursion, and so deep it stays far from its end."""

_NEWER = re.compile(
    r"\s*(type\s+\w+\s*[\[=]|(async\s+)?def\s+\w+\[|class\s+\w+\[|except\s*\*|except\s+[\w.]+\s*,|match\s|case\s)"
)
"""What one of the Pythons 3.10 to 3.14 reads and another does not."""


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """At most one: the first place that cannot be read."""
    if not sides.whole or not sides.added:
        return
    if _is_deep(sides.after) or _error(sides.excerpt("pass")) is None or _is_deep(sides.between) or _is_deep(sides.before):
        return
    error = _error(sides.new)
    if error is None or _error(sides.old) is not None or error.msg.startswith("f-string"):
        return
    line = min(max(error.lineno or 1, 1), sides.new_length)
    if any(_NEWER.match(text) for _, text in sides.added_lines()) or "f'" in sides.new_lines[line - 1]:
        return
    yield Spot("change-syntax-broken", min(sides.added, key=lambda number: abs(number - line)), error.msg)


def _error(text: str) -> SyntaxError | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _is_deep(side: Sequence[Statement]) -> bool:
    return any(len(one.tokens) > _LONGEST for one in side)
