"""The kinds of value that a setting can have: how each is read, written, and described to an editor."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB)")
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


class Kind(Protocol):
    """What a kind of value can do."""

    def read(self, value: object) -> object:
        """The record's form of a TOML value.

        Raises:
            ValueError: it is no value of this kind; the message continues "the setting ...".
        """

    def write(self, value: object) -> str:
        """The record's form as TOML."""

    def schema(self) -> dict[str, object]:
        """The JSON Schema of the TOML value."""


def duration(text: str) -> float:
    """Seconds of "10s", "500ms" or "1m".

    Raises:
        ValueError: the text is something else.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError('must be a time such as "10s", "500ms" or "1m"')
    return float(found[1]) * _SECONDS[found[2]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of an enum."""

    choices: type[Enum]

    def read(self, value: object) -> Enum:
        known = {member.value: member for member in self.choices}
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"must be {_either(list(known))}")
        return known[value]

    def write(self, value: object) -> str:
        assert isinstance(value, Enum)
        return _quoted(value.value)

    def schema(self) -> dict[str, object]:
        return {"type": "string", "enum": [member.value for member in self.choices]}


@dataclass(frozen=True, slots=True)
class Several:
    """A list without repetitions of some of the values of an enum, or of some of the given words."""

    choices: type[Enum] | tuple[str, ...]
    none: str = ""
    """What to write instead of an empty list, in words; empty if it may be empty."""

    def read(self, value: object) -> tuple[object, ...]:
        known = self._known()
        if not isinstance(value, list) or any(not isinstance(item, str) or item not in known for item in value):
            raise ValueError(f"must be a list of {_either(list(known))}")
        if not value and self.none:
            raise ValueError(f"must not be empty: {self.none}")
        return tuple(known[item] for item in dict.fromkeys(value))

    def write(self, value: object) -> str:
        assert isinstance(value, tuple)
        return _listed([item.value if isinstance(item, Enum) else item for item in value])

    def schema(self) -> dict[str, object]:
        return {"type": "array", "items": {"type": "string", "enum": list(self._known())}, "minItems": int(bool(self.none))}

    def _known(self) -> dict[str, object]:
        if isinstance(self.choices, tuple):
            return {word: word for word in self.choices}
        return {member.value: member for member in self.choices}


@dataclass(frozen=True, slots=True)
class Words:
    """A list of any words."""

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or any(not isinstance(item, str) or not item.strip() for item in value):
            raise ValueError('must be a list of names, such as ["a", "b"]')
        return tuple(dict.fromkeys(value))

    def write(self, value: object) -> str:
        assert isinstance(value, tuple)
        return _listed(list(value))

    def schema(self) -> dict[str, object]:
        return {"type": "array", "items": {"type": "string", "pattern": r"\S"}}


@dataclass(frozen=True, slots=True)
class Command(Words):
    """A program and its arguments, run without a shell; words may repeat."""

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or any(not isinstance(item, str) for item in value) or (value and not value[0].strip()):
            raise ValueError('must be a program and its arguments, such as ["make", "check"]')
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false, without quotes")
        return value

    def write(self, value: object) -> str:
        return "true" if value else "false"

    def schema(self) -> dict[str, object]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number, 0 or more."""

    def read(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError("must be a whole number, 0 or more")
        return value

    def write(self, value: object) -> str:
        return str(value)

    def schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": 0}


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time: text with its unit, or a number of seconds."""

    def read(self, value: object) -> float:
        if isinstance(value, str):
            return duration(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise ValueError('must be a time such as "10s", "500ms" or "1m", or a number of seconds, 0 or more')
        return float(value)

    def write(self, value: object) -> str:
        assert isinstance(value, float)
        return _quoted(f"{value:g}s" if value >= 1 or value == 0 else f"{value * 1000:g}ms")

    def schema(self) -> dict[str, object]:
        return {"anyOf": [{"type": "string", "pattern": f"^{_DURATION.pattern}$"}, {"type": "number", "minimum": 0}]}


@dataclass(frozen=True, slots=True)
class Size:
    """An amount of memory: text with its unit, or a number of bytes."""

    def read(self, value: object) -> int:
        if isinstance(value, str) and (found := _SIZE.fullmatch(value.strip())):
            return int(float(found[1]) * _BYTES[found[2]])
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError('must be a size such as "2 MiB" or "512 KiB", or a number of bytes, 0 or more')
        return value

    def write(self, value: object) -> str:
        assert isinstance(value, int)
        unit = next(unit for unit, factor in reversed(_BYTES.items()) if value % factor == 0 and (value or factor == 1))
        return _quoted(f"{value // _BYTES[unit]} {unit}")

    def schema(self) -> dict[str, object]:
        return {"anyOf": [{"type": "string", "pattern": f"^{_SIZE.pattern}$"}, {"type": "integer", "minimum": 0}]}


@dataclass(frozen=True, slots=True)
class Name:
    """A short text without white space; it may be empty."""

    def read(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > 200 or not all(char.isprintable() and char != " " for char in value):
            raise ValueError("must be a text of at most 200 characters without white space")
        return value

    def write(self, value: object) -> str:
        return _quoted(str(value))

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": r"^\S*$", "maxLength": 200}


@dataclass(frozen=True, slots=True)
class Location:
    """An absolute path of this machine, "~" for the home folder; empty for none."""

    def read(self, value: object) -> str:
        return "" if value == "" else _absolute(value)

    def write(self, value: object) -> str:
        return _quoted(str(value))

    def schema(self) -> dict[str, object]:
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class Programs:
    """A table from a program's name to its absolute path."""

    def read(self, value: object) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise ValueError('must be a table of absolute paths, such as ruff = "/usr/bin/ruff"')
        return {name: _absolute(path) for name, path in value.items()}

    def write(self, value: object) -> str:
        assert isinstance(value, Mapping)
        rows = (f"{_quoted(name)} = {_quoted(path)}" for name, path in sorted(value.items()))
        return "{" + ", ".join(rows) + "}"

    def schema(self) -> dict[str, object]:
        return {"type": "object", "additionalProperties": {"type": "string"}}


def _absolute(value: object) -> str:
    if isinstance(value, str) and "\0" not in value:
        path = Path.home() / value[2:] if value.startswith("~/") else Path(value)
        if path.is_absolute():
            return str(path)
    raise ValueError("must be an absolute path")


def _quoted(text: str) -> str:
    # A JSON string without \u escapes is a TOML basic string, but for DEL, which JSON leaves bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(items: list[str]) -> str:
    return "[" + ", ".join(_quoted(item) for item in items) + "]"


def _either(words: list[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
