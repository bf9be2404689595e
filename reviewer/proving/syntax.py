"""Whether a mended file can still be read: by a grammar, and for Python also by Python's own parser. Nothing is run."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer import proc
from reviewer.errors import ToolError, ToolFailedError
from reviewer.fix.interface import Candidate, Step, failed, passed, unchecked
from reviewer.proving.reading import FRESH, Readings
from reviewer.rulebook import DIALECTS

if TYPE_CHECKING:
    from tree_sitter import Node

PARSES = "parses"

_BY_RULE = "ast-grep"
"""It finds errors, but not what its parser puts in for a bracket that is missing."""

_TIMEOUT = 10.0
"""Seconds for ast-grep to read two versions of a file."""


def parses(candidate: Candidate, read: Readings = FRESH) -> Step:
    """Whether it has no more syntax errors than before."""
    before, after = candidate.content, candidate.mended
    if candidate.language == "python" and read.parts(candidate) is None and read.python_error(before) is None:
        error = read.python_error(after)
        if error is not None:
            return failed(PARSES, f"Python cannot read it any more: {error}")
    try:
        old, new, by = _errors(candidate.language, before, after, read)
    except ToolError as error:
        return failed(PARSES, f"this cannot be checked: {error}")
    if not by:
        return unchecked(PARSES, f"there is no grammar for {candidate.language or 'this kind of file'}")
    if new > old:
        return failed(PARSES, f"{by} finds {new} syntax errors, {old} before")
    if by == _BY_RULE and _balance(before) != _balance(after):
        return failed(PARSES, "brackets or quotes do not fit each other any more")
    own = ", Python's own parser" if candidate.language == "python" else ""
    return passed(PARSES, f"{by}{own}" + (f"; {old} errors as before" if old else ""))


def _errors(language: str, before: bytes, after: bytes, read: Readings) -> tuple[int, int, str]:
    """Syntax errors before and after, and who counted; nobody for a language without a grammar."""
    old, new = read.tree(language, before), read.tree(language, after)
    if old is not None and new is not None:
        return _count(old), _count(new), "tree-sitter"
    dialect = DIALECTS.get(language)
    if dialect is None or not dialect.grammar:
        return 0, 0, ""
    old_count, new_count = _counted_by_ast_grep(dialect.grammar, dialect.endings[0], (before, after))
    return old_count, new_count, _BY_RULE


def _count(root: Node) -> int:
    """Nodes that are errors, or that the parser put in for what is missing."""
    if not root.has_error:
        return 0
    count, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        count += node.is_error or node.is_missing
        waiting += [child for child in node.children if child.has_error or child.is_missing]
    return count


def _balance(content: bytes) -> tuple[int, ...]:
    """How many more brackets open than close, and whether the number of quotes is odd. A mend changes none of it."""
    brackets = (content.count(pair[:1]) - content.count(pair[1:]) for pair in (b"()", b"[]", b"{}"))
    return (*brackets, *(content.count(quote) % 2 for quote in (b"'", b'"', b"`")))


def _counted_by_ast_grep(grammar_name: str, ending: str, versions: tuple[bytes, ...]) -> list[int]:
    tool = proc.find_tool("ast-grep")
    rule = f"id: e\nlanguage: {grammar_name}\nseverity: info\nmessage: e\nrule: {{kind: ERROR}}\n"
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        folder = Path(name)
        (folder / "sgconfig.yml").write_text("ruleDirs: []\n", encoding="utf-8")
        (folder / "rule.yml").write_text(rule, encoding="utf-8")
        counts = []
        for number, content in enumerate(versions):
            copy = folder / f"{number}{ending}"
            copy.write_bytes(content)
            said = proc.run([tool, "scan", "--rule", "rule.yml", "--json=compact", copy], timeout=_TIMEOUT, cwd=folder).out
            try:
                counts.append(len(json.loads(said)))
            except ValueError as error:
                raise ToolFailedError("ast-grep printed something that is not its report") from error
        return counts
