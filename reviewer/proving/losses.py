"""What a model's mend may not lose or write once more: each of these makes a finding go away and leaves the code wrong."""

from __future__ import annotations

import ast
import re
from collections import Counter

from reviewer.fix.interface import Candidate
from reviewer.fix.patch import Block, lines_of

UNDEFINED = "ruff/F821"
"""The finding that a name means nothing."""

_TOKEN = re.compile(rb"\w+|[^\w\s]")

_RECEIVER = re.compile(rb"(?:\w+ \. ?)+")
"""What a name was looked up in: `min` in the place of `Math.min` is another name."""

_SAYS_SOMETHING = 2
"""Words that a repeated line has at least: `else:` and `}` stand twice in good code, too."""


def repeated(candidate: Candidate, changed: list[Block]) -> str:
    """Whether the new lines stand above or below them already; margins aside."""
    lines = [line.strip() for line in lines_of(candidate.content)]
    for block in changed:
        new = [line.strip() for line in block.new if line.strip()]
        if sum(len(re.findall(rb"\w+", line)) for line in new) < _SAYS_SOMETHING:
            continue
        above = [line for line in lines[: block.start] if line][-len(new) :]
        below = [line for line in lines[block.start + len(block.old) :] if line][: len(new)]
        if new in (above, below):
            return "it writes once more what stands beside it"
    return ""


def only_drops(candidate: Candidate, changed: list[Block]) -> str:
    """Whether a name that means nothing was just left out, and nothing put in its place."""
    if candidate.finding.rule != UNDEFINED:
        return ""
    old, new = (_TOKEN.findall(b"".join(line for block in changed for line in side(block))) for side in (_old, _new))
    gone = _left_out(old, new)
    return "" if gone is None or _RECEIVER.fullmatch(b" ".join(gone)) else "it only leaves the name out"


def _left_out(old: list[bytes], new: list[bytes]) -> list[bytes] | None:
    """The tokens that are not there any more; None if others came."""
    gone, found = [], 0
    for token in old:
        if found < len(new) and token == new[found]:
            found += 1
        else:
            gone.append(token)
    return gone if found == len(new) else None


def parameters_changed(before: ast.AST | None, after: ast.AST | None) -> str:
    """Whether a function takes other parameters than before: what others pass cannot be seen from here."""
    if before is None or after is None:
        return ""
    lost = _parameters(before) - _parameters(after)
    return f"it changes what {min(lost)[0]} takes" if lost else ""


def _parameters(tree: ast.AST) -> Counter[tuple[str, ...]]:
    """Each function's name and parameters, without what they are by default and annotations."""
    return Counter(
        (node.name, *_names(node.args)) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _names(given: ast.arguments) -> list[str]:
    stars = [("*", given.vararg), ("**", given.kwarg)]
    named = [f"/{one.arg}" for one in given.posonlyargs] + [one.arg for one in given.args]
    named += [f"={one.arg}" for one in given.kwonlyargs]
    return named + [f"{star}{one.arg}" for star, one in stars if one is not None]


def _old(block: Block) -> tuple[bytes, ...]:
    return tuple(block.old)


def _new(block: Block) -> tuple[bytes, ...]:
    return tuple(block.new)
