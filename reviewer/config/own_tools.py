"""`[[analyzers]]` in the user's own file: further tools that print SARIF."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from reviewer.config.kinds import duration
from reviewer.records import OwnAnalyzer

_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_KEYS = ("name", "command", "languages", "timeout")
_EXAMPLE = 'such as {name = "semgrep", command = ["semgrep", "--sarif", "{files}"]}'


class OwnTools:
    """A list of tables, one for each tool."""

    def read(self, value: object) -> tuple[OwnAnalyzer, ...]:
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise ValueError(f"must be a list of tables, {_EXAMPLE}")
        tools = tuple(_tool(item) for item in value)
        names = [tool.name for tool in tools]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"names {twice!r} twice")
        return tools

    def write(self, value: object) -> str:
        assert isinstance(value, tuple)
        return "[" + ", ".join(_table(tool) for tool in value) + "]"

    def schema(self) -> dict[str, object]:
        words = {"type": "array", "items": {"type": "string"}}
        properties = {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "command": {**words, "minItems": 1},
            "languages": words,
            "timeout": {"type": "string", "description": 'Such as "60s".'},
        }
        item = {"type": "object", "additionalProperties": False, "required": ["name", "command"], "properties": properties}
        return {"type": "array", "items": item}


def _tool(item: Mapping[str, object]) -> OwnAnalyzer:
    unknown = [key for key in item if key not in _KEYS]
    if unknown:
        raise ValueError(f"has an unknown key {unknown[0]!r}; known are {', '.join(_KEYS)}")
    name, timeout = item.get("name"), item.get("timeout", "60s")
    if not isinstance(name, str) or not _NAME.match(name):
        raise ValueError("needs a name of small letters, digits and dashes for each tool")
    command = _words(item.get("command", []))
    if not command:
        raise ValueError(f"needs a command for {name!r}, {_EXAMPLE}")
    if not isinstance(timeout, str):
        raise ValueError(f'needs a time such as "60s" for the timeout of {name!r}')
    return OwnAnalyzer(name, command, _words(item.get("languages", [])), duration(timeout))


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(word, str) for word in value):
        raise ValueError("takes lists of strings for command and languages")
    return tuple(str(word) for word in value)


def _table(tool: OwnAnalyzer) -> str:
    seconds = json.dumps(f"{tool.timeout:g}s")
    values = {**{key: json.dumps(value, ensure_ascii=False) for key, value in asdict(tool).items()}, "timeout": seconds}
    return "{" + ", ".join(f"{key} = {values[key]}" for key in _KEYS) + "}"
