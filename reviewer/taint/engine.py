"""Analyzes one file: which values from outside do harm on lines that a change touches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from reviewer import registry
from reviewer.taint import declarations, functions, grammar
from reviewer.taint.choosing import Choosing
from reviewer.taint.closures import Closure, Frame, Scope
from reviewer.taint.expressions import value
from reviewer.taint.flows import Analysis, At
from reviewer.taint.languages import LANGUAGES
from reviewer.taint.run import MOST_DEPTH, MOST_STEPS_IN_FILE, Run, WorkLimitError
from reviewer.taint.statements import execute
from reviewer.taint.text import Text
from reviewer.taint.triggers import Triggers

if TYPE_CHECKING:
    from tree_sitter import Node

    from reviewer.taint.lowering import Lowering

_MARKUP = re.compile(rb"<[A-Za-z/!]|^\s*@\w", re.MULTILINE)
"""What a page or template holds, and code without PHP's tags does not."""


def analyze(language: str, content: bytes, lines: Collection[int]) -> Analysis:
    """Follow the values in the functions that a change touches, and in those that call them.

    Args:
        language: a key of `LANGUAGES`.
        lines: 1-based numbers of the lines that the change added.

    Raises:
        ToolError: the parser or the grammar is missing or broken.
        RuleError: a declaration is malformed.
    """
    member, dialect = LANGUAGES[language]
    pack = declarations.load(member)
    if dialect == "php" and b"<?" not in content and not _MARKUP.search(content):
        dialect = "php without tags"
    text = Text(content)
    root = grammar.parse(content, dialect)
    run = Run(pack, value, execute, text.touching(lines))
    failures = [(*text.lines(node), "the grammar does not understand the code") for node in _errors(root)]
    lowering: Lowering = registry.load("reviewer.taint.languages", member).LOWERING(content)
    failures += _analyzed(run, lowering, root, text, Triggers(member, content))
    settled = frozenset((text.line_of(at[0]), harm) for at, harm in run.settled)
    settled -= {(text.line_of(at[0]), harm) for at, harm in run.unsettled}
    version = f"{grammar.version(dialect)} declarations {pack.digest}"
    return Analysis(list(run.flows.values()), failures, settled, version)


def _errors(root: Node) -> Iterator[At]:
    """The smallest parts that hold all that is not understood."""
    pending = [root] if root.has_error else []
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            yield (node.start_byte, node.end_byte)
        else:
            pending += [child for child in node.children if child.has_error or child.is_missing]


def _analyzed(run: Run, lowering: Lowering, root: Node, text: Text, triggers: Triggers) -> list[tuple[int, int, str]]:
    scope = Scope(Frame(None))
    failures = []
    try:
        execute(run, lowering.file(root), scope)
    except (WorkLimitError, RecursionError) as error:
        failures.append((*text.lines((0, len(text.content))), _reason(error)))
    choosing = Choosing(run, text.content, scope, triggers)
    position = 0
    while position < len(run.waiting):
        closure = run.waiting[position]
        position += 1
        reason = _followed(run, closure) if choosing.wanted(closure) else ""
        if reason:
            failures.append((*text.lines(closure.function.at), reason))
    return failures


def _followed(run: Run, closure: Closure) -> str:
    """Run one function; if that is too much work, once more without its helpers. Says why it could not be done."""
    reason = ""
    for depth in (MOST_DEPTH, 1) if run.spent < MOST_STEPS_IN_FILE // 2 else (1,):
        run.depth = depth
        _start(run)
        try:
            functions.outside(run, closure)
        except (WorkLimitError, RecursionError) as error:
            reason = _reason(error)
        else:
            return ""
    return reason


def _start(run: Run) -> None:
    run.spent += run.steps
    run.steps = 0
    run.active.clear()


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
