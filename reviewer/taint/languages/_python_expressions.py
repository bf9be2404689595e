"""The expressions of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.taint.ir import (
    Arg,
    Attr,
    Block,
    Call,
    Choice,
    Const,
    Each,
    Expr,
    Index,
    Items,
    Mixed,
    Operation,
    Pairs,
    Stmt,
    Walrus,
)
from reviewer.taint.lowering import Lowering, unescaped

if TYPE_CHECKING:
    from tree_sitter import Node


class PythonExpressions(Lowering):
    """The expressions of Python."""

    def e_identifier(self, node: Node) -> Expr:
        return self.name(node)

    def e_attribute(self, node: Node) -> Expr:
        return Attr(
            self.expr(node.child_by_field_name("object")), self.text(node.child_by_field_name("attribute")), self.at(node)
        )

    def e_subscript(self, node: Node) -> Expr:
        keys = node.children_by_field_name("subscript")
        key = self.expr(keys[0]) if len(keys) == 1 and keys[0].type != "slice" else None
        return Index(self.expr(node.child_by_field_name("value")), key, self.at(node))

    def e_call(self, node: Node) -> Expr:
        arguments = node.child_by_field_name("arguments")
        of = self.expr(node.child_by_field_name("function"))
        if arguments is not None and arguments.type == "generator_expression":
            return Call(of, (Arg(self.expr(arguments)),), self.at(node))
        return Call(of, tuple(self._arg(child) for child in self.named(arguments)), self.at(node))

    def _arg(self, node: Node) -> Arg:
        if node.type == "keyword_argument":
            return Arg(self.expr(node.child_by_field_name("value")), self.text(node.child_by_field_name("name")))
        if node.type == "list_splat":
            return Arg(self.inner(node), spread=True)
        if node.type == "dictionary_splat":
            return Arg(self.inner(node), "**")
        return Arg(self.expr(node))

    def e_string(self, node: Node) -> Expr:
        parts: list[Expr] = []
        raw = "r" in self.text(node.children[0]).lower() if node.children else False
        for child in node.children:
            if child.type == "interpolation":
                parts.append(self.expr(child.child_by_field_name("expression")))
            elif child.type == "string_content":
                text = self.text(child)
                parts.append(Const(text if raw else unescaped(text), self.at(child)))
        return self.joined(parts, self.at(node))

    def e_concatenated_string(self, node: Node) -> Expr:
        return self.joined((self.expr(child) for child in self.named(node)), self.at(node))

    def e_none(self, node: Node) -> Expr:
        return Const(None, self.at(node))

    def e_binary_operator(self, node: Node) -> Expr:
        return self.chain(node, "binary_operator", lambda link, left, right: self.operation(link, left, right, {}))

    def e_boolean_operator(self, node: Node) -> Expr:
        return self.chain(node, "boolean_operator", lambda link, left, right: self.operation(link, left, right, {}))

    def e_not_operator(self, node: Node) -> Expr:
        return Operation("not", (self.expr(node.child_by_field_name("argument")),), self.at(node))

    def e_unary_operator(self, node: Node) -> Expr:
        op = {"-": "neg", "+": "pos"}.get(self.operator(node), "~")
        return Operation(op, (self.expr(node.child_by_field_name("argument")),), self.at(node))

    def e_comparison_operator(self, node: Node) -> Expr:
        operands = self.named(node)
        operators = [self.text(child) for child in node.children_by_field_name("operators")]
        if len(operands) != len(operators) + 1:
            return self.mixed(node)
        values = [self.expr(operand) for operand in operands]
        result: Expr | None = None
        for number, op in enumerate(operators):
            one = Operation(op, (values[number], values[number + 1]), self.at(node))
            result = one if result is None else Operation("and", (result, one), self.at(node))
        return result or self.mixed(node)

    def e_conditional_expression(self, node: Node) -> Expr:
        parts = self.named(node)
        if len(parts) != 3:
            return self.mixed(node)
        yes, test, no = (self.expr(part) for part in parts)
        return Choice(test, yes, no, self.at(node))

    def e_list(self, node: Node) -> Expr:
        parts = self.named(node)
        known = not any(part.type == "list_splat" for part in parts)
        return Items(tuple(self.expr(part) for part in parts), self.at(node), known)

    e_tuple = e_expression_list = e_pattern_list = e_tuple_pattern = e_list_pattern = e_list

    def e_set(self, node: Node) -> Expr:
        return Items(tuple(self.expr(part) for part in self.named(node)), self.at(node), known=False)

    def e_dictionary(self, node: Node) -> Expr:
        pairs: list[tuple[Expr, Expr]] = []
        for child in self.named(node):
            if child.type == "pair":
                pairs.append((self.expr(child.child_by_field_name("key")), self.expr(child.child_by_field_name("value"))))
            else:
                pairs.append((Mixed((), self.at(child)), self.inner(child)))
        return Pairs(tuple(pairs), self.at(node))

    def e_list_comprehension(self, node: Node) -> Expr:
        body = node.child_by_field_name("body")
        clauses = [child for child in self.named(node) if child.type in ("for_in_clause", "if_clause")]
        result = self._result(body)
        tests: list[Expr] = []
        for clause in reversed(clauses):
            if clause.type == "if_clause":
                tests.insert(0, self.inner(clause))
                continue
            target = self.expr(clause.child_by_field_name("left"))
            result = Each(target, self.expr(clause.child_by_field_name("right")), tuple(tests), result, self.at(node))
            tests = []
        return result

    e_set_comprehension = e_generator_expression = e_dictionary_comprehension = e_list_comprehension

    def _result(self, node: Node | None) -> Expr:
        if node is not None and node.type == "pair":
            key, value = self.expr(node.child_by_field_name("key")), self.expr(node.child_by_field_name("value"))
            return Mixed((key, value), self.at(node))
        return self.expr(node)

    def e_named_expression(self, node: Node) -> Expr:
        return Walrus(self.expr(node.child_by_field_name("name")), self.expr(node.child_by_field_name("value")), self.at(node))

    def e_parenthesized_expression(self, node: Node) -> Expr:
        return self.inner(node)

    e_await = e_parenthesized_expression
    e_list_splat = e_list_splat_pattern = e_dictionary_splat = e_parenthesized_expression

    def e_assignment(self, node: Node) -> Expr:
        return Walrus(self.expr(node.child_by_field_name("left")), self.expr(node.child_by_field_name("right")), self.at(node))

    def s_type(self, node: Node) -> tuple[Stmt, ...]:
        return ()

    def s_misunderstood(self, node: Node) -> tuple[Stmt, ...]:
        return (Block(self.body(self.named(node)), self.at(node)),)
