"""JavaScript and TypeScript, by the grammars tree-sitter-javascript and tree-sitter-typescript."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from reviewer.taint.clike import CLike
from reviewer.taint.ir import (
    Arg,
    Attr,
    Call,
    Case,
    Class,
    Const,
    Define,
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
    Pairs,
    Param,
    Return,
    Set,
    Stmt,
    Switch,
    Try,
    Walrus,
)
from reviewer.taint.lowering import unescaped

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = ("arrow_function", "function_expression", "function", "generator_function")
_UNSAFE_IN_PATH = re.compile(r"[^\w$./@-]")
_NOTHING_DONE = (
    "interface_declaration", "type_alias_declaration", "ambient_declaration", "import_alias", "debugger_statement",
    "enum_declaration",
)  # fmt: skip


class JavaScript(CLike):
    """One JavaScript or TypeScript file."""

    spellings = MappingProxyType({"jsx": ("<",)})

    def stmt(self, node: Node) -> tuple[Stmt, ...]:
        return () if node.type in _NOTHING_DONE else super().stmt(node)

    # imports and variables

    def s_import_statement(self, node: Node) -> tuple[Stmt, ...]:
        module = self._module(self.field(node, "source"))
        clause = next((child for child in self.named(node) if child.type == "import_clause"), None)
        found: list[Stmt] = []
        for child in self.named(clause):
            if child.type == "identifier":
                found.append(Import(self.text(child), module, self.at(child)))
            elif child.type == "namespace_import":
                found.append(Import(self.text(self.named(child)[-1]), module, self.at(child)))
            for one in self.named(child) if child.type == "named_imports" else ():
                name = self.text(self.field(one, "name"))
                found.append(Import(self.text(self.field(one, "alias")) or name, f"{module}.{name}", self.at(one)))
        return tuple(found)

    def _module(self, node: Node | None) -> str:
        text = self.text(node).strip("\"'`").removeprefix("node:")
        return _UNSAFE_IN_PATH.sub("_", text).rpartition("/")[2] if text.startswith(".") else _UNSAFE_IN_PATH.sub("_", text)

    def s_export_statement(self, node: Node) -> tuple[Stmt, ...]:
        inner = self.field(node, "declaration", "value")
        return self.stmt(inner) if inner is not None else ()

    def s_lexical_declaration(self, node: Node) -> tuple[Stmt, ...]:
        return tuple(made for one in self.named(node) if one.type == "variable_declarator" for made in self._declared(one))

    s_variable_declaration = s_lexical_declaration

    def _declared(self, node: Node) -> tuple[Stmt, ...]:
        name, value = self.field(node, "name"), self.field(node, "value")
        if name is None:
            return ()
        if value is None:
            return (Set(self.expr(name), Mixed((), self.at(node)), self.at(node)),)
        if value.type in _FUNCTIONS and name.type == "identifier":
            return (Define(self._function(value, self.text(name)), self.at(node)),)
        return (Set(self.expr(name), self.expr(value), self.at(node), type=self._type(self.field(node, "type"))),)

    def _type(self, node: Node | None) -> str:
        text = self.text(node).lstrip(":").strip().partition("<")[0]
        return text if re.fullmatch(r"[A-Z][\w.]*", text) else ""

    # statements

    def s_for_in_statement(self, node: Node) -> tuple[Stmt, ...]:
        target = self.expr(self.field(node, "left"))
        of = self.expr(self.field(node, "right"))
        return (Loop(self.block(self.field(node, "body")), self.at(node), target=target, of=of),)

    def s_switch_statement(self, node: Node) -> tuple[Stmt, ...]:
        cases = []
        for group in self.named(self.field(node, "body")):
            value = self.field(group, "value")
            values = (self.expr(value),) if value is not None else ()
            cases.append(Case(values, self.body(group.children_by_field_name("body"))))
        return (Switch(self.expr(self.field(node, "value")), tuple(cases), self.at(node), falls=True),)

    def s_try_statement(self, node: Node) -> tuple[Stmt, ...]:
        handler, last = self.field(node, "handler"), self.field(node, "finalizer")
        handlers = (self.block(self.field(handler, "body")),) if handler is not None else ()
        return (Try(self.block(self.field(node, "body")), handlers, self.block(last), self.at(node)),)

    # functions and classes

    def s_function_declaration(self, node: Node) -> tuple[Stmt, ...]:
        return (Define(self._function(node, self.text(self.field(node, "name"))), self.at(node)),)

    s_generator_function_declaration = s_function_declaration

    def s_class_declaration(self, node: Node) -> tuple[Stmt, ...]:
        name = self.text(self.field(node, "name"))
        functions: list[Function] = []
        rest: list[Stmt] = []
        marks: list[Mark] = []
        class_marks = tuple(self._mark(child) for child in self.named(node) if child.type == "decorator")
        for child in self.named(self.field(node, "body")):
            if child.type == "decorator":
                marks.append(self._mark(child))
                continue
            if child.type == "method_definition":
                functions.append(self._function(child, self.text(self.field(child, "name")), name, tuple(marks), class_marks))
            elif child.type in ("field_definition", "public_field_definition"):
                rest += self._member(child, name, functions)
            marks = []
        heritage = next((child for child in self.named(node) if child.type == "class_heritage"), None)
        bases = tuple(self.text(child).rpartition(" ")[2] for child in self.named(heritage))
        return (Class(name, tuple(functions), tuple(rest), self.at(node), bases),)

    s_abstract_class_declaration = s_class_declaration

    def _member(self, node: Node, owner: str, functions: list[Function]) -> tuple[Stmt, ...]:
        name, value = self.field(node, "property", "name"), self.field(node, "value")
        if name is None:
            return ()
        if value is not None and value.type in _FUNCTIONS:
            functions.append(self._function(value, self.text(name), owner))
            return ()
        made = self.expr(value) if value is not None else Mixed((), self.at(node))
        return (Set(self.name(name), made, self.at(node), type=self._type(self.field(node, "type"))),)

    def _mark(self, node: Node) -> Mark:
        text = self.text(node).lstrip("@").strip()
        return Mark(text.partition("(")[0], text)

    def _function(
        self, node: Node, name: str, owner: str = "", marks: tuple[Mark, ...] = (), owner_marks: tuple[Mark, ...] = ()
    ) -> Function:
        single = self.field(node, "parameter")
        params = (Param(self.text(single)),) if single is not None else ()
        patterns: list[tuple[str, Node]] = []
        for child in self.named(self.field(node, "parameters")):
            params = (*params, self._param(child, patterns))
        body, at = self.field(node, "body"), self.at(node)
        return Function(name, params, at, lambda: (*self._unpacked(patterns), *self._body(body)), marks, owner, owner_marks)

    def _body(self, body: Node | None) -> tuple[Stmt, ...]:
        if body is None or body.type == "statement_block":
            return self.block(body)
        return (Return(self.expr(body), self.at(body)),)

    def _unpacked(self, patterns: list[tuple[str, Node]]) -> tuple[Stmt, ...]:
        return tuple(Set(self.expr(node), Name(name, self.at(node)), self.at(node)) for name, node in patterns)

    def _param(self, node: Node, patterns: list[tuple[str, Node]]) -> Param:
        """A parameter; one that is taken apart at once gets a name of ours."""
        marks = tuple(self._mark(child).name for child in self.named(node) if child.type == "decorator")
        pattern = self.field(node, "pattern", "left") or node
        kind = self._type(self.field(node, "type")) or self.text(self.field(node, "type")).lstrip(": ")
        default = self.field(node, "value", "right")
        if pattern.type == "rest_pattern":
            return Param(self.text(pattern).lstrip("."), kind, marks, None, rest=True)
        if pattern.type in ("object_pattern", "array_pattern"):
            name = f"{{{len(patterns)}}}"
            patterns.append((name, pattern))
            return Param(name, kind, marks)
        return Param(self.text(pattern), kind, marks, self.expr(default) if default is not None else None)

    def e_arrow_function(self, node: Node) -> Expr:
        return Made(self._function(node, "lambda"), self.at(node))

    e_function_expression = e_function = e_generator_function = e_arrow_function

    # expressions

    def e_string(self, node: Node) -> Expr:
        return Const(unescaped(self.text(node)[1:-1]), self.at(node))

    def e_template_string(self, node: Node) -> Expr:
        parts: list[Expr] = []
        position = node.start_byte + 1
        for child in self.named(node):
            if child.type == "template_substitution":
                parts += self._between(position, child.start_byte)
                parts.append(self.inner(child))
                position = child.end_byte
        parts += self._between(position, node.end_byte - 1)
        return self.joined(parts, self.at(node))

    def _between(self, start: int, end: int) -> list[Expr]:
        text = self.content[start:end].decode("utf-8", "backslashreplace")
        return [Const(unescaped(text), (start, end))] if text else []

    def e_number(self, node: Node) -> Expr:
        return self.number(node)

    def e_undefined(self, node: Node) -> Expr:
        return Const(None, self.at(node))

    def e_regex(self, node: Node) -> Expr:
        return Const(self.text(self.field(node, "pattern")), self.at(node))

    def e_property_identifier(self, node: Node) -> Expr:
        return Const(self.text(node), self.at(node))

    def e_shorthand_property_identifier(self, node: Node) -> Expr:
        return self.name(node)

    e_shorthand_property_identifier_pattern = e_super = e_shorthand_property_identifier

    def e_member_expression(self, node: Node) -> Expr:
        return Attr(self.expr(self.field(node, "object")), self.text(self.field(node, "property")), self.at(node))

    def e_subscript_expression(self, node: Node) -> Expr:
        return Index(self.expr(self.field(node, "object")), self.expr(self.field(node, "index")), self.at(node))

    def e_call_expression(self, node: Node) -> Expr:
        """A chain of calls is built from its start: a promise's may be long."""
        links = [node]
        while (of := self._before(links[-1])) is not None:
            links.append(of)
        found: Expr | None = None
        for link in reversed(links):
            function = self.field(link, "function")
            if found is not None and function is not None:
                callee: Expr = Attr(found, self.text(self.field(function, "property")), self.at(link))
            else:
                callee = self.expr(function)
            found = self._call(link, callee)
        return found if found is not None else self.mixed(node)

    def _before(self, node: Node) -> Node | None:
        function = self.field(node, "function")
        of = self.field(function, "object") if function is not None and function.type == "member_expression" else None
        return of if of is not None and of.type == "call_expression" else None

    def _call(self, node: Node, callee: Expr) -> Expr:
        arguments = self.field(node, "arguments")
        if arguments is not None and arguments.type == "template_string":
            return Call(callee, (), self.at(node))
        args = tuple(self._arg(child) for child in self.named(arguments))
        if isinstance(callee, Name) and callee.id == "require" and args and isinstance(args[0].value, Const):
            first = next(iter(self.named(arguments)))
            return self._path(self._module(first), node)
        return Call(callee, args, self.at(node))

    def _path(self, module: str, node: Node) -> Expr:
        return Name(module, self.at(node))

    def _arg(self, node: Node) -> Arg:
        return Arg(self.inner(node), spread=True) if node.type == "spread_element" else Arg(self.expr(node))

    def e_new_expression(self, node: Node) -> Expr:
        args = tuple(self._arg(child) for child in self.named(self.field(node, "arguments")))
        return Call(self.expr(self.field(node, "constructor")), args, self.at(node), new=True)

    def e_await_expression(self, node: Node) -> Expr:
        return self.inner(node)

    e_spread_element = e_yield_expression = e_computed_property_name = e_await_expression

    def e_as_expression(self, node: Node) -> Expr:
        parts = self.named(node)
        return self.expr(parts[0]) if parts else self.mixed(node)

    e_satisfies_expression = e_non_null_expression = e_as_expression

    def e_type_assertion(self, node: Node) -> Expr:
        return self.inner(node)

    def e_sequence_expression(self, node: Node) -> Expr:
        return self.inner(node)

    def e_array(self, node: Node) -> Expr:
        parts = self.named(node)
        known = not any(part.type == "spread_element" for part in parts)
        return Items(tuple(self.expr(part) for part in parts), self.at(node), known)

    e_array_pattern = e_array

    def e_object(self, node: Node) -> Expr:
        return Pairs(tuple(pair for child in self.named(node) for pair in self._pairs(child)), self.at(node))

    e_object_pattern = e_object

    def _pairs(self, node: Node) -> list[tuple[Expr, Expr]]:
        at = self.at(node)
        if node.type in ("pair", "pair_pattern"):
            return [(self._key(self.field(node, "key")), self.expr(self.field(node, "value")))]
        if node.type in ("shorthand_property_identifier", "shorthand_property_identifier_pattern"):
            return [(Const(self.text(node), at), self.name(node))]
        if node.type in ("object_assignment_pattern", "assignment_pattern"):
            left = self.field(node, "left")
            return self._pairs(left) if left is not None else []
        if node.type == "method_definition":
            name = self.text(self.field(node, "name"))
            return [(Const(name, at), Made(self._function(node, name), at))]
        return [(Mixed((), at), self.inner(node))]

    def _key(self, node: Node | None) -> Expr:
        return self.expr(node)

    def e_assignment_pattern(self, node: Node) -> Expr:
        return self.expr(self.field(node, "left"))

    def e_rest_pattern(self, node: Node) -> Expr:
        return self.inner(node)

    def s_assignment_expression(self, node: Node) -> tuple[Stmt, ...]:
        left, right = self.field(node, "left"), self.field(node, "right")
        if left is not None and right is not None and right.type in _FUNCTIONS:
            return (
                Set(
                    self.expr(left),
                    Made(self._function(right, self.text(left).rpartition(".")[2]), self.at(right)),
                    self.at(node),
                ),
            )
        return super().s_assignment_expression(node)

    def e_update_expression(self, node: Node) -> Expr:
        operand = self.expr(self.field(node, "argument"))
        op = "+" if "++" in self.text(node) else "-"
        return Walrus(operand, Operation(op, (operand, Const(1, self.at(node))), self.at(node)), self.at(node))

    # JSX

    def e_jsx_attribute(self, node: Node) -> Expr:
        parts = self.named(node)
        if len(parts) < 2:
            return Mixed((), self.at(node))
        name = Attr(Name("jsx", self.at(node)), self.text(parts[0]), self.at(node))
        return Walrus(name, self.inner(parts[1]) if parts[1].type == "jsx_expression" else self.expr(parts[1]), self.at(node))

    def e_jsx_text(self, node: Node) -> Expr:
        return Const("", self.at(node))

    def s_decorator(self, node: Node) -> tuple[Stmt, ...]:
        return (Do(self.inner(node), self.at(node)),)


LOWERING = JavaScript
