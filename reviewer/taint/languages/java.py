"""Java, by the grammar tree-sitter-java."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.taint.clike import CLike
from reviewer.taint.ir import (
    Attr,
    Call,
    Case,
    Class,
    Const,
    Do,
    Expr,
    Function,
    Import,
    Index,
    Items,
    Loop,
    Made,
    Mark,
    Mixed,
    Name,
    Operation,
    Param,
    Return,
    Set,
    Stmt,
    Switch,
    Walrus,
)
from reviewer.taint.lowering import unescaped

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPES = ("class_declaration", "interface_declaration", "enum_declaration", "record_declaration")
_UNTOLD = frozenset(
    {"var", "Object", "String", "int", "long", "char", "boolean", "byte", "short", "double", "float", "byte[]", "String[]"}
)
"""Types that tell less than the value does."""


class Java(CLike):
    """One Java file."""

    def s_package_declaration(self, node: Node) -> tuple[Stmt, ...]:
        return ()

    def s_import_declaration(self, node: Node) -> tuple[Stmt, ...]:
        parts = self.named(node)
        path = self.text(parts[0]) if parts else ""
        if not path or any(part.type == "asterisk" for part in parts):
            return ()
        return (Import(path.rpartition(".")[2], path, self.at(node)),)

    def type(self, node: Node | None) -> str:
        """A type with dots, without its arguments; empty if it tells nothing."""
        if node is None:
            return ""
        if node.type == "generic_type":
            return self.type(self.named(node)[0])
        if node.type == "array_type":
            return self.type(self.field(node, "element"))
        text = self.text(node)
        return "" if text in _UNTOLD else text

    def s_local_variable_declaration(self, node: Node) -> tuple[Stmt, ...]:
        kind = self.type(self.field(node, "type"))
        return tuple(made for one in node.children_by_field_name("declarator") for made in self._declared(one, kind))

    def s_field_declaration(self, node: Node) -> tuple[Stmt, ...]:
        return self.s_local_variable_declaration(node)

    def _declared(self, node: Node, kind: str) -> tuple[Stmt, ...]:
        name, value = self.field(node, "name"), self.field(node, "value")
        if name is None:
            return ()
        made = self.expr(value) if value is not None else Mixed((), self.at(node))
        return (Set(self.name(name), made, self.at(node), type=kind),)

    def s_enhanced_for_statement(self, node: Node) -> tuple[Stmt, ...]:
        name = self.field(node, "name")
        target = self.name(name) if name is not None else None
        of = self.expr(self.field(node, "value"))
        kind = self.type(self.field(node, "type"))
        body = self.block(self.field(node, "body"))
        if kind and target is not None:
            body = (Set(target, target, target.at, type=kind), *body)
        return (Loop(body, self.at(node), target=target, of=of),)

    def s_try_with_resources_statement(self, node: Node) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        for resource in self.named(self.field(node, "resources")):
            found += self._declared(resource, self.type(self.field(resource, "type")))
        return (*found, *self.s_try_statement(node))

    def s_synchronized_statement(self, node: Node) -> tuple[Stmt, ...]:
        return self.block(self.field(node, "body"))

    def s_switch_expression(self, node: Node) -> tuple[Stmt, ...]:
        cases: list[Case] = []
        falls = True
        for group in self.named(self.field(node, "body")):
            labels = [child for child in self.named(group) if child.type == "switch_label"]
            rest = [child for child in self.named(group) if child.type != "switch_label"]
            falls = falls and group.type != "switch_rule"
            values = tuple(self.expr(part) for label in labels for part in self.named(label))
            cases.append(Case(values, self.body(rest)))
        return (Switch(self.expr(self.field(node, "condition")), tuple(cases), self.at(node), falls),)

    def s_yield_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Do(self.inner(node), self.at(node)),)

    def s_assert_statement(self, node: Node) -> tuple[Stmt, ...]:
        return ()

    # definitions

    def s_class_declaration(self, node: Node) -> tuple[Stmt, ...]:
        name = self.text(self.field(node, "name"))
        above = self.field(node, "superclass")
        bases = tuple(self.type(child) for child in self.named(above))
        return (self._class(node, name, bases, self._marks(node)),)

    s_interface_declaration = s_enum_declaration = s_record_declaration = s_class_declaration

    def _class(self, node: Node, name: str, bases: tuple[str, ...], marks: tuple[Mark, ...]) -> Class:
        body = self.field(node, "body")
        members = self.named(body if body is not None else node)
        members = [
            part for child in members for part in (self.named(child) if child.type == "enum_body_declarations" else [child])
        ]
        functions = [
            self._function(child, name, marks)
            for child in members
            if child.type in ("method_declaration", "constructor_declaration")
        ]
        rest = [child for child in members if child.type in ("field_declaration", "static_initializer", *_TYPES)]
        return Class(name, tuple(functions), self.body(rest), self.at(node), bases)

    def s_static_initializer(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    def _marks(self, node: Node) -> tuple[Mark, ...]:
        modifiers = next((child for child in node.children if child.type == "modifiers"), None)
        found = [child for child in self.named(modifiers) if child.type in ("annotation", "marker_annotation")]
        return tuple(Mark(self.text(self.field(child, "name")), self.text(child)) for child in found)

    def _function(self, node: Node, owner: str, owner_marks: tuple[Mark, ...]) -> Function:
        name = self.text(self.field(node, "name"))
        constructor = node.type == "constructor_declaration"
        params = tuple(
            self._param(child) for child in self.named(self.field(node, "parameters")) if child.type != "receiver_parameter"
        )
        body = self.field(node, "body")
        public = "private" not in self.text(node)[:200].partition("(")[0]
        return Function(
            "<init>" if constructor else name, params, self.at(node), lambda: self.block(body), self._marks(node), owner,
            owner_marks, public=public, returns=self.text(self.field(node, "type")),
        )  # fmt: skip

    def s_constructor_body(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    def _param(self, node: Node) -> Param:
        marks = tuple(mark.name for mark in self._marks(node))
        rest = node.type == "spread_parameter"
        declarator = next((child for child in self.named(node) if child.type == "variable_declarator"), node)
        kind = self.field(node, "type") or next((child for child in self.named(node) if "type" in child.type), None)
        return Param(self.text(self.field(declarator, "name")), self.text(kind) if kind is not None else "", marks, None, rest)

    # expressions

    def e_string_literal(self, node: Node) -> Expr:
        return Const(unescaped(self.text(node).strip('"')), self.at(node))

    def e_character_literal(self, node: Node) -> Expr:
        return Const(unescaped(self.text(node)[1:-1]), self.at(node))

    def e_decimal_integer_literal(self, node: Node) -> Expr:
        return self.number(node)

    e_hex_integer_literal = e_octal_integer_literal = e_binary_integer_literal = e_decimal_integer_literal
    e_decimal_floating_point_literal = e_hex_floating_point_literal = e_decimal_integer_literal

    def e_field_access(self, node: Node) -> Expr:
        return Attr(self.expr(self.field(node, "object")), self.text(self.field(node, "field")), self.at(node))

    def e_scoped_type_identifier(self, node: Node) -> Expr:
        return self._path(self.text(node), node)

    def e_type_identifier(self, node: Node) -> Expr:
        return self.name(node)

    def e_generic_type(self, node: Node) -> Expr:
        parts = self.named(node)
        return self.expr(parts[0]) if parts else Mixed((), self.at(node))

    def _path(self, text: str, node: Node) -> Expr:
        first, *rest = text.split(".")
        found: Expr = Name(first, self.at(node))
        for name in rest:
            found = Attr(found, name, self.at(node))
        return found

    def e_array_access(self, node: Node) -> Expr:
        return Index(self.expr(self.field(node, "array")), self.expr(self.field(node, "index")), self.at(node))

    def e_method_invocation(self, node: Node) -> Expr:
        """A chain of calls is built from its start: a builder's may be long."""
        links = [node]
        while (of := self.field(links[-1], "object")) is not None and of.type == "method_invocation":
            links.append(of)
        first = self.field(links[-1], "object")
        found: Expr | None = self.expr(first) if first is not None else None
        for link in reversed(links):
            name = self.field(link, "name")
            at = self.at(link)
            callee = Attr(found, self.text(name), at) if found is not None else Name(self.text(name), at)
            found = Call(callee, self.args(self.named(self.field(link, "arguments"))), at)
        return found if found is not None else self.mixed(node)

    def e_object_creation_expression(self, node: Node) -> Expr:
        args = self.args(self.named(self.field(node, "arguments")))
        return Call(self.expr(self.field(node, "type")), args, self.at(node), new=True)

    def e_array_creation_expression(self, node: Node) -> Expr:
        value = self.field(node, "value")
        return self.expr(value) if value is not None else Items((), self.at(node), known=False)

    def e_array_initializer(self, node: Node) -> Expr:
        return Items(tuple(self.expr(child) for child in self.named(node)), self.at(node))

    def e_cast_expression(self, node: Node) -> Expr:
        return self.expr(self.field(node, "value"))

    def e_instanceof_expression(self, node: Node) -> Expr:
        return Operation("instanceof", (self.expr(self.field(node, "left")),), self.at(node))

    def e_update_expression(self, node: Node) -> Expr:
        operand = self.expr(self.named(node)[0])
        op = "+" if "++" in self.text(node) else "-"
        return Walrus(operand, Operation(op, (operand, Const(1, self.at(node))), self.at(node)), self.at(node))

    def e_lambda_expression(self, node: Node) -> Expr:
        params = self.field(node, "parameters")
        names: tuple[Param, ...] = ()
        if params is not None and params.type == "identifier":
            names = (Param(self.text(params)),)
        elif params is not None:
            names = tuple(
                Param(self.text(child)) if child.type == "identifier" else self._param(child) for child in self.named(params)
            )
        body, at = self.field(node, "body"), self.at(node)
        return Made(Function("lambda", names, at, lambda: self._lambda_body(body, at)), at)

    def _lambda_body(self, body: Node | None, at: tuple[int, int]) -> tuple[Stmt, ...]:
        if body is not None and body.type == "block":
            return self.block(body)
        return (Return(self.expr(body), at),)

    def e_switch_expression(self, node: Node) -> Expr:
        bodies = [
            part for group in self.named(self.field(node, "body")) for part in self.named(group) if part.type != "switch_label"
        ]
        return Mixed(tuple(self.inner(part) for part in bodies), self.at(node))

    def e_class_literal(self, node: Node) -> Expr:
        return self._path(self.text(node), node)


LOWERING = Java
