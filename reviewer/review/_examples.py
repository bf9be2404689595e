"""Runs the examples in rule files through the real engines: every rule proves that it finds what it says, and no more."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer import proc
from reviewer.review import _ast_grep, _line_rules
from reviewer.rulebook import DIALECTS, Rule, ast_grep_text

_TIMEOUT = 120.0
"""Seconds for all examples."""


@dataclass(frozen=True, slots=True)
class Miss:
    """An example that did not do what it is there for."""

    rule: Rule
    grammar: str
    expected: bool
    """True for code that should have been reported."""
    code: str
    reason: str = ""
    """Why it could not be looked at; empty if it was."""


def misses(rules: Sequence[Rule], *, timeout: float = _TIMEOUT) -> list[Miss]:
    """Every example that fails, for every grammar that its rule is used with; one run of ast-grep per grammar.

    Args:
        timeout: seconds for all of it; an example that there is no time for has failed.

    Raises:
        ToolError: ast-grep is missing.
    """
    found: list[Miss] = []
    deadline = time.monotonic() + timeout
    for language in DIALECTS:
        chosen = [rule for rule in rules if rule.language in DIALECTS[language].folders]
        # "jsx" and "bash" are second names of a grammar that was already run.
        if chosen and language not in ("jsx", "bash"):
            found += _by_trees(chosen, language, deadline) if DIALECTS[language].grammar else _by_lines(chosen, language)
    return found


def _by_lines(rules: Sequence[Rule], language: str) -> Iterator[Miss]:
    for rule, expected, code in _examples(rules):
        if any(_line_rules.matches([rule], code)) is not expected:
            yield Miss(rule, language, expected, code)


def _by_trees(rules: Sequence[Rule], language: str, deadline: float) -> Iterator[Miss]:
    dialect = DIALECTS[language]
    texts = {rule.id: ast_grep_text(rule.text, dialect.grammar) for rule in rules}
    examples = list(_examples([rule for rule in rules if texts[rule.id]]))
    tool = proc.find_tool("ast-grep")
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        folder = Path(name)
        copies = [folder / f"{number}{dialect.endings[0]}" for number in range(len(examples))]
        for copy, (_, _, code) in zip(copies, examples, strict=True):
            copy.write_text(code, encoding="utf-8")
        left = max(0.0, deadline - time.monotonic())
        said = _ast_grep.scan(tool, "---\n".join(filter(None, texts.values())), copies, folder / "rules", timeout=left)
    for copy, (rule, expected, code) in zip(copies, examples, strict=True):
        reason = said.failed.get(copy, "")
        if reason or any(match.rule == rule.id for match in said.matches[copy]) is not expected:
            yield Miss(rule, dialect.grammar, expected, code, reason)


def _examples(rules: Sequence[Rule]) -> Iterator[tuple[Rule, bool, str]]:
    for rule in rules:
        yield from ((rule, True, code) for code in rule.match)
        yield from ((rule, False, code) for code in rule.clean)
