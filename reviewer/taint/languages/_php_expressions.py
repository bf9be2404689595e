"""The expressions of PHP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.taint.clike import CLike
from reviewer.taint.ir import (
    Arg,
    Attr,
    Call,
    Choice,
    Const,
    Do,
    Expr,
    Index,
    Items,
    Mixed,
    Name,
    Operation,
    Pairs,
    Stmt,
    Walrus,
)
from reviewer.taint.lowering import unescaped

if TYPE_CHECKING:
    from tree_sitter import Node


class PhpExpressions(CLike):
    """The expressions of PHP."""

    def said(self, name: str, node: Node) -> Expr:
        """A construct of the language, written as the call that it is."""
        parts = [
            part for child in self.named(node) for part in (self.named(child) if child.type == "sequence_expression" else [child])
        ]
        return Call(Name(name, self.at(node)), self.args(parts), self.at(node))

    def e_variable_name(self, node: Node) -> Expr:
        return Name(self.text(node).lstrip("$"), self.at(node))

    def e_name(self, node: Node) -> Expr:
        return self.name(node)

    def e_qualified_name(self, node: Node) -> Expr:
        return self._path(node)

    def e_relative_scope(self, node: Node) -> Expr:
        return Name("this", self.at(node))

    def _path(self, node: Node) -> Expr:
        first, *rest = self.text(node).replace("\\", ".").strip(".").split(".")
        found: Expr = Name(first, self.at(node))
        for name in rest:
            found = Attr(found, name, self.at(node))
        return found

    def e_string(self, node: Node) -> Expr:
        return Const(self.text(node)[1:-1].replace("\\'", "'").replace("\\\\", "\\"), self.at(node))

    def e_encapsed_string(self, node: Node) -> Expr:
        parts: list[Expr] = []
        for child in self.named(node):
            literal = child.type in ("string_content", "escape_sequence")
            parts.append(Const(unescaped(self.text(child)), self.at(child)) if literal else self.expr(child))
        return self.joined(parts, self.at(node))

    def e_heredoc(self, node: Node) -> Expr:
        value = self.field(node, "value")
        return self.e_encapsed_string(value) if value is not None else Const("", self.at(node))

    def e_nowdoc(self, node: Node) -> Expr:
        return Const(self.text(self.field(node, "value")), self.at(node))

    def e_shell_command_expression(self, node: Node) -> Expr:
        return Call(Name("shell_exec", self.at(node)), (Arg(self.e_encapsed_string(node)),), self.at(node))

    def e_boolean(self, node: Node) -> Expr:
        return Const(self.text(node).lower() == "true", self.at(node))

    def e_subscript_expression(self, node: Node) -> Expr:
        parts = self.named(node)
        return Index(self.expr(parts[0]), self.expr(parts[1]) if len(parts) > 1 else None, self.at(node))

    def e_member_access_expression(self, node: Node) -> Expr:
        return Attr(self.expr(self.field(node, "object")), self.text(self.field(node, "name")).lstrip("$"), self.at(node))

    e_nullsafe_member_access_expression = e_member_access_expression

    def e_scoped_property_access_expression(self, node: Node) -> Expr:
        return Attr(self.expr(self.field(node, "scope")), self.text(self.field(node, "name")).lstrip("$"), self.at(node))

    def e_class_constant_access_expression(self, node: Node) -> Expr:
        parts = self.named(node)
        return Attr(self.expr(parts[0]), self.text(parts[-1]), self.at(node)) if parts else self.mixed(node)

    def e_function_call_expression(self, node: Node) -> Expr:
        function = self.field(node, "function")
        if function is not None and function.type in ("name", "qualified_name"):
            name = self.text(function).lstrip("\\")
            callee: Expr = Name(name if "\\" in name else self._known(name), self.at(function))
        else:
            callee = self.expr(function)
        return Call(callee, self._args(self.field(node, "arguments")), self.at(node))

    @staticmethod
    def _known(name: str) -> str:
        """Function names do not heed case; the declarations write them small."""
        return name.lower() if name.isupper() else name

    def e_member_call_expression(self, node: Node) -> Expr:
        links = [node]
        while (of := self.field(links[-1], "object")) is not None and of.type == "member_call_expression":
            links.append(of)
        found = self.expr(self.field(links[-1], "object"))
        for link in reversed(links):
            callee = Attr(found, self.text(self.field(link, "name")), self.at(link))
            found = Call(callee, self._args(self.field(link, "arguments")), self.at(link))
        return found

    e_nullsafe_member_call_expression = e_member_call_expression

    def e_scoped_call_expression(self, node: Node) -> Expr:
        callee = Attr(self.expr(self.field(node, "scope")), self.text(self.field(node, "name")), self.at(node))
        return Call(callee, self._args(self.field(node, "arguments")), self.at(node))

    def _args(self, node: Node | None) -> tuple[Arg, ...]:
        return tuple(self._arg(child) for child in self.named(node))

    def _arg(self, node: Node) -> Arg:
        parts = self.named(node)
        if not parts:
            return Arg(self.expr(node))
        value = parts[-1]
        name = self.text(self.field(node, "name"))
        return Arg(self.inner(value), spread=True) if value.type == "variadic_unpacking" else Arg(self.expr(value), name)

    def e_object_creation_expression(self, node: Node) -> Expr:
        parts = self.named(node)
        arguments = next((child for child in parts if child.type == "arguments"), None)
        return Call(self.expr(parts[0]) if parts else self.mixed(node), self._args(arguments), self.at(node), new=True)

    def e_array_creation_expression(self, node: Node) -> Expr:
        elements = [self.named(child) for child in self.named(node)]
        if any(len(parts) == 2 for parts in elements):
            return Pairs(
                tuple((self.expr(parts[0]), self.expr(parts[1])) for parts in elements if len(parts) == 2), self.at(node)
            )
        known = not any(parts and parts[0].type == "variadic_unpacking" for parts in elements)
        return Items(tuple(self.expr(parts[0]) for parts in elements if parts), self.at(node), known)

    def e_variadic_unpacking(self, node: Node) -> Expr:
        return self.inner(node)

    def e_list_literal(self, node: Node) -> Expr:
        return Items(tuple(self.expr(child) for child in self.named(node)), self.at(node))

    def s_assignment_expression(self, node: Node) -> tuple[Stmt, ...]:
        left, right = self.field(node, "left"), self.field(node, "right")
        if left is not None and left.type == "subscript_expression" and len(self.named(left)) == 1:
            push = Attr(self.inner(left), "append", self.at(node))
            return (Do(Call(push, (Arg(self.expr(right)),), self.at(node)), self.at(node)),)
        return super().s_assignment_expression(node)

    def e_conditional_expression(self, node: Node) -> Expr:
        test = self.expr(self.field(node, "condition"))
        yes = self.field(node, "body")
        return Choice(
            test, self.expr(yes) if yes is not None else test, self.expr(self.field(node, "alternative")), self.at(node)
        )

    def e_unary_op_expression(self, node: Node) -> Expr:
        return self.e_unary_expression(node)

    def e_cast_expression(self, node: Node) -> Expr:
        kind = self.text(self.field(node, "type")).strip().lower()
        value = self.expr(self.field(node, "value"))
        harmless = kind in ("int", "integer", "float", "double", "bool", "boolean")
        return Operation("number", (value,), self.at(node)) if harmless else value

    def e_error_suppression_expression(self, node: Node) -> Expr:
        return self.inner(node)

    e_clone_expression = e_yield_expression = e_by_ref = e_reference_assignment_expression = e_error_suppression_expression

    def e_print_intrinsic(self, node: Node) -> Expr:
        return self.said("echo", node)

    def e_match_expression(self, node: Node) -> Expr:
        arms = self.named(self.field(node, "body"))
        return Mixed(tuple(self.expr(self.field(arm, "return_expression")) for arm in arms), self.at(node))

    def e_update_expression(self, node: Node) -> Expr:
        operand = self.inner(node)
        op = "+" if "++" in self.text(node) else "-"
        return Walrus(operand, Operation(op, (operand, Const(1, self.at(node))), self.at(node)), self.at(node))

    def _included(self, node: Node) -> Expr:
        return self.said("include", node)

    e_include_expression = e_include_once_expression = e_require_expression = e_require_once_expression = _included
