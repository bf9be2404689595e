"""Go, by the grammar tree-sitter-go."""

from __future__ import annotations

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
    If,
    Import,
    Index,
    Items,
    Leave,
    Loop,
    Made,
    Mixed,
    Name,
    Operation,
    Pairs,
    Param,
    Return,
    Set,
    Stmt,
    Switch,
)
from reviewer.taint.lowering import unescaped

if TYPE_CHECKING:
    from tree_sitter import Node


class Go(CLike):
    """One Go file."""

    def s_source_file(self, node: Node) -> tuple[Stmt, ...]:
        return self.file(node)

    def file(self, root: Node) -> tuple[Stmt, ...]:
        """The statements of the file; methods stand with their types."""
        statements = self.body(child for child in self.named(root) if child.type != "method_declaration")
        methods: dict[str, list[Function]] = {}
        for child in self.named(root):
            if child.type == "method_declaration":
                owner, this = self._receiver(child)
                methods.setdefault(owner, []).append(self._function(child, self.text(self.field(child, "name")), owner, this))
        classes = (Class(name, tuple(functions), (), self.at(root)) for name, functions in methods.items())
        return (*statements, *classes)

    def s_package_clause(self, node: Node) -> tuple[Stmt, ...]:
        return ()

    s_type_declaration = s_fallthrough_statement = s_empty_statement = s_package_clause

    def s_import_declaration(self, node: Node) -> tuple[Stmt, ...]:
        specs = [child for child in self.named(node) if child.type == "import_spec"]
        specs += [spec for child in self.named(node) if child.type == "import_spec_list" for spec in self.named(child)]
        found = []
        for spec in specs:
            path = self.text(self.field(spec, "path")).strip('"`')
            last = path.rpartition("/")[2]
            plain = path.rsplit("/", 2)[-2] if last[:1] == "v" and last[1:].isdigit() and "/" in path else last
            name = self.text(self.field(spec, "name")) or plain.replace("-", "_").partition(".")[0]
            found.append(Import(name, plain, self.at(spec)))
        return tuple(found)

    # variables

    def s_var_declaration(self, node: Node) -> tuple[Stmt, ...]:
        specs = [spec for child in self.named(node) for spec in (self.named(child) if child.type == "var_spec_list" else [child])]
        return tuple(made for spec in specs for made in self._spec(spec))

    s_const_declaration = s_var_declaration

    def _spec(self, node: Node) -> tuple[Stmt, ...]:
        names = [self.name(child) for child in node.children_by_field_name("name")]
        kind = self._type(self.field(node, "type"))
        value = self.field(node, "value")
        if value is None:
            return tuple(Set(name, Mixed((), self.at(node)), self.at(node), type=kind) for name in names)
        return self._assigned(names, [self.expr(child) for child in self.named(value)], node, kind)

    def _assigned(self, targets: list[Expr], values: list[Expr], node: Node, kind: str = "") -> tuple[Stmt, ...]:
        """Several results of one call: the first is what counts, the others are errors and flags."""
        if len(values) == 1 and len(targets) > 1:
            rest = [Set(target, Mixed((), self.at(node)), self.at(node)) for target in targets[1:]]
            if isinstance(values[0], Call):
                tuple_like = Call(Name("{first}", self.at(node)), (Arg(values[0]),), self.at(node))
                spread = Items(tuple(targets), self.at(node))
                return (Set(spread, tuple_like, self.at(node)),)
            return (Set(targets[0], values[0], self.at(node), type=kind), *rest)
        return tuple(Set(target, value, self.at(node), type=kind) for target, value in zip(targets, values, strict=False))

    def s_short_var_declaration(self, node: Node) -> tuple[Stmt, ...]:
        targets = [self.expr(child) for child in self.named(self.field(node, "left"))]
        return self._assigned(targets, [self.expr(child) for child in self.named(self.field(node, "right"))], node)

    def s_assignment_statement(self, node: Node) -> tuple[Stmt, ...]:
        op = (self.operator(node) or "=").removesuffix("=")
        if op:
            left, right = (self.named(self.field(node, side)) for side in ("left", "right"))
            return (Set(self.expr(left[0]), self.expr(right[0]), self.at(node), op),) if left and right else ()
        return self.s_short_var_declaration(node)

    def s_inc_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Set(self.inner(node), Const(1, self.at(node)), self.at(node), "+"),)

    def s_dec_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Set(self.inner(node), Const(1, self.at(node)), self.at(node), "-"),)

    def s_send_statement(self, node: Node) -> tuple[Stmt, ...]:
        push = Attr(self.expr(self.field(node, "channel")), "send", self.at(node))
        return (Do(Call(push, (Arg(self.expr(self.field(node, "value"))),), self.at(node)), self.at(node)),)

    # statements

    def s_statement_list(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    def s_if_statement(self, node: Node) -> tuple[Stmt, ...]:
        links = [node]
        while (other := self.field(links[-1], "alternative")) is not None and other.type == "if_statement":
            links.append(other)
        no = self.block(self.field(links[-1], "alternative"))
        for link in reversed(links):
            before = self.block(self.field(link, "initializer"))
            test = self.expr(self.field(link, "condition"))
            no = (*before, If(test, self.block(self.field(link, "consequence")), no, self.at(link)))
        return no

    def s_for_statement(self, node: Node) -> tuple[Stmt, ...]:
        body, at = self.block(self.field(node, "body")), self.at(node)
        clause = next((child for child in self.named(node) if child.type != "block"), None)
        unknown = Operation("?", (Const(None, at),), at)
        if clause is None:
            return (Loop(body, at, test=unknown),)
        if clause.type == "range_clause":
            targets = [self.expr(child) for child in self.named(self.field(clause, "left"))]
            of = self.expr(self.field(clause, "right"))
            target = Items(tuple(targets), at) if len(targets) > 1 else next(iter(targets), None)
            return (Loop(body, at, target=target, of=of, pairs=len(targets) > 1),)
        if clause.type == "for_clause":
            condition = self.field(clause, "condition")
            test = self.expr(condition) if condition is not None else unknown
            before, step = self.block(self.field(clause, "initializer")), self.block(self.field(clause, "update"))
            return (*before, Loop(body, at, test=test, step=step))
        return (Loop(body, at, test=self.expr(clause)),)

    def s_expression_switch_statement(self, node: Node) -> tuple[Stmt, ...]:
        cases = []
        for child in self.named(node):
            if child.type in ("expression_case", "default_case"):
                value = self.field(child, "value")
                rest = [part for part in self.named(child) if value is None or part.id != value.id]
                cases.append(Case(tuple(self.expr(part) for part in self.named(value)), self.body(rest)))
        subject = self.field(node, "value")
        tested = self.expr(subject) if subject is not None else Const(True, self.at(node))
        return (*self.block(self.field(node, "initializer")), Switch(tested, tuple(cases), self.at(node)))

    def s_type_switch_statement(self, node: Node) -> tuple[Stmt, ...]:
        cases = [child for child in self.named(node) if child.type in ("type_case", "default_case")]
        alias = self.field(node, "alias")
        value = self.expr(self.field(node, "value"))
        before = (Set(self.inner(alias), value, self.at(node)),) if alias is not None else ()
        return (
            *before,
            Switch(Mixed((), self.at(node)), tuple(Case((), self.body(self.named(child))) for child in cases), self.at(node)),
        )

    def s_select_statement(self, node: Node) -> tuple[Stmt, ...]:
        cases = [Case((), self.body(self.named(child))) for child in self.named(node)]
        return (Switch(Mixed((), self.at(node)), tuple(cases), self.at(node)),)

    def s_go_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Do(self.inner(node), self.at(node)),)

    s_defer_statement = s_go_statement

    def s_return_statement(self, node: Node) -> tuple[Stmt, ...]:
        parts = [part for child in self.named(node) for part in self.named(child)]
        if not parts:
            return (Return(None, self.at(node)),)
        if len(parts) == 1:
            return (Return(self.expr(parts[0]), self.at(node)),)
        return (Return(Items(tuple(self.expr(part) for part in parts), self.at(node)), self.at(node)),)

    def s_goto_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (Leave("raise", self.at(node)),)

    # functions

    def s_function_declaration(self, node: Node) -> tuple[Stmt, ...]:
        return (Define(self._function(node, self.text(self.field(node, "name"))), self.at(node)),)

    def _receiver(self, node: Node) -> tuple[str, str]:
        """The type that a method belongs to, and the name of its object."""
        for child in self.named(self.field(node, "receiver")):
            return self._type(self.field(child, "type")), self.text(self.field(child, "name")) or "this"
        return "", "this"

    def _function(self, node: Node, name: str, owner: str = "", this: str = "this") -> Function:
        params: list[Param] = []
        for child in self.named(self.field(node, "parameters")):
            kind = self._type(self.field(child, "type"))
            rest = child.type == "variadic_parameter_declaration"
            params += [Param(self.text(one), kind, rest=rest) for one in child.children_by_field_name("name")]
        body = self.field(node, "body")
        return Function(
            name, tuple(params), self.at(node), lambda: self.block(body), owner=owner, public=name[:1].isupper(), this=this
        )

    def _type(self, node: Node | None) -> str:
        return self.text(node).lstrip("*&[]").partition("[")[0] if node is not None else ""

    def e_func_literal(self, node: Node) -> Expr:
        return Made(self._function(node, "lambda"), self.at(node))

    # expressions

    def e_selector_expression(self, node: Node) -> Expr:
        return Attr(self.expr(self.field(node, "operand")), self.text(self.field(node, "field")), self.at(node))

    def e_index_expression(self, node: Node) -> Expr:
        return Index(self.expr(self.field(node, "operand")), self.expr(self.field(node, "index")), self.at(node))

    def e_slice_expression(self, node: Node) -> Expr:
        return Index(self.expr(self.field(node, "operand")), None, self.at(node))

    def e_call_expression(self, node: Node) -> Expr:
        links = [node]
        while (of := self._before(links[-1])) is not None:
            links.append(of)
        found: Expr | None = None
        for link in reversed(links):
            function = self.field(link, "function")
            at = self.at(link)
            if found is not None and function is not None:
                callee: Expr = Attr(found, self.text(self.field(function, "field")), at)
            else:
                callee = self.expr(function)
            found = Call(callee, self._args(link), at)
        return found if found is not None else self.mixed(node)

    def _before(self, node: Node) -> Node | None:
        function = self.field(node, "function")
        of = self.field(function, "operand") if function is not None and function.type == "selector_expression" else None
        return of if of is not None and of.type == "call_expression" else None

    def _args(self, node: Node) -> tuple[Arg, ...]:
        arguments = self.field(node, "arguments")
        parts = self.named(arguments)
        spread = arguments is not None and any(child.type == "..." for child in arguments.children)
        return tuple(Arg(self.expr(part), spread=spread and part.id == parts[-1].id) for part in parts)

    def e_type_conversion_expression(self, node: Node) -> Expr:
        return self.expr(self.field(node, "operand"))

    e_type_assertion_expression = e_type_conversion_expression

    def e_slice_type(self, node: Node) -> Expr:
        return Mixed((), self.at(node))

    e_array_type = e_map_type = e_slice_type

    def e_composite_literal(self, node: Node) -> Expr:
        body, at = self.field(node, "body"), self.at(node)
        pairs, plain = [], []
        for child in self.named(body):
            if child.type == "keyed_element":
                key, value = (self.named(child) + [child, child])[:2]
                pairs.append((self._key(key), self.expr(value)))
            else:
                plain.append(self.expr(child))
        return Pairs(tuple(pairs), at) if pairs else Items(tuple(plain), at)

    def _key(self, node: Node) -> Expr:
        parts = self.named(node)
        inner = parts[0] if len(parts) == 1 else node
        return Const(self.text(inner), self.at(node)) if inner.type in ("identifier", "field_identifier") else self.expr(inner)

    def e_literal_element(self, node: Node) -> Expr:
        return self.inner(node)

    def e_literal_value(self, node: Node) -> Expr:
        return Items(tuple(self.expr(child) for child in self.named(node)), self.at(node))

    def e_interpreted_string_literal(self, node: Node) -> Expr:
        return Const(unescaped(self.text(node)[1:-1]), self.at(node))

    def e_raw_string_literal(self, node: Node) -> Expr:
        return Const(self.text(node)[1:-1], self.at(node))

    def e_rune_literal(self, node: Node) -> Expr:
        return Const(unescaped(self.text(node)[1:-1]), self.at(node))

    def e_int_literal(self, node: Node) -> Expr:
        return self.number(node)

    e_float_literal = e_int_literal

    def e_nil(self, node: Node) -> Expr:
        return Const(None, self.at(node))

    def e_unary_expression(self, node: Node) -> Expr:
        if self.operator(node) in ("&", "*", "<-"):
            return self.expr(self.field(node, "operand"))
        return super().e_unary_expression(node)

    def e_field_identifier(self, node: Node) -> Expr:
        return Const(self.text(node), self.at(node))


LOWERING = Go
