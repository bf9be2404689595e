"""C#, by the grammar tree-sitter-c-sharp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.taint.clike import CLike
from reviewer.taint.ir import (
    Arg,
    Attr,
    Block,
    Call,
    Case,
    Class,
    Const,
    Define,
    Expr,
    Function,
    Import,
    Index,
    Items,
    Loop,
    Made,
    Mark,
    Mixed,
    Operation,
    Pairs,
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

_TYPES = ("class_declaration", "struct_declaration", "record_declaration", "interface_declaration", "enum_declaration")
_METHODS = ("method_declaration", "constructor_declaration", "destructor_declaration", "operator_declaration")
_UNTOLD = frozenset({"var", "string", "object", "int", "long", "bool", "char", "dynamic", "double", "String", "Object", "Task"})


class CSharp(CLike):
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

    # expressions

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


LOWERING = CSharp
