"""Whether what a model wrote mends at all: a finding also goes away if the code that it is about goes away."""

from __future__ import annotations

import ast
import re
from collections import Counter

from reviewer.fix.interface import Candidate, Step, failed, passed
from reviewer.fix.patch import Block, blocks
from reviewer.proving import losses
from reviewer.proving.reading import FRESH, Readings

KEPT = 0.5
"""Share of the different names of the replaced lines that have to be in the new ones."""

SUBSTANCE = "mends and does not dodge"

_SILENCERS = re.compile(
    rb"noqa|nosec|nolint|hunkgate:|type:\s*ignore|pylint:|eslint-disable|oxlint-disable|@ts-|semgrep|SuppressWarnings|codeql"
    rb"|rubocop:|shellcheck |hadolint "
)
_COMMENT = re.compile(rb"\s*(?:#|//|--|/\*|\*)")
_PLACEHOLDER = re.compile(rb"\s*(?:pass|\.\.\.|raise NotImplementedError\b.*|return|return None|continue|break);?\s*")
_WORD = re.compile(rb"[A-Za-z_]\w*")


def does_not_dodge(candidate: Candidate, read: Readings = FRESH) -> Step:
    """Whether it puts code in the place of code, and silences nobody."""
    changed = blocks(candidate.content, candidate.fix.replacements)
    said = _said(changed) or _lost(changed) or losses.repeated(candidate, changed) or losses.only_drops(candidate, changed)
    said = said or _unread(candidate, read)
    return failed(SUBSTANCE, said) if said else passed(SUBSTANCE)


def _said(changed: list[Block]) -> str:
    old = [line for block in changed for line in block.old if line.strip()]
    new = [line for block in changed for line in block.new if line.strip()]
    code = [line for line in new if not _COMMENT.match(line)]
    if not code:
        return "it only deletes or comments"
    if len(_SILENCERS.findall(b"".join(new))) > len(_SILENCERS.findall(b"".join(old))):
        return "it silences a reviewer"
    if all(_PLACEHOLDER.fullmatch(line) for line in code):
        return "it puts nothing in the place of the code"
    return ""


def _lost(changed: list[Block]) -> str:
    """A mend works with the names that were there."""
    old, new = (Counter(word for line in lines for word in _WORD.findall(line)) for lines in _sides(changed))
    kept = sum(word in new for word in old)
    return "" if kept >= KEPT * len(old) else f"it keeps {kept} of {len(old)} names"


def _sides(changed: list[Block]) -> tuple[list[bytes], list[bytes]]:
    return [line for block in changed for line in block.old], [line for block in changed for line in block.new]


def _unread(candidate: Candidate, read: Readings) -> str:
    """What Python reads has to be another program, in which an escape stands where it has an effect."""
    if candidate.language != "python":
        return ""
    before, after = read.sides(candidate)
    if after is None:
        return ""
    if before is not None and ast.dump(before) == ast.dump(after):
        return "Python reads the same as before"
    if taken := losses.parameters_changed(before, after):
        return taken
    wrong = _misplaced(after) - (_misplaced(before) if before is not None else Counter())
    return f"{min(wrong)} is of no use there" if wrong else ""


def _misplaced(tree: ast.AST) -> Counter[str]:
    """Escapes that do not fit what they are put into: quotes that no shell will read, literals that are then run as code."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple):
            found += Counter(name for name in map(_called, node.elts) if name == "quote")
        elif isinstance(node, ast.Call) and _called(node) in ("eval", "exec", "compile"):
            found += Counter(name for name in map(_called, node.args) if name in ("literal_eval", "quote", "escape"))
    return found


def _called(node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
