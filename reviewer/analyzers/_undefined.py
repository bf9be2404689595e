"""Which undefined names are worth saying.

Ruff reports every name that a file does not define. In a whole file that is nearly always a bug. An excerpt, a snippet of a
book, or a script whose host puts names into its namespace leaves many names undefined, and there only two kinds tell something:
words of other languages (`this`, `null`) and names one slip away from one that is defined. In between lie short files: of
them, only what is used like a module (`json.dumps`) is said, because that is how a forgotten import looks.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

_FOREIGN = frozenset(
    {
        "this",
        "null",
        "nil",
        "true",
        "false",
        "undefined",
        "NULL",
        "NaN",
        "console",
        "Math",
        "System",
        "String",
        "Integer",
        "ArrayList",
    }
)
"""Words of JavaScript, Java, C and Ruby that people write in Python by habit."""

_BOUND = re.compile(
    r"\b(?:def|class|import|as|for)\s+(\w+)|\b(\w+)\s*(?::[ \w\[\],.|]+)?(?<![=!<>])=(?!=)|[(,]\s*(\w+)\s*(?=[,:)=])"
)
"""Roughly what binds a name: a definition, an assignment, a parameter."""

_AT_ONCE = re.compile(r"\S|\s*(?:async\s+)?(?:def|class)\b|\s*@")
"""A line that runs as soon as the file is loaded: at the left edge, a signature, a decorator."""

_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+[\w.]", re.MULTILINE)

_MOST = 2
"""Undefined names of a whole file. On the excerpts of public test suites the median was 3."""

_SHORT = 40
"""Lines of a file that may well be an example."""

_SHORTEST = 4
"""Characters of a name that may be a misspelling: shorter ones are near too many others."""


def telling(content: bytes, undefined: Sequence[tuple[str, int]]) -> set[str]:
    """The undefined names worth a report.

    Args:
        undefined: each use of an undefined name, and its 1-based line.
    """
    text = content.decode("utf-8", "replace")
    names = {name for name, _ in undefined}
    whole = names if _is_whole(text, undefined, names) else set()
    if text.count("\n") < _SHORT:
        whole = {name for name in whole if re.search(rf"\b{re.escape(name)}\s*\.", text)}
    bound = {word for match in _BOUND.finditer(text) for word in match.groups() if word} - names
    return whole | {name for name in names if name in _FOREIGN or _is_slip(name, bound)}


def _is_whole(text: str, undefined: Sequence[tuple[str, int]], names: set[str]) -> bool:
    """Whether the file could run as it is: it imports something, it loads, and it lacks few names."""
    lines = text.split("\n")
    at_once = any(_AT_ONCE.match(lines[row - 1]) for _, row in undefined if row <= len(lines))
    return len(names) <= _MOST and not at_once and _IMPORT.search(text) is not None


def _is_slip(name: str, bound: set[str]) -> bool:
    if len(name) < _SHORTEST or not name[0].islower() or name in sys.stdlib_module_names:
        return False
    return any(one_slip_apart(name, other) for other in bound)


def one_slip_apart(left: str, right: str) -> bool:
    """Whether one letter replaced, added or left out, or two neighbors exchanged, makes one of the other (Damerau, 1964)."""
    if len(left) > len(right):
        left, right = right, left
    if left == right or len(right) - len(left) > 1:
        return False
    at = next((index for index, letter in enumerate(left) if letter != right[index]), len(left))
    if len(left) < len(right):
        return left[at:] == right[at + 1 :]
    swapped = left[at + 1 : at + 2] + left[at : at + 1]
    return left[at + 1 :] == right[at + 1 :] or (swapped == right[at : at + 2] and left[at + 2 :] == right[at + 2 :])
