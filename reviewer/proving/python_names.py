"""Whether the names in a mended Python file mean something: what ruff says of them, and where new imports come from."""

from __future__ import annotations

import ast
import io
import json
import sys
import tokenize
from collections import Counter
from collections.abc import Mapping, Set
from pathlib import Path

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.errors import ToolError
from reviewer.fix.interface import Candidate, Step, failed, passed, unchecked
from reviewer.proving.reading import FRESH, Readings

NAMES = "names resolve"

_UNUSED = "F401:"

_TIMEOUT = 10.0
"""Seconds for ruff to read a file."""


def names_resolve(candidate: Candidate, modules: Set[str], tools: Mapping[str, str], read: Readings = FRESH) -> Step:
    """Whether ruff's checks of names (F) say nothing new, and every new import is the standard library's or the repository's.

    Args:
        modules: names of the modules and packages that the repository tracks.
        tools: where the user's own programs are, by name.
    """
    for name in sorted(_newly_imported(candidate, read)):
        if name not in sys.stdlib_module_names and name not in modules:
            return failed(NAMES, f"it imports {name[:80]}, which is neither in the standard library nor in this repository")
    if read.python_error(candidate.content) is not None:
        return unchecked(NAMES, "nobody could read the names of the file before")
    before, after = _as_utf8(candidate.content), _as_utf8(candidate.mended)
    if before is None or after is None:
        return unchecked(NAMES, "the file is in no encoding that Python knows")
    try:
        new = _said(after, tools)
        if new:
            new -= read.once("ruff", before, lambda: _said(before, tools))
    except ToolError as error:
        return failed(NAMES, f"this cannot be checked: {error}")
    # A rule knows what becomes of its imports. A model may not touch what stands outside of the function.
    idle = {said for said in new if said.startswith(_UNUSED)} if candidate.by_model else set()
    idle = {said for said in idle if _module(said) in _imported_by(candidate.content, read)}
    if set(new) - idle:
        return failed(NAMES, f"ruff: {max(set(new) - idle)}")
    return passed(NAMES, "ruff F" + "".join(f"; {_module(said)[:80]} is imported for nothing now" for said in sorted(idle)))


def _as_utf8(content: bytes) -> bytes | None:
    """The file in the only encoding that ruff reads, from the one that its first lines name (PEP 263); None if that fails."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding).encode()
    except (SyntaxError, UnicodeError):
        return None


def _module(said: str) -> str:
    """The first part of the name of a module that ruff calls unused."""
    return said.partition("`")[2].partition("`")[0].partition(" ")[0].partition(".")[0]


def _said(content: bytes, tools: Mapping[str, str]) -> Counter[str]:
    """What ruff's F checks say, and how often."""
    argv: list[str | bytes | Path] = [
        proc.find_tool("ruff", tools), "check", "--isolated", "--no-cache", "--no-fix", "--quiet", "--output-format", "json",
        "--target-version", "py314", "--select", "F", "--stdin-filename", "staged.py", "-",
    ]  # fmt: skip
    env = workspace.environment("RUFF_")
    out = proc.run(argv, stdin=content, timeout=_TIMEOUT, env=env, ok=(0, 1)).out
    try:
        return Counter(f"{entry['code']}: {entry['message']}" for entry in json.loads(out))
    except (ValueError, TypeError, KeyError) as error:
        raise workspace.strange("ruff") from error


def _newly_imported(candidate: Candidate, read: Readings) -> frozenset[str]:
    """What the file after the mend imports, and the one before does not."""
    before, after = (_imported(side) for side in read.sides(candidate))
    return after - before and after - _imported_by(candidate.content, read)


def _imported_by(content: bytes, read: Readings) -> frozenset[str]:
    file = read.python(content)
    return read.once("imported", content, lambda: _imported(file.tree if file else None))


def _imported(tree: ast.AST | None) -> frozenset[str]:
    """The first parts of the names of imported modules; what is imported relative to the file is the repository's."""
    nodes = list(ast.walk(tree)) if tree is not None else []
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return frozenset(name.partition(".")[0] for name in names)
