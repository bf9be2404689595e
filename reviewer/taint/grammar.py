"""From bytes to a syntax tree. tree-sitter and the grammar are imported when the first file of a language is parsed."""

from __future__ import annotations

import importlib
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.errors import ToolFailedError, ToolMissingError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MODULES = {
    "python": ("tree_sitter_python", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "go": ("tree_sitter_go", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "php without tags": ("tree_sitter_php", "language_php_only"),
    "ruby": ("tree_sitter_ruby", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
}
"""By dialect: the module of the grammar and its function."""


def parse(content: bytes, dialect: str) -> Node:
    """The root of the syntax tree. Parts that are not understood are ERROR nodes in it.

    Raises:
        ToolMissingError: the parser or the grammar is not installed.
        ToolFailedError: they do not fit each other, or no tree was made.
    """
    tree = _parser(dialect).parse(content)
    if tree is None:
        raise ToolFailedError(f"tree-sitter made no tree of the {dialect} file")
    return tree.root_node


@cache
def _parser(dialect: str) -> Parser:
    module, function = _MODULES[dialect]
    try:
        tree_sitter = importlib.import_module("tree_sitter")
        grammar = importlib.import_module(module)
    except ImportError as error:
        todo = "Install Hunkgate again: pip install --force-reinstall hunkgate."
        raise ToolMissingError(f"cannot import the {dialect} grammar: {error}", todo=todo) from error
    try:
        parser: Parser = tree_sitter.Parser(tree_sitter.Language(getattr(grammar, function)()))
    except ValueError as error:  # the grammar was made for another version of tree-sitter
        raise ToolFailedError(f"tree-sitter refuses the {dialect} grammar: {error}") from error
    return parser


def version(dialect: str) -> str:
    """Versions of the parser and the grammar, such as "tree-sitter 0.26.1 tree-sitter-python 0.25.0". They must be imported."""
    return " ".join(_named_version(name) for name in ("tree_sitter", _MODULES[dialect][0]))


@cache
def _named_version(module: str) -> str:
    """By the name of the folder that an installer leaves beside a package: `importlib.metadata` takes 20 ms to say the same."""
    place = Path(str(sys.modules[module].__file__)).parent.parent
    known = (found.group(1) for path in place.iterdir() if (found := re.fullmatch(rf"{module}-(.+)\.dist-info", path.name)))
    return f"{module.replace('_', '-')} {next(known, 'of unknown version')}"
