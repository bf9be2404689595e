"""A YAML mapping that knows its lines."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reviewer.errors import RuleError

if TYPE_CHECKING:
    import yaml

_E = TypeVar("_E", bound=Enum)

FORM = "See docs/rules.md for the form of a rule file."


class Table:
    """A YAML mapping that knows the line of every key.

    Raises:
        RuleError: it is no mapping, or a key is missing, unknown, or there twice.
    """

    def __init__(
        self,
        path: Path,
        line: int,
        node: yaml.Node | None,
        loader: yaml.SafeLoader,
        *,
        required: Iterable[str],
        optional: Iterable[str] = (),
    ) -> None:
        import yaml

        self.path = path
        self.line = line
        self.loader = loader
        self.lines: dict[str, int] = {}
        self.values: dict[str, object] = {}
        self.nodes: dict[str, yaml.Node] = {}
        known = (*required, *optional)
        if not isinstance(node, yaml.MappingNode):
            raise RuleError("there is no mapping of keys to values here", where=f"{path}:{line}", todo=FORM)
        for key_node, value_node in node.value:
            key = str(key_node.value)
            at = key_node.start_mark.line + 1
            if key not in known or key in self.values:
                what = f"{key!r} is there twice" if key in self.values else f"there is no key {key!r}"
                raise RuleError(what, where=f"{path}:{at}", todo="Choose among: " + ", ".join(known) + ".")
            self.lines[key], self.nodes[key] = at, value_node
            self.values[key] = loader.construct_object(value_node, deep=True)
        for key in required:
            if key not in self.values:
                raise RuleError(f"the key {key!r} is missing", where=f"{path}:{line}", todo=FORM)

    def wrong(self, key: str, what: str, todo: str) -> RuleError:
        """The error for what is wrong at a key."""
        return RuleError(what, where=f"{self.path}:{self.lines[key]}", todo=todo)

    def text(self, key: str) -> str:
        """A text that is not empty, without white space around it."""
        value = self.values[key]
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"{key!r} must be a text", FORM)
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or more."""
        value = self.values[key]
        if not isinstance(value, list) or not value:
            raise self.wrong(
                key, f"there is no {key!r} example", "Add code that shows what the rule reports and what it does not."
            )
        if not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(key, f"every {key!r} example must be a text", "Write each as a block: '- |' and the code below it.")
        return tuple(value)

    def choice(self, key: str, choices: type[_E]) -> _E:
        """A value of a closed list."""
        for choice in choices:
            if choice.value == self.values[key]:
                return choice
        known = ", ".join(str(choice.value) for choice in choices)
        raise self.wrong(key, f"{key!r} cannot be {self.values[key]!r}", f"Choose one of: {known}.")

    def table(self, key: str, *, required: Iterable[str], optional: Iterable[str] = ()) -> Table:
        """The mapping below a key."""
        return Table(self.path, self.lines[key], self.nodes[key], self.loader, required=required, optional=optional)
