"""What all languages share on the way from a syntax tree to the intermediate form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from reviewer.taint.flows import At
from reviewer.taint.ir import Arg, Const, Do, Expr, Join, Leave, Mixed, Name, Operation, Return, Stmt

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", "'": "'", '"': '"', "`": "`", "/": "/", "\n": ""}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LONG_CHAIN = 40
"""Operators in a row that are evaluated one within the other."""
COMMENTS = frozenset({"comment", "line_comment", "block_comment", "heredoc_body"})


def unescaped(text: str) -> str:
    """A literal's text with its simple escapes replaced."""
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found.group(1), found.group(0)), text)


def number(text: str) -> object:
    """The number that a literal stands for; 0 if it is odd."""
    plain = text.replace("_", "").rstrip("lLfFdDuUnNjJmM") if not text.lower().startswith("0x") else text.replace("_", "")
    try:
        return int(plain, 0) if plain.lower().startswith(("0x", "0b", "0o")) else int(plain)
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return 0


class Lowering:
    """Brings one file into the intermediate form. A language has a method for each kind of node that it knows:
    `e_<kind>` for expressions, `s_<kind>` for statements.

    Args:
        content: the file; places are byte positions in it.
    """

    spellings: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Names that the lowering makes up itself, with what stands in the code instead of them."""
    caseless = False
    """Whether the words of the language may be written in capitals."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def file(self, root: Node) -> tuple[Stmt, ...]:
        """The statements of the file."""
        return self.body(self.named(root))

    def text(self, node: Node | None) -> str:
        """The code of a node."""
        return self.content[node.start_byte : node.end_byte].decode("utf-8", "backslashreplace") if node is not None else ""

    @staticmethod
    def at(node: Node) -> At:
        """Where a node stands."""
        return (node.start_byte, node.end_byte)

    @staticmethod
    def named(node: Node | None) -> list[Node]:
        """The children that mean something."""
        return [child for child in node.named_children if child.type not in COMMENTS] if node is not None else []

    def body(self, nodes: Iterable[Node]) -> tuple[Stmt, ...]:
        """Statements in their order."""
        return tuple(statement for node in nodes for statement in self.stmt(node))

    def block(self, node: Node | None) -> tuple[Stmt, ...]:
        """The statements of a block, or the one statement that stands in its place."""
        return self.stmt(node) if node is not None else ()

    def stmt(self, node: Node) -> tuple[Stmt, ...]:
        """The statements that a node stands for."""
        kind = "misunderstood" if node.is_error else node.type
        method: Callable[[Node], tuple[Stmt, ...]] | None = getattr(self, f"s_{kind}", None)
        if method is not None:
            return method(node)
        if node.type in COMMENTS or not node.is_named:
            return ()
        return (Do(self.expr(node), self.at(node)),)

    def expr(self, node: Node | None) -> Expr:
        """The expression that a node stands for; of one that is not known, its parts."""
        if node is None:
            return Const(None, (0, 0))
        method: Callable[[Node], Expr] | None = getattr(self, f"e_{node.type}", None)
        return method(node) if method is not None else self.mixed(node)

    def mixed(self, node: Node) -> Expr:
        """Something unknown."""
        return Mixed(tuple(self.expr(child) for child in self.named(node)), self.at(node))

    def inner(self, node: Node) -> Expr:
        """The only part of a wrapper such as parentheses."""
        parts = self.named(node)
        return self.expr(parts[-1]) if parts else Const(None, self.at(node))

    def name(self, node: Node) -> Expr:
        """A variable."""
        return Name(self.text(node), self.at(node))

    def number(self, node: Node) -> Expr:
        """A literal number."""
        return Const(number(self.text(node)), self.at(node))

    # What several grammars call by the same name.

    def e_integer(self, node: Node) -> Expr:
        return self.number(node)

    e_float = e_integer

    def e_true(self, node: Node) -> Expr:
        return Const(True, self.at(node))

    def e_false(self, node: Node) -> Expr:
        return Const(False, self.at(node))

    def s_return_statement(self, node: Node) -> tuple[Stmt, ...]:
        parts = self.named(node)
        return (Return(self.expr(parts[0]) if parts else None, self.at(node)),)

    def s_break_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Leave("break", self.at(node)),)

    def s_continue_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Leave("continue", self.at(node)),)

    def chain(self, node: Node, kind: str, make: Callable[[Node, Expr, Expr], Expr]) -> Expr:
        """A left-leaning chain of operators, without one call for each of its links."""
        links: list[Node] = []
        while node.type == kind:
            links.append(node)
            left = node.child_by_field_name("left")
            if left is None:
                return self.mixed(links[0])
            node = left
        result = self.expr(node)
        operators = {self.operator(link) for link in links}
        if len(links) > _LONG_CHAIN and len(operators) == 1:
            parts = [result, *(self.expr(link.child_by_field_name("right")) for link in reversed(links))]
            return self._balanced(operators.pop(), parts, self.at(links[0]))
        for link in reversed(links):
            result = make(link, result, self.expr(link.child_by_field_name("right")))
        return result

    def _balanced(self, written: str, parts: list[Expr], at: At) -> Expr:
        """A long chain of one operator, as flat as its meaning allows."""
        if written in ("+", "."):
            return Join(tuple(parts), at)
        if len(parts) == 1:
            return parts[0]
        middle = len(parts) // 2
        halves = (self._balanced(written, parts[:middle], at), self._balanced(written, parts[middle:], at))
        return Operation(C_OPERATORS.get(written, written), halves, at)

    def operator(self, node: Node) -> str:
        """The operator of a node, as written."""
        return self.text(node.child_by_field_name("operator"))

    def operation(self, node: Node, left: Expr, right: Expr, names: Mapping[str, str]) -> Expr:
        """An operator with two operands; `names` gives Python's name for it."""
        written = self.operator(node)
        return Operation(names.get(written, written), (left, right), self.at(node))

    def joined(self, parts: Iterable[Expr], at: At) -> Expr:
        """Text of parts; a single literal stays one."""
        kept = tuple(parts)
        if not kept:
            return Const("", at)
        if len(kept) == 1 and isinstance(kept[0], Const) and isinstance(kept[0].value, str):
            return Const(kept[0].value, at)
        return Join(kept, at)

    def args(self, nodes: Iterable[Node]) -> tuple[Arg, ...]:
        """Arguments by position."""
        return tuple(Arg(self.expr(node)) for node in nodes)


C_OPERATORS = {"&&": "and", "||": "or", "===": "==", "!==": "!=", "/": "div", "and": "and", "or": "or"}
"""Python's names for operators of the languages that look like C."""
