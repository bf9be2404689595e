"""Ruby, by the grammar tree-sitter-ruby. A call without arguments looks like a variable, and is taken for one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reviewer.taint.ir import (
    Arg,
    Attr,
    Call,
    Case,
    Choice,
    Class,
    Const,
    Define,
    Do,
    Expr,
    Function,
    If,
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
    Try,
    Walrus,
)
from reviewer.taint.lowering import Lowering, unescaped

if TYPE_CHECKING:
    from tree_sitter import Node

_OPERATORS = {"&&": "and", "||": "or", "/": "div", "=~": "=~", "<<": "<<"}


class Ruby(Lowering):
    """One Ruby file."""

    spellings = MappingProxyType({"`": ("%x",), "Regexp": ("#{",), "new": ("#{",)})
    # statements

    def s_body_statement(self, node: Node) -> tuple[Stmt, ...]:
        handlers = [child for child in self.named(node) if child.type == "rescue"]
        last = [child for child in self.named(node) if child.type == "ensure"]
        rest = [child for child in self.named(node) if child.type not in ("rescue", "ensure")]
        body = self.body(rest)
        if not handlers and not last:
            return body
        made = tuple(self._last_block(child) for child in handlers)
        return (Try(body, made, self.body(part for child in last for part in self.named(child)), self.at(node)),)

    s_begin = s_body_statement

    def _last_block(self, node: Node) -> tuple[Stmt, ...]:
        body = node.child_by_field_name("body")
        return self.block(body)

    def s_then(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    s_do = s_else = s_block_body = s_parenthesized_statements = s_program = s_begin_block = s_then

    def s_if(self, node: Node) -> tuple[Stmt, ...]:
        links = [node]
        while (other := links[-1].child_by_field_name("alternative")) is not None and other.type == "elsif":
            links.append(other)
        no = self.block(links[-1].child_by_field_name("alternative"))
        for link in reversed(links):
            no = (If(self._test(link), self.block(link.child_by_field_name("consequence")), no, self.at(link)),)
        return no

    def s_unless(self, node: Node) -> tuple[Stmt, ...]:
        yes, no = self.block(node.child_by_field_name("consequence")), self.block(node.child_by_field_name("alternative"))
        return (If(self._test(node), no, yes, self.at(node)),)

    def _test(self, node: Node) -> Expr:
        return self.expr(node.child_by_field_name("condition"))

    def s_if_modifier(self, node: Node) -> tuple[Stmt, ...]:
        return (If(self._test(node), self.block(node.child_by_field_name("body")), (), self.at(node)),)

    def s_unless_modifier(self, node: Node) -> tuple[Stmt, ...]:
        return (If(self._test(node), (), self.block(node.child_by_field_name("body")), self.at(node)),)

    def s_while(self, node: Node) -> tuple[Stmt, ...]:
        return (Loop(self.block(node.child_by_field_name("body")), self.at(node), test=self._test(node)),)

    s_while_modifier = s_while

    def s_until(self, node: Node) -> tuple[Stmt, ...]:
        test = Operation("not", (self._test(node),), self.at(node))
        return (Loop(self.block(node.child_by_field_name("body")), self.at(node), test=test),)

    s_until_modifier = s_until

    def s_for(self, node: Node) -> tuple[Stmt, ...]:
        value = node.child_by_field_name("value")
        of = self.inner(value) if value is not None else Const(None, self.at(node))
        target = self.expr(node.child_by_field_name("pattern"))
        return (Loop(self.block(node.child_by_field_name("body")), self.at(node), target=target, of=of),)

    def s_case(self, node: Node) -> tuple[Stmt, ...]:
        cases = []
        for child in self.named(node):
            if child.type == "when":
                values = tuple(self.inner(part) for part in child.children_by_field_name("pattern"))
                cases.append(Case(values, self.block(child.child_by_field_name("body"))))
            elif child.type == "else":
                cases.append(Case((), self.block(child)))
        value = node.child_by_field_name("value")
        subject = self.expr(value) if value is not None else Mixed((), self.at(node))
        return (Switch(subject, tuple(cases), self.at(node)),)

    def s_return(self, node: Node) -> tuple[Stmt, ...]:
        parts = [part for child in self.named(node) for part in self.named(child)]
        return (Return(self.expr(parts[0]) if len(parts) == 1 else self.mixed(node) if parts else None, self.at(node)),)

    def s_break(self, node: Node) -> tuple[Stmt, ...]:
        return (Leave("break", self.at(node)),)

    def s_next(self, node: Node) -> tuple[Stmt, ...]:
        return (Leave("continue", self.at(node)),)

    def s_rescue_modifier(self, node: Node) -> tuple[Stmt, ...]:
        body, handler = (self.block(node.child_by_field_name(name)) for name in ("body", "handler"))
        return (Try(body, (handler,), (), self.at(node)),)

    def s_assignment(self, node: Node) -> tuple[Stmt, ...]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return (Set(self.expr(left), self.expr(right), self.at(node)),)

    def s_operator_assignment(self, node: Node) -> tuple[Stmt, ...]:
        op = self.operator(node).removesuffix("=")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return (Set(self.expr(left), self.expr(right), self.at(node), {"||": "or", "&&": "and"}.get(op, op)),)

    def s_call(self, node: Node) -> tuple[Stmt, ...]:
        name = self.text(node.child_by_field_name("method"))
        if node.child_by_field_name("receiver") is None and name in ("raise", "fail", "halt", "abort", "exit"):
            return (Leave("raise", self.at(node), self.expr(node)),)
        return (Do(self.expr(node), self.at(node)),)

    # definitions

    def s_method(self, node: Node) -> tuple[Stmt, ...]:
        return (Define(self._function(node), self.at(node)),)

    s_singleton_method = s_method

    def s_class(self, node: Node) -> tuple[Stmt, ...]:
        name = self.text(node.child_by_field_name("name"))
        members = self.named(node.child_by_field_name("body"))
        functions = tuple(self._function(child, name) for child in members if child.type in ("method", "singleton_method"))
        rest = self.body(child for child in members if child.type not in ("method", "singleton_method"))
        above = node.child_by_field_name("superclass")
        bases = tuple(self.text(child) for child in self.named(above))
        return (Class(name, functions, rest, self.at(node), bases),)

    s_module = s_class

    def _function(self, node: Node, owner: str = "") -> Function:
        params = tuple(self._param(child) for child in self.named(node.child_by_field_name("parameters")))
        body = node.child_by_field_name("body")
        name = self.text(node.child_by_field_name("name"))
        return Function(name, params, self.at(node), lambda: self.block(body), owner=owner, this="self", implicit=True)

    def _param(self, node: Node) -> Param:
        name = node.child_by_field_name("name") or node
        value = node.child_by_field_name("value")
        rest = node.type in ("splat_parameter", "hash_splat_parameter")
        return Param(self.text(name).lstrip("*&"), default=self.expr(value) if value is not None else None, rest=rest)

    # expressions

    def e_identifier(self, node: Node) -> Expr:
        return self.name(node)

    e_constant = e_global_variable = e_class_variable = e_identifier

    def e_instance_variable(self, node: Node) -> Expr:
        return Attr(Name("self", self.at(node)), self.text(node).lstrip("@"), self.at(node))

    def e_self(self, node: Node) -> Expr:
        return Name("self", self.at(node))

    def e_scope_resolution(self, node: Node) -> Expr:
        scope = node.child_by_field_name("scope")
        name = self.text(node.child_by_field_name("name"))
        return Attr(self.expr(scope), name, self.at(node)) if scope is not None else Name(name, self.at(node))

    def e_call(self, node: Node) -> Expr:
        links = [node]
        while (of := links[-1].child_by_field_name("receiver")) is not None and of.type == "call":
            links.append(of)
        first = links[-1].child_by_field_name("receiver")
        found: Expr | None = self.expr(first) if first is not None else None
        for link in reversed(links):
            found = self._call(link, found)
        return found if found is not None else self.mixed(node)

    def _call(self, node: Node, receiver: Expr | None) -> Expr:
        name, at = self.text(node.child_by_field_name("method")), self.at(node)
        arguments, block = node.child_by_field_name("arguments"), node.child_by_field_name("block")
        args = self._args(arguments)
        if block is not None:
            args = (*args, Arg(self._block(block)))
        if receiver is not None and name == "new":
            return Call(receiver, args, at, new=True)
        callee: Expr = Attr(receiver, name or "call", at) if receiver is not None else Name(name, at)
        if receiver is not None and arguments is None and block is None:
            # Without parentheses it may be an attribute; as a call it is looked at all the same.
            return Call(callee, (), at)
        return Call(callee, args, at)

    def _args(self, node: Node | None) -> tuple[Arg, ...]:
        found: list[Arg] = []
        pairs: list[tuple[Expr, Expr]] = []
        for child in self.named(node):
            if child.type == "pair":
                key = self.expr(child.child_by_field_name("key"))
                value = self.expr(child.child_by_field_name("value"))
                pairs.append((key, value))
                if isinstance(key, Const) and isinstance(key.value, str):
                    found.append(Arg(value, key.value))
            elif child.type == "splat_argument":
                found.append(Arg(self.inner(child), spread=True))
            elif child.type == "block_argument":
                found.append(Arg(self.inner(child), "&"))
            else:
                found.append(Arg(self.expr(child)))
        if pairs and not any(not arg.name for arg in found):
            found.append(Arg(Pairs(tuple(pairs), pairs[0][0].at)))
        return tuple(found)

    def _block(self, node: Node) -> Expr:
        params = tuple(self._param(child) for child in self.named(node.child_by_field_name("parameters")))
        body = node.child_by_field_name("body")
        return Made(
            Function("lambda", params, self.at(node), lambda: self.block(body), this="{self}", implicit=True), self.at(node)
        )

    def e_lambda(self, node: Node) -> Expr:
        body = node.child_by_field_name("body")
        return self._block(body if body is not None else node)

    def e_element_reference(self, node: Node) -> Expr:
        parts = self.named(node)
        return Index(self.expr(parts[0]), self.expr(parts[1]) if len(parts) == 2 else None, self.at(node))

    def e_string(self, node: Node) -> Expr:
        parts: list[Expr] = []
        for child in self.named(node):
            literal = child.type in ("string_content", "escape_sequence")
            parts.append(Const(unescaped(self.text(child)), self.at(child)) if literal else self.inner(child))
        return self.joined(parts, self.at(node))

    e_bare_string = e_string

    def e_chained_string(self, node: Node) -> Expr:
        return self.joined((self.expr(child) for child in self.named(node)), self.at(node))

    def e_heredoc_beginning(self, node: Node) -> Expr:
        """The text of a heredoc stands after the statement that begins it."""
        around = node.parent
        while around is not None:
            body = next(
                (child for child in around.children if child.type == "heredoc_body" and child.start_byte > node.start_byte), None
            )
            if body is not None:
                parts = [child for child in body.named_children if child.type in ("heredoc_content", "interpolation")]
                made = (Const(self.text(c), self.at(c)) if c.type == "heredoc_content" else self.inner(c) for c in parts)
                return self.joined(made, self.at(node))
            around = around.parent
        return Const("", self.at(node))

    def e_subshell(self, node: Node) -> Expr:
        return Call(Name("`", self.at(node)), (Arg(self.e_string(node)),), self.at(node))

    def e_simple_symbol(self, node: Node) -> Expr:
        return Const(self.text(node).lstrip(":"), self.at(node))

    def e_hash_key_symbol(self, node: Node) -> Expr:
        return Const(self.text(node), self.at(node))

    def e_regex(self, node: Node) -> Expr:
        if any(child.type == "interpolation" for child in self.named(node)):
            return Call(Attr(Name("Regexp", self.at(node)), "new", self.at(node)), (Arg(self.e_string(node)),), self.at(node))
        return self.e_string(node)

    def e_nil(self, node: Node) -> Expr:
        return Const(None, self.at(node))

    def e_array(self, node: Node) -> Expr:
        parts = self.named(node)
        return Items(tuple(self.expr(part) for part in parts), self.at(node), not any(p.type == "splat_argument" for p in parts))

    e_string_array = e_symbol_array = e_array

    def e_left_assignment_list(self, node: Node) -> Expr:
        return Items(tuple(self.expr(part) for part in self.named(node)), self.at(node))

    e_right_assignment_list = e_left_assignment_list

    def e_hash(self, node: Node) -> Expr:
        pairs = []
        for child in self.named(node):
            if child.type == "pair":
                pairs.append((self.expr(child.child_by_field_name("key")), self.expr(child.child_by_field_name("value"))))
            else:
                pairs.append((Mixed((), self.at(child)), self.inner(child)))
        return Pairs(tuple(pairs), self.at(node))

    def e_binary(self, node: Node) -> Expr:
        return self.chain(node, "binary", self._binary)

    def _binary(self, node: Node, left: Expr, right: Expr) -> Expr:
        if self.operator(node) == "<<":
            return Call(Attr(left, "push", self.at(node)), (Arg(right),), self.at(node))
        return self.operation(node, left, right, _OPERATORS)

    def e_unary(self, node: Node) -> Expr:
        op = {"!": "not", "not": "not", "-": "neg"}.get(self.operator(node), "~")
        return Operation(op, (self.expr(node.child_by_field_name("operand")),), self.at(node))

    def e_conditional(self, node: Node) -> Expr:
        yes, no = (self.expr(node.child_by_field_name(name)) for name in ("consequence", "alternative"))
        return Choice(self._test(node), yes, no, self.at(node))

    def e_if(self, node: Node) -> Expr:
        yes = node.child_by_field_name("consequence")
        no = node.child_by_field_name("alternative")
        return Choice(self._test(node), self._value(yes), self._value(no), self.at(node))

    e_elsif = e_unless = e_if

    def _value(self, node: Node | None) -> Expr:
        if node is None:
            return Const(None, (0, 0))
        return self.expr(node) if node.type == "elsif" else self.inner(node)

    def e_parenthesized_statements(self, node: Node) -> Expr:
        return self.inner(node)

    e_splat_argument = e_hash_splat_argument = e_parenthesized_statements

    def e_assignment(self, node: Node) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return Walrus(self.expr(left), self.expr(right), self.at(node))


LOWERING = Ruby
