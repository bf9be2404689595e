"""The expressions of C#."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.taint.clike import CLike
from reviewer.taint.ir import (
    Arg,
    Attr,
    Block,
    Call,
    Const,
    Expr,
    Index,
    Items,
    Mixed,
    Operation,
    Pairs,
    Stmt,
    Walrus,
)
from reviewer.taint.lowering import unescaped

if TYPE_CHECKING:
    from tree_sitter import Node


class CSharpExpressions(CLike):
    """The expressions of C#."""

    def e_qualified_name(self, node: Node) -> Expr:
        return Attr(self.expr(self.field(node, "qualifier")), self.text(self.field(node, "name")), self.at(node))

    def e_generic_name(self, node: Node) -> Expr:
        parts = self.named(node)
        return self.expr(parts[0]) if parts else self.mixed(node)

    def e_member_access_expression(self, node: Node) -> Expr:
        return Attr(self.expr(self.field(node, "expression")), self._member(node), self.at(node))

    def _member(self, node: Node | None) -> str:
        name = self.field(node, "name") if node is not None else None
        if name is not None and name.type == "generic_name" and self.named(name):
            return self.text(self.named(name)[0])
        return self.text(name)

    def e_conditional_access_expression(self, node: Node) -> Expr:
        of = self.expr(self.field(node, "condition"))
        parts = self.named(node)
        return self._bound(of, parts[-1]) if len(parts) > 1 else of

    def _bound(self, of: Expr, node: Node) -> Expr:
        """What stands after `?.`"""
        at = self.at(node)
        if node.type == "member_binding_expression":
            return Attr(of, self._member(node), at)
        if node.type == "element_binding_expression":
            return Index(of, self._key(node), at)
        if node.type == "invocation_expression":
            function = self.field(node, "function")
            inner = self._bound(of, function) if function is not None else of
            return Call(inner, self._args(self.field(node, "arguments")), at)
        if node.type == "member_access_expression":
            expression = self.field(node, "expression")
            return Attr(self._bound(of, expression) if expression is not None else of, self._member(node), at)
        return Mixed((of, self.expr(node)), at)

    def e_element_access_expression(self, node: Node) -> Expr:
        return Index(self.expr(self.field(node, "expression")), self._key(self.field(node, "subscript")), self.at(node))

    def _key(self, node: Node | None) -> Expr | None:
        parts = self.named(node)
        return self.expr(parts[0]) if parts else None

    def e_argument(self, node: Node) -> Expr:
        return self.inner(node)

    def e_invocation_expression(self, node: Node) -> Expr:
        links = [node]
        while (of := self._before(links[-1])) is not None:
            links.append(of)
        found: Expr | None = None
        for link in reversed(links):
            function = self.field(link, "function")
            callee = Attr(found, self._member(function), self.at(link)) if found is not None else self.expr(function)
            found = Call(callee, self._args(self.field(link, "arguments")), self.at(link))
        return found if found is not None else self.mixed(node)

    def _before(self, node: Node) -> Node | None:
        function = self.field(node, "function")
        of = self.field(function, "expression") if function is not None and function.type == "member_access_expression" else None
        return of if of is not None and of.type == "invocation_expression" else None

    def _args(self, node: Node | None) -> tuple[Arg, ...]:
        return tuple(self._arg(child) for child in self.named(node))

    def _arg(self, node: Node) -> Arg:
        name = self.text(self.field(node, "name"))
        parts = self.named(node)
        return Arg(self.expr(parts[-1]) if parts else self.expr(node), name)

    def e_object_creation_expression(self, node: Node) -> Expr:
        args = self._args(self.field(node, "arguments"))
        initializer = self.field(node, "initializer")
        made = Call(self.expr(self.field(node, "type")), args, self.at(node), new=True)
        if initializer is None:
            return made
        return self._initialized(made, initializer, node)

    e_implicit_object_creation_expression = e_object_creation_expression

    def _initialized(self, made: Call, initializer: Node, node: Node) -> Expr:
        """`new X { A = b }` sets attributes of the new object, `new X { a, b }` puts elements into it."""
        parts = self.named(initializer)
        if all(part.type == "assignment_expression" and self._left(part) == "identifier" for part in parts):
            args = tuple(Arg(self.expr(self.field(part, "right")), self.text(self.field(part, "left"))) for part in parts)
            return Call(made.of, (*made.args, *args), self.at(node), new=True)
        return self.e_initializer_expression(initializer)

    def _left(self, node: Node) -> str:
        left = self.field(node, "left")
        return left.type if left is not None else ""

    def e_initializer_expression(self, node: Node) -> Expr:
        parts = self.named(node)
        pairs = []
        for part in parts:
            if part.type == "assignment_expression":
                left = self.field(part, "left")
                pairs.append(
                    (self.inner(left) if left is not None else Const(None, self.at(part)), self.expr(self.field(part, "right")))
                )
            elif part.type == "initializer_expression" and len(self.named(part)) == 2:
                key, value = self.named(part)
                pairs.append((self.expr(key), self.expr(value)))
        if pairs:
            return Pairs(tuple(pairs), self.at(node))
        return Items(tuple(self.expr(part) for part in parts), self.at(node))

    e_collection_expression = e_tuple_expression = e_initializer_expression

    def e_anonymous_object_creation_expression(self, node: Node) -> Expr:
        return self.mixed(node)

    def e_array_creation_expression(self, node: Node) -> Expr:
        initializer = next((child for child in self.named(node) if child.type == "initializer_expression"), None)
        return self.expr(initializer) if initializer is not None else Items((), self.at(node), known=False)

    e_implicit_array_creation_expression = e_array_creation_expression

    def e_string_literal(self, node: Node) -> Expr:
        return Const(unescaped(self.text(node)[1:-1]), self.at(node))

    def e_verbatim_string_literal(self, node: Node) -> Expr:
        return Const(self.text(node)[2:-1].replace('""', '"'), self.at(node))

    def e_raw_string_literal(self, node: Node) -> Expr:
        return Const(self.text(node).strip('"'), self.at(node))

    def e_character_literal(self, node: Node) -> Expr:
        return Const(unescaped(self.text(node)[1:-1]), self.at(node))

    def e_integer_literal(self, node: Node) -> Expr:
        return self.number(node)

    e_real_literal = e_integer_literal

    def e_boolean_literal(self, node: Node) -> Expr:
        return Const(self.text(node) == "true", self.at(node))

    def e_interpolated_string_expression(self, node: Node) -> Expr:
        parts: list[Expr] = []
        for child in self.named(node):
            if child.type == "interpolation":
                inner = [
                    part for part in self.named(child) if part.type not in ("interpolation_brace", "interpolation_format_clause")
                ]
                parts += [self.expr(inner[0])] if inner else []
            elif child.type == "string_content":
                parts.append(Const(unescaped(self.text(child)), self.at(child)))
        return self.joined(parts, self.at(node))

    def e_cast_expression(self, node: Node) -> Expr:
        kind = self.text(self.field(node, "type"))
        value = self.expr(self.field(node, "value"))
        return (
            Operation("number", (value,), self.at(node))
            if kind in ("int", "long", "double", "bool", "float", "decimal")
            else value
        )

    def e_as_expression(self, node: Node) -> Expr:
        return self.expr(self.field(node, "left"))

    def e_is_expression(self, node: Node) -> Expr:
        return Operation("is type", (self.expr(self.field(node, "left")),), self.at(node))

    e_is_pattern_expression = e_is_expression

    def e_await_expression(self, node: Node) -> Expr:
        return self.inner(node)

    e_checked_expression = e_ref_expression = e_await_expression

    def e_prefix_unary_expression(self, node: Node) -> Expr:
        return self.e_unary_expression(node)

    def e_postfix_unary_expression(self, node: Node) -> Expr:
        operand = self.expr(self.named(node)[0])
        if "!" in self.text(node)[-1:]:
            return operand
        op = "+" if "++" in self.text(node) else "-"
        return Walrus(operand, Operation(op, (operand, Const(1, self.at(node))), self.at(node)), self.at(node))

    def e_switch_expression(self, node: Node) -> Expr:
        arms = [self.named(child) for child in self.named(node) if child.type == "switch_expression_arm"]
        return Mixed(tuple(self.expr(parts[-1]) for parts in arms if parts), self.at(node))

    def e_predefined_type(self, node: Node) -> Expr:
        return self.name(node)

    def e_declaration_expression(self, node: Node) -> Expr:
        return self.expr(self.field(node, "name"))

    def s_misunderstood(self, node: Node) -> tuple[Stmt, ...]:
        return (Block(self.body(self.named(node)), self.at(node)),)
