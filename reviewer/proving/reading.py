"""What has been read of files already, so that a long one is read once for all its mends and not once for each step of each."""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from reviewer.fix.interface import Candidate
from reviewer.proving.python_parts import Parts, PythonFile, error, parts
from reviewer.taint import grammar

if TYPE_CHECKING:
    from tree_sitter import Node

TREES = {name: name for name in ("python", "java", "javascript", "typescript", "tsx", "go", "php", "ruby", "csharp")}
TREES["jsx"] = "javascript"
"""Grammars by language."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Readings:
    """Keeps what was made of the last few contents. What it says is what one would say who reads everything anew each time."""

    most: int = 12
    """Things that are kept: of the file before and of the one after a tree, heads, names and so on. 0 keeps nothing, and reads
    every file as a whole."""
    _kept: OrderedDict[Hashable, object] = field(default_factory=OrderedDict)

    def once(self, about: str, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` returns; it is not called if its result for this key is still there."""
        if not self.most:
            return make()
        place = (about, key)
        if place not in self._kept:
            self._kept[place] = make()
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(place)
        return cast(Made, self._kept[place])

    def tree(self, language: str, content: bytes) -> Node | None:
        """The root of a file's syntax tree; None if tree-sitter has no grammar for the language here.

        Raises:
            ToolError: tree-sitter cannot be used.
        """
        if language not in TREES:
            return None
        dialect = TREES[language]
        return self.once(f"tree {dialect}", content, lambda: grammar.parse(content, dialect))

    def python(self, content: bytes) -> PythonFile | None:
        """A Python file; None if Python cannot read it."""
        return self.once("python", content, lambda: PythonFile.read(content))

    def python_error(self, content: bytes) -> str | None:
        """See `python_parts.error`."""
        if self.most and self.python(content) is not None:
            return None
        return self.once("error", content, lambda: error(content))

    def parts(self, candidate: Candidate) -> Parts | None:
        """The statements that a mend of a Python file changes; None if that has to be told by reading both files."""
        file = self.python(candidate.content) if self.most else None
        if file is None:
            return None
        edits = candidate.fix.replacements
        return self.once("parts", (candidate.content, edits), lambda: parts(file, edits))

    def sides(self, candidate: Candidate) -> tuple[ast.AST | None, ast.AST | None]:
        """What Python reads before and after, but for statements that both sides have; None for what it cannot read."""
        found = self.parts(candidate)
        if found is not None:
            return ast.Module(list(found.before), []), ast.Module(list(found.after), [])
        before, after = self.python(candidate.content), self.python(candidate.mended)
        return before.tree if before else None, after.tree if after else None


FRESH = Readings(0)
"""Keeps nothing."""
