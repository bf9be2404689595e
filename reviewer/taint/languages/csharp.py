"""C#, by the grammar tree-sitter-c-sharp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.taint.ir import (
    Case,
    Class,
    Const,
    Define,
    Expr,
    Function,
    Import,
    Loop,
    Made,
    Mark,
    Mixed,
    Param,
    Return,
    Set,
    Stmt,
    Switch,
)
from reviewer.taint.languages._csharp_expressions import CSharpExpressions

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPES = ("class_declaration", "struct_declaration", "record_declaration", "interface_declaration", "enum_declaration")
_METHODS = ("method_declaration", "constructor_declaration", "destructor_declaration", "operator_declaration")
_UNTOLD = frozenset({"var", "string", "object", "int", "long", "bool", "char", "dynamic", "double", "String", "Object", "Task"})


class CSharp(CSharpExpressions):
    """One C# file."""

    def s_using_directive(self, node: Node) -> tuple[Stmt, ...]:
        name = self.field(node, "name")
        parts = self.named(node)
        if name is None or len(parts) < 2:
            return ()
        return (Import(self.text(name), self.text(parts[-1]), self.at(node)),)

    def s_namespace_declaration(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(self.field(node, "body")))

    def s_file_scoped_namespace_declaration(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(child for child in self.named(node) if child.type in _TYPES)

    def s_global_statement(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    s_checked_statement = s_unsafe_statement = s_fixed_statement = s_global_statement

    def s_lock_statement(self, node: Node) -> tuple[Stmt, ...]:
        return self.block(self.named(node)[-1])

    # variables

    def _type(self, node: Node | None) -> str:
        if node is None:
            return ""
        if node.type in ("generic_name", "nullable_type", "array_type"):
            parts = self.named(node)
            return self._type(parts[0]) if parts else ""
        text = self.text(node)
        return "" if text in _UNTOLD else text

    def s_local_declaration_statement(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(child for child in self.named(node) if child.type == "variable_declaration")

    s_field_declaration = s_local_declaration_statement

    def s_variable_declaration(self, node: Node) -> tuple[Stmt, ...]:
        kind = self._type(self.field(node, "type"))
        found = []
        for one in self.named(node):
            if one.type == "variable_declarator":
                name = self.field(one, "name")
                values = [child for child in self.named(one) if name is None or child.id != name.id]
                made = self.expr(values[-1]) if values else Mixed((), self.at(one))
                found.append(Set(self.expr(name), made, self.at(one), type=kind))
        return tuple(found)

    def s_using_statement(self, node: Node) -> tuple[Stmt, ...]:
        body = self.field(node, "body")
        before = [child for child in self.named(node) if body is None or child.id != body.id]
        return (*self.body(before), *self.block(body))

    # statements

    def s_foreach_statement(self, node: Node) -> tuple[Stmt, ...]:
        target, of = self.expr(self.field(node, "left")), self.expr(self.field(node, "right"))
        return (Loop(self.block(self.field(node, "body")), self.at(node), target=target, of=of),)

    def s_switch_statement(self, node: Node) -> tuple[Stmt, ...]:
        cases = []
        for section in self.named(self.field(node, "body")):
            patterns = [child for child in self.named(section) if child.type.endswith("pattern")]
            rest = [child for child in self.named(section) if not child.type.endswith("pattern") and child.type != "when_clause"]
            cases.append(Case(tuple(self.inner(pattern) for pattern in patterns), self.body(rest)))
        return (Switch(self.expr(self.field(node, "value")), tuple(cases), self.at(node), falls=True),)

    def s_yield_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Return(self.inner(node), self.at(node)),) if self.named(node) else ()

    def s_postfix_unary_expression(self, node: Node) -> tuple[Stmt, ...]:
        op = "+" if "++" in self.text(node) else "-"
        return (Set(self.expr(self.named(node)[0]), Const(1, self.at(node)), self.at(node), op),)

    # definitions

    def s_class_declaration(self, node: Node) -> tuple[Stmt, ...]:
        name = self.text(self.field(node, "name"))
        bases_node = next((child for child in self.named(node) if child.type == "base_list"), None)
        bases = tuple(self._type(child) for child in self.named(bases_node))
        marks = (*self._marks(node), *(Mark(f"class:{base}", base) for base in bases))
        members = self.named(self.field(node, "body"))
        functions = [self._function(child, name, marks) for child in members if child.type in _METHODS]
        functions += [
            self._property(child, name) for child in members if child.type == "property_declaration" and self._computed(child)
        ]
        rest = self.body(child for child in members if child.type in ("field_declaration", *_TYPES))
        return (Class(name, tuple(functions), rest, self.at(node), bases),)

    s_struct_declaration = s_record_declaration = s_interface_declaration = s_enum_declaration = s_class_declaration

    def _computed(self, node: Node) -> Node | None:
        value = self.field(node, "value")
        return value if value is not None and value.type == "arrow_expression_clause" else None

    def _property(self, node: Node, owner: str) -> Function:
        value, at = self._computed(node), self.at(node)
        assert value is not None
        return Function(self.text(self.field(node, "name")), (), at, lambda: (Return(self.inner(value), at),), owner=owner)

    def _marks(self, node: Node) -> tuple[Mark, ...]:
        found = [one for child in node.children if child.type == "attribute_list" for one in self.named(child)]
        return tuple(Mark(self.text(self.field(one, "name")), self.text(one)) for one in found)

    def _function(self, node: Node, owner: str = "", owner_marks: tuple[Mark, ...] = ()) -> Function:
        name = "<init>" if node.type == "constructor_declaration" else self.text(self.field(node, "name"))
        params = tuple(self._param(child) for child in self.named(self.field(node, "parameters")) if child.type == "parameter")
        body = self.field(node, "body") or next(
            (child for child in self.named(node) if child.type == "arrow_expression_clause"), None
        )
        modifiers = {self.text(child) for child in node.children if child.type == "modifier"}
        public = "public" in modifiers
        marks = (*self._marks(node), *((Mark("public", "public"),) if public else ()))
        return Function(
            name, params, self.at(node), lambda: self._body(body), marks, owner, owner_marks if public else (),
            public=public, returns=self.text(self.field(node, "returns", "type")),
        )  # fmt: skip

    def _body(self, body: Node | None) -> tuple[Stmt, ...]:
        if body is not None and body.type == "arrow_expression_clause":
            return (Return(self.inner(body), self.at(body)),)
        if body is None or body.type == "block":
            return self.block(body)
        return (Return(self.expr(body), self.at(body)),)

    def _param(self, node: Node) -> Param:
        name = self.field(node, "name")
        kind = self.field(node, "type")
        after = [child for child in self.named(node) if child.type not in ("attribute_list", "modifier")]
        last = (
            after[-1]
            if after and (name is None or after[-1].id != name.id) and (kind is None or after[-1].id != kind.id)
            else None
        )
        default = self.expr(last) if last is not None else None
        return Param(self.text(name), self.text(kind), tuple(mark.name for mark in self._marks(node)), default)

    def s_local_function_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Define(self._function(node), self.at(node)),)

    def e_lambda_expression(self, node: Node) -> Expr:
        parameters = self.field(node, "parameters")
        params: tuple[Param, ...] = ()
        if parameters is not None and parameters.type == "implicit_parameter":
            params = (Param(self.text(parameters)),)
        elif parameters is not None:
            params = tuple(self._param(child) for child in self.named(parameters) if child.type == "parameter")
        body = self.field(node, "body")
        return Made(Function("lambda", params, self.at(node), lambda: self._body(body)), self.at(node))

    e_anonymous_method_expression = e_lambda_expression


LOWERING = CSharp
