"""What the languages that look like C share: branches, loops, operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reviewer.taint.ir import Block, Choice, Const, Expr, If, Leave, Loop, Operation, Set, Stmt, Try, Walrus
from reviewer.taint.lowering import C_OPERATORS, Lowering

if TYPE_CHECKING:
    from tree_sitter import Node


class CLike(Lowering):
    """The statements and expressions that have the same shape in Java, JavaScript, PHP and C#."""

    operators: Mapping[str, str] = C_OPERATORS

    @staticmethod
    def field(node: Node, *names: str) -> Node | None:
        """The first of these fields that is there."""
        for name in names:
            child = node.child_by_field_name(name)
            if child is not None:
                return child
        return None

    # statements

    def s_block(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    s_statement_block = s_compound_statement = s_program = s_else_clause = s_finally_clause = s_block

    def s_empty_statement(self, node: Node) -> tuple[Stmt, ...]:
        return ()

    def s_expression_statement(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    def s_if_statement(self, node: Node) -> tuple[Stmt, ...]:
        """An `else if` chain is built from its end: it may be long."""
        links = [node]
        while (other := self._else_if(links[-1])) is not None:
            links.append(other)
        no = self.block(self.field(links[-1], "alternative"))
        for link in reversed(links):
            test = self.expr(self.field(link, "condition"))
            no = (If(test, self.block(self.field(link, "consequence", "body")), no, self.at(link)),)
        return no

    def _else_if(self, node: Node) -> Node | None:
        other = self.field(node, "alternative")
        if other is not None and other.type == "else_clause":
            other = next(iter(self.named(other)), None)
        return other if other is not None and other.type == "if_statement" else None

    def s_while_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Loop(self.block(self.field(node, "body")), self.at(node), test=self.expr(self.field(node, "condition"))),)

    def s_do_statement(self, node: Node) -> tuple[Stmt, ...]:
        test = self.expr(self.field(node, "condition"))
        return (Loop(self.block(self.field(node, "body")), self.at(node), test=test, first=True),)

    def s_for_statement(self, node: Node) -> tuple[Stmt, ...]:
        before = self.body(node.children_by_field_name("init") or node.children_by_field_name("initializer"))
        step = self.body(node.children_by_field_name("update") or node.children_by_field_name("increment"))
        condition = self.field(node, "condition")
        test = self.expr(condition) if condition is not None and condition.type != "empty_statement" else None
        if test is None:
            test = Operation("?", (Const(None, self.at(node)),), self.at(node))
        return (*before, Loop(self.block(self.field(node, "body")), self.at(node), test=test, step=step))

    def s_throw_statement(self, node: Node) -> tuple[Stmt, ...]:
        parts = self.named(node)
        return (Leave("raise", self.at(node), self.expr(parts[0]) if parts else None),)

    def s_labeled_statement(self, node: Node) -> tuple[Stmt, ...]:
        parts = self.named(node)
        return self.stmt(parts[-1]) if parts else ()

    def s_try_statement(self, node: Node) -> tuple[Stmt, ...]:
        body = self.block(self.field(node, "body"))
        clauses = [child for child in self.named(node) if child.type == "catch_clause"]
        handlers = tuple(self.block(self.field(clause, "body") or self.named(clause)[-1]) for clause in clauses)
        last = [child for child in self.named(node) if child.type == "finally_clause"]
        return (Try(body, handlers, self.body(last), self.at(node)),)

    def s_misunderstood(self, node: Node) -> tuple[Stmt, ...]:
        return (Block(self.body(self.named(node)), self.at(node)),)

    # expressions

    def e_identifier(self, node: Node) -> Expr:
        return self.name(node)

    def e_this(self, node: Node) -> Expr:
        return self.name(node)

    def e_null(self, node: Node) -> Expr:
        return Const(None, self.at(node))

    e_null_literal = e_null

    def e_parenthesized_expression(self, node: Node) -> Expr:
        return self.inner(node)

    def e_binary_expression(self, node: Node) -> Expr:
        return self.chain(node, "binary_expression", lambda link, left, right: self.operation(link, left, right, self.operators))

    def e_unary_expression(self, node: Node) -> Expr:
        operand = self.expr(self.field(node, "operand", "argument") or self.named(node)[-1])
        written = self.operator(node) or (self.text(node.children[0]) if node.children else "")
        op = {"!": "not", "-": "neg", "+": "pos", "not": "not"}.get(written, "~")
        return Operation(op, (operand,), self.at(node))

    def e_ternary_expression(self, node: Node) -> Expr:
        test, yes, no = (self.expr(self.field(node, name)) for name in ("condition", "consequence", "alternative"))
        return Choice(test, yes, no, self.at(node))

    e_conditional_expression = e_ternary_expression

    def s_assignment_expression(self, node: Node) -> tuple[Stmt, ...]:
        op = (self.operator(node) or "=").removesuffix("=")
        left, right = self.expr(self.field(node, "left")), self.expr(self.field(node, "right"))
        return (Set(left, right, self.at(node), {".": "+", "||": "or", "&&": "and"}.get(op, op)),)

    s_augmented_assignment_expression = s_assignment_expression

    def e_assignment_expression(self, node: Node) -> Expr:
        op = (self.operator(node) or "=").removesuffix("=")
        left, right = self.expr(self.field(node, "left")), self.expr(self.field(node, "right"))
        if op:
            right = Operation({".": "+"}.get(op, op), (left, right), self.at(node))
        return Walrus(left, right, self.at(node))

    e_augmented_assignment_expression = e_assignment_expression

    def s_update_expression(self, node: Node) -> tuple[Stmt, ...]:
        operand = self.expr(self.field(node, "argument") or self.named(node)[0])
        op = "+" if "++" in self.text(node) else "-"
        return (Set(operand, Const(1, self.at(node)), self.at(node), op),)
