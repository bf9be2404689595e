"""Python, by the grammar tree-sitter-python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reviewer.taint.ir import (
    Arg,
    Attr,
    Call,
    Case,
    Class,
    Define,
    Do,
    Expr,
    Function,
    If,
    Import,
    Index,
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
    Try,
)
from reviewer.taint.languages._python_expressions import PythonExpressions

if TYPE_CHECKING:
    from tree_sitter import Node


_ANNOTATED = re.compile(r"(?:\w+\.)*Annotated\[([^,\[\]]+(?:\[[^\]]*\])?),(.*)\]", re.DOTALL)
"""`Annotated[str, Query()]`, which says by what a parameter is filled."""
_CALLED = re.compile(r"([\w.]+)\(")


class Python(PythonExpressions):
    """One Python file."""

    owner = ""
    owner_marks: tuple[Mark, ...] = ()

    # statements

    def s_module(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    s_block = s_module

    def s_import_statement(self, node: Node) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        for child in node.children_by_field_name("name"):
            path = self.text(child.child_by_field_name("name") or child)
            alias = self.text(child.child_by_field_name("alias"))
            first = path.partition(".")[0]
            found.append(Import(alias or first, path if alias else first, self.at(child)))
        return tuple(found)

    def s_import_from_statement(self, node: Node) -> tuple[Stmt, ...]:
        module = self.text(node.child_by_field_name("module_name")).strip(".")
        found = []
        for child in node.children_by_field_name("name"):
            name = self.text(child.child_by_field_name("name") or child)
            alias = self.text(child.child_by_field_name("alias")) or name
            found.append(Import(alias, f"{module}.{name}" if module else name, self.at(child)))
        return tuple(found)

    def s_expression_statement(self, node: Node) -> tuple[Stmt, ...]:
        return self.body(self.named(node))

    def s_assignment(self, node: Node) -> tuple[Stmt, ...]:
        right = node.child_by_field_name("right")
        left = node.child_by_field_name("left")
        kind = self.text(node.child_by_field_name("type"))
        if right is None:
            return ()
        if right.type == "assignment":
            inner = self.s_assignment(right)
            again = right.child_by_field_name("left")
            return (*inner, Set(self.expr(left), self.expr(again), self.at(node)))
        return (Set(self.expr(left), self.expr(right), self.at(node), type=kind if kind.isidentifier() else ""),)

    def s_augmented_assignment(self, node: Node) -> tuple[Stmt, ...]:
        op = self.operator(node).removesuffix("=")
        return (
            Set(self.expr(node.child_by_field_name("left")), self.expr(node.child_by_field_name("right")), self.at(node), op),
        )

    def s_raise_statement(self, node: Node) -> tuple[Stmt, ...]:
        parts = self.named(node)
        return (Leave("raise", self.at(node), self.expr(parts[0]) if parts else None),)

    def s_pass_statement(self, node: Node) -> tuple[Stmt, ...]:
        return ()

    s_global_statement = s_nonlocal_statement = s_type_alias_statement = s_pass_statement

    def s_assert_statement(self, node: Node) -> tuple[Stmt, ...]:
        return (If(self.expr(self.named(node)[0]), (), (Leave("raise", self.at(node)),), self.at(node)),)

    def s_if_statement(self, node: Node) -> tuple[Stmt, ...]:
        no: tuple[Stmt, ...] = ()
        for clause in reversed(node.children_by_field_name("alternative")):
            other = clause.type == "else_clause"
            no = self.block(clause.child_by_field_name("body")) if other else (self._branch(clause, no),)
        return (self._branch(node, no),)

    def _branch(self, node: Node, no: tuple[Stmt, ...]) -> Stmt:
        yes = self.block(node.child_by_field_name("consequence"))
        return If(self.expr(node.child_by_field_name("condition")), yes, no, self.at(node))

    def s_for_statement(self, node: Node) -> tuple[Stmt, ...]:
        body = self.block(node.child_by_field_name("body"))
        target = self.expr(node.child_by_field_name("left"))
        of = self.expr(node.child_by_field_name("right"))
        pairs = isinstance(of, Call) and isinstance(of.of, Attr) and of.of.name == "items"
        if isinstance(of, Call) and isinstance(of.of, Name) and of.of.id == "enumerate" and of.args:
            of, pairs = of.args[0].value, True
        return (Loop(body, self.at(node), target=target, of=of, after=self._after(node), pairs=pairs),)

    def s_while_statement(self, node: Node) -> tuple[Stmt, ...]:
        test = self.expr(node.child_by_field_name("condition"))
        return (Loop(self.block(node.child_by_field_name("body")), self.at(node), test=test, after=self._after(node)),)

    def _after(self, node: Node) -> tuple[Stmt, ...]:
        clause = node.child_by_field_name("alternative")
        return self.block(clause.child_by_field_name("body")) if clause is not None else ()

    def s_try_statement(self, node: Node) -> tuple[Stmt, ...]:
        body = self.block(node.child_by_field_name("body"))
        handlers: list[tuple[Stmt, ...]] = []
        last: tuple[Stmt, ...] = ()
        for clause in self.named(node):
            if clause.type in ("except_clause", "except_group_clause"):
                handlers.append(self.block(self.named(clause)[-1]))
            elif clause.type == "else_clause":
                body += self.block(clause.child_by_field_name("body"))
            elif clause.type == "finally_clause":
                last = self.block(self.named(clause)[-1])
        return (Try(body, tuple(handlers), last, self.at(node)),)

    def s_with_statement(self, node: Node) -> tuple[Stmt, ...]:
        clause = next((child for child in self.named(node) if child.type == "with_clause"), None)
        found: list[Stmt] = []
        for item in self.named(clause):
            value = item.child_by_field_name("value")
            if value is not None and value.type == "as_pattern":
                parts = self.named(value)
                found.append(Set(self.inner(parts[-1]), self.expr(parts[0]), self.at(item)))
            elif value is not None:
                found.append(Do(self.expr(value), self.at(item)))
        return (*found, *self.block(node.child_by_field_name("body")))

    def s_match_statement(self, node: Node) -> tuple[Stmt, ...]:
        cases = []
        for clause in self.named(node.child_by_field_name("body")):
            patterns = [child for child in self.named(clause) if child.type == "case_pattern"]
            values = tuple(value for pattern in patterns for value in self._pattern(pattern))
            guarded = clause.child_by_field_name("guard") is not None
            cases.append(
                Case((Mixed((), self.at(clause)),) if guarded else values, self.block(clause.child_by_field_name("consequence")))
            )
        subject = node.child_by_field_name("subject")
        return (Switch(self.expr(subject), tuple(cases), self.at(node)),)

    def _pattern(self, node: Node) -> tuple[Expr, ...]:
        """The values that a pattern matches; none for one that matches all."""
        parts = self.named(node)
        if not parts:
            return () if self.text(node).strip() == "_" else (self.expr(node),)
        part = parts[0]
        if part.type == "union_pattern":
            return tuple(self.expr(child) for child in self.named(part))
        if part.type == "dotted_name" and "." not in self.text(part):
            return ()
        return (self.expr(part),)

    def s_delete_statement(self, node: Node) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        for part in self.named(node):
            target = self.expr(part)
            if isinstance(target, Index) and target.key is not None:
                pop = Attr(target.of, "pop", target.at)
                found.append(Do(Call(pop, (Arg(target.key),), target.at), self.at(node)))
        return tuple(found)

    # definitions

    def s_decorated_definition(self, node: Node) -> tuple[Stmt, ...]:
        marks = tuple(self._mark(child) for child in self.named(node) if child.type == "decorator")
        definition = node.child_by_field_name("definition")
        if definition is None:
            return ()
        if definition.type == "class_definition":
            return self._class(definition, marks)
        function = self._function(definition, marks)
        return (*self._mark_calls(node), Define(function, self.at(node)))

    def _mark_calls(self, node: Node) -> tuple[Stmt, ...]:
        return tuple(Do(self.inner(child), self.at(child)) for child in self.named(node) if child.type == "decorator")

    def _mark(self, node: Node) -> Mark:
        text = self.text(node).lstrip("@").strip()
        return Mark(text.partition("(")[0].strip(), text)

    def s_function_definition(self, node: Node) -> tuple[Stmt, ...]:
        return (Define(self._function(node, ()), self.at(node)),)

    def _function(self, node: Node, marks: tuple[Mark, ...], owner: str = "", owner_marks: tuple[Mark, ...] = ()) -> Function:
        name = self.text(node.child_by_field_name("name"))
        params = self._params(node.child_by_field_name("parameters"))
        this = "self"
        if owner and params and not any(mark.name == "staticmethod" for mark in marks):
            this, params = params[0].name, params[1:]
        body = node.child_by_field_name("body")
        returns = self.text(node.child_by_field_name("return_type"))
        return Function(
            name, params, self.at(node), lambda: self.block(body), marks, owner, owner_marks,
            public=not name.startswith("_"), returns=returns, this=this,
        )  # fmt: skip

    def _params(self, node: Node | None) -> tuple[Param, ...]:
        return tuple(param for child in self.named(node) if (param := self._param(child)) is not None)

    def _param(self, node: Node) -> Param | None:
        if node.type == "identifier":
            return Param(self.text(node))
        if node.type in ("list_splat_pattern", "dictionary_splat_pattern"):
            return Param(self.text(node).lstrip("*"), rest=True)
        name = node.child_by_field_name("name") or next(iter(self.named(node)), None)
        if name is None or node.type in ("keyword_separator", "positional_separator"):
            return None
        written = self.text(name)
        kind = self.text(node.child_by_field_name("type"))
        marks: tuple[str, ...] = ()
        annotated = _ANNOTATED.fullmatch(kind)
        if annotated is not None:
            kind, marks = annotated[1].strip(), tuple(_CALLED.findall(annotated[2]))
        kind = kind.removesuffix(" | None").removeprefix("Optional[").rstrip("]")
        default = node.child_by_field_name("value")
        value = self.expr(default) if default is not None else None
        return Param(written.lstrip("*"), kind, marks, value, written.startswith("*"))

    def s_class_definition(self, node: Node) -> tuple[Stmt, ...]:
        return self._class(node, ())

    def _class(self, node: Node, marks: tuple[Mark, ...]) -> tuple[Stmt, ...]:
        name = self.text(node.child_by_field_name("name"))
        bases = tuple(self.text(child) for child in self.named(node.child_by_field_name("superclasses")))
        # A class-based view is called by the framework that its base names.
        marks = (*marks, *(Mark(f"class:{base.rpartition('.')[2]}", base) for base in bases))
        functions: list[Function] = []
        rest: list[Node] = []
        for child in self.named(node.child_by_field_name("body")):
            own = tuple(self._mark(mark) for mark in self.named(child) if mark.type == "decorator")
            definition = child.child_by_field_name("definition") if child.type == "decorated_definition" else child
            if definition is not None and definition.type == "function_definition":
                functions.append(self._function(definition, own, name, marks))
            else:
                rest.append(child)
        return (Class(name, tuple(functions), self.body(rest), self.at(node), bases),)

    def e_lambda(self, node: Node) -> Expr:
        body = node.child_by_field_name("body")
        at = self.at(node)
        params = self._params(node.child_by_field_name("parameters"))
        return Made(Function("lambda", params, at, lambda: (Return(self.expr(body), at),)), at)


LOWERING = Python
