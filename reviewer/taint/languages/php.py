"""PHP, by the grammar tree-sitter-php. A variable is named without its dollar sign."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reviewer.taint.ir import (
    Call,
    Case,
    Class,
    Const,
    Define,
    Do,
    Expr,
    Function,
    If,
    Import,
    Items,
    Leave,
    Loop,
    Made,
    Mark,
    Mixed,
    Name,
    Param,
    Return,
    Set,
    Stmt,
    Switch,
)
from reviewer.taint.languages._php_expressions import PhpExpressions
from reviewer.taint.lowering import C_OPERATORS

if TYPE_CHECKING:
    from tree_sitter import Node

_SILENT = (
    "text",
    "php_tag",
    "php_end_tag",
    "text_interpolation",
    "namespace_definition",
    "global_declaration",
    "const_declaration",
    "use_declaration",
)
_UNTOLD = frozenset({"string", "int", "array", "mixed", "bool", "float", "callable", "iterable", "object"})


class Php(PhpExpressions):
    """One PHP file."""

    operators = MappingProxyType({**C_OPERATORS, ".": "+", "<>": "!=", "xor": "^"})
    spellings = MappingProxyType({
        "echo": ("<?=", "print", "exit", "die"), "include": ("include_once", "require", "require_once"), "shell_exec": ("`",),
    })  # fmt: skip
    caseless = True
    owner = ""

    def file(self, root: Node) -> tuple[Stmt, ...]:
        """The statements of the file; `<?= x ?>` is an echo."""
        return self._with_tags(root)

    def _with_tags(self, node: Node) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        writing = False
        for child in self.named(node):
            if child.type in ("text_interpolation", "php_tag"):
                writing = self.text(child).rstrip().endswith("<?=")
            elif writing and child.type == "expression_statement":
                found.append(Do(self.said("echo", child), self.at(child)))
                writing = False
            else:
                found += self.stmt(child)
        return tuple(found)

    def s_compound_statement(self, node: Node) -> tuple[Stmt, ...]:
        return self._with_tags(node)

    s_colon_block = s_compound_statement

    def stmt(self, node: Node) -> tuple[Stmt, ...]:
        if node.type == "namespace_definition":
            body = self.field(node, "body")
            return self.block(body)
        return () if node.type in _SILENT else super().stmt(node)

    def s_namespace_use_declaration(self, node: Node) -> tuple[Stmt, ...]:
        found = []
        for clause in self.named(node):
            if clause.type == "namespace_use_clause":
                parts = self.named(clause)
                path = self.text(parts[0]).replace("\\", ".").strip(".") if parts else ""
                alias = self.text(self.field(clause, "alias")) or path.rpartition(".")[2]
                found.append(Import(alias, path, self.at(clause)))
        return tuple(found)

    # statements

    def s_echo_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Do(self.said("echo", node), self.at(node)),)

    def s_exit_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Do(self.said("echo", node), self.at(node)), Leave("raise", self.at(node)))

    def s_expression_statement(self, node: Node) -> tuple[Stmt, ...]:
        parts = self.named(node)
        if len(parts) == 1 and parts[0].type == "function_call_expression":
            name = self.text(self.field(parts[0], "function")).lower()
            if name in ("die", "exit"):
                return (Do(self._renamed(parts[0], "echo"), self.at(node)), Leave("raise", self.at(node)))
        if len(parts) == 1 and parts[0].type == "throw_expression":
            return (Leave("raise", self.at(node), self.inner(parts[0])),)
        return super().s_expression_statement(node)

    def _renamed(self, node: Node, name: str) -> Expr:
        return Call(Name(name, self.at(node)), self._args(self.field(node, "arguments")), self.at(node))

    def s_if_statement(self, node: Node) -> tuple[Stmt, ...]:
        no: tuple[Stmt, ...] = ()
        for clause in reversed(node.children_by_field_name("alternative")):
            body = self.block(self.field(clause, "body"))
            no = (
                body
                if clause.type == "else_clause"
                else (If(self.expr(self.field(clause, "condition")), body, no, self.at(clause)),)
            )
        return (If(self.expr(self.field(node, "condition")), self.block(self.field(node, "body")), no, self.at(node)),)

    def s_foreach_statement(self, node: Node) -> tuple[Stmt, ...]:
        parts = [child for child in self.named(node) if child.type not in ("compound_statement", "colon_block")][:2]
        if len(parts) < 2:
            return (Do(self.mixed(node), self.at(node)),)
        of, target = self.expr(parts[0]), parts[1]
        pairs = target.type == "pair"
        made = Items(tuple(self.expr(child) for child in self.named(target)), self.at(target)) if pairs else self.expr(target)
        return (Loop(self.block(self.field(node, "body")), self.at(node), target=made, of=of, pairs=pairs),)

    def s_for_statement(self, node: Node) -> tuple[Stmt, ...]:
        before, step = self.block(self.field(node, "initialize")), self.block(self.field(node, "update"))
        condition = self.field(node, "condition")
        test = self.expr(condition) if condition is not None else Mixed((), self.at(node))
        return (*before, Loop(self.block(self.field(node, "body")), self.at(node), test=test, step=step))

    def s_switch_statement(self, node: Node) -> tuple[Stmt, ...]:
        cases = []
        for group in self.named(self.field(node, "body")):
            value = self.field(group, "value")
            rest = [child for child in self.named(group) if value is None or child.id != value.id]
            cases.append(Case((self.expr(value),) if value is not None else (), self.body(rest)))
        return (Switch(self.expr(self.field(node, "condition")), tuple(cases), self.at(node), falls=True),)

    def s_unset_statement(self, node: Node) -> tuple[Stmt, ...]:
        return tuple(Set(self.expr(child), Const(None, self.at(child)), self.at(node)) for child in self.named(node))

    # definitions

    def s_function_definition(self, node: Node) -> tuple[Stmt, ...]:
        return (Define(self._function(node, self.text(self.field(node, "name"))), self.at(node)),)

    def s_class_declaration(self, node: Node) -> tuple[Stmt, ...]:
        name = self.text(self.field(node, "name"))
        members = self.named(self.field(node, "body"))
        functions = tuple(
            self._function(child, self.text(self.field(child, "name")), name)
            for child in members
            if child.type == "method_declaration"
        )
        fields = tuple(made for child in members if child.type == "property_declaration" for made in self._property(child))
        above = next((child for child in self.named(node) if child.type == "base_clause"), None)
        return (Class(name, functions, fields, self.at(node), tuple(self.text(child) for child in self.named(above))),)

    s_trait_declaration = s_interface_declaration = s_enum_declaration = s_class_declaration

    def _property(self, node: Node) -> tuple[Stmt, ...]:
        kind = self._type(self.field(node, "type"))
        found = []
        for child in self.named(node):
            if child.type == "property_element":
                name = self.field(child, "name")
                value = self.field(child, "default_value")
                made = self.expr(value) if value is not None else Mixed((), self.at(child))
                found.append(Set(Name(self.text(name).lstrip("$"), self.at(child)), made, self.at(child), type=kind))
        return tuple(found)

    def _type(self, node: Node | None) -> str:
        text = self.text(node).lstrip("?").replace("\\", ".").strip(".")
        return "" if text in _UNTOLD else text

    def _marks(self, node: Node) -> tuple[Mark, ...]:
        lists = [child for child in node.children if child.type == "attribute_list"]
        found = [one for child in lists for group in self.named(child) for one in self.named(group)]
        return tuple(Mark(self.text(self.named(one)[0]), self.text(one)) for one in found if self.named(one))

    def _function(self, node: Node, name: str, owner: str = "") -> Function:
        params = tuple(self._param(child) for child in self.named(self.field(node, "parameters")) if "parameter" in child.type)
        body = self.field(node, "body")
        return Function(name, params, self.at(node), lambda: self._body(body), self._marks(node), owner)

    def _body(self, body: Node | None) -> tuple[Stmt, ...]:
        if body is None or body.type == "compound_statement":
            return self.block(body)
        return (Return(self.expr(body), self.at(body)),)

    def _param(self, node: Node) -> Param:
        default = self.field(node, "default_value")
        name = self.text(self.field(node, "name")).lstrip("$.&")
        kind = self.text(self.field(node, "type")).lstrip("?").replace("\\", ".").strip(".")
        marks = tuple(mark.name for mark in self._marks(node))
        return Param(name, kind, marks, self.expr(default) if default is not None else None, node.type == "variadic_parameter")

    def e_anonymous_function(self, node: Node) -> Expr:
        return Made(self._function(node, "lambda"), self.at(node))

    e_arrow_function = e_anonymous_function_creation_expression = e_anonymous_function


LOWERING = Php
