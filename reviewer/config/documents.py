"""From the bytes of a configuration file to checked values, with errors that name the file and the line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.config.table import Setting
from reviewer.errors import ConfigError

MAX_BYTES = 1024 * 1024
"""A configuration file that is larger is refused."""

_PART = r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'"""
_PARTS = re.compile(_PART)
_HEADER = re.compile(rf"\s*\[\[?\s*((?:{_PART})(?:\s*\.\s*(?:{_PART}))*)\s*\]")
_KEY = re.compile(rf"\s*((?:{_PART})(?:\s*\.\s*(?:{_PART}))*)\s*=")
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True)
class Source:
    """Which file, and which version of it."""

    file: str
    version: str = ""
    """Such as "at HEAD" or "(staged)"."""

    def __str__(self) -> str:
        return self.at(0)

    def at(self, line: int) -> str:
        """For people: file, line (left out if 0) and version."""
        place = f"{self.file}:{line}" if line else self.file
        return f"{place} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed table of settings."""

    source: Source
    text: str
    table: Mapping[str, Any]
    root: tuple[str, ...] = ()
    """Where the table is in its file: ("tool", "hunkgate") in pyproject.toml."""

    def line(self, key: Sequence[str]) -> int:
        """The 1-based line on which a key of the table stands, 0 if it is not found in the text."""
        wanted = (*self.root, *key)
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.split("\n"), 1):
            header, assigned = _HEADER.match(line), _KEY.match(line)
            if header:
                table = here = _parts(header[1])
            else:
                here = (*table, *_parts(assigned[1])) if assigned else ()
            if here[: len(wanted)] == wanted:
                return number
        return 0

    def error(self, key: str, what: str, todo: str) -> ConfigError:
        """An error about one key, with its line."""
        return ConfigError(what, where=self.source.at(self.line(key.split("."))), todo=todo)


def parse(data: bytes, source: Source) -> Mapping[str, Any]:
    """The table of a TOML file.

    Raises:
        ConfigError: it is too large, no UTF-8, or no TOML.
    """
    text = decoded(data, source)
    # The import takes 11 ms: only who has a file to read pays for it.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        what = f"this is not valid TOML: {_AT_LINE.sub('', str(error))}"
        line = int(found[1]) if found else text.count("\n") + 1
        raise ConfigError(what, where=source.at(line), todo="Mend the line; https://toml.io describes the format.") from error
    except RecursionError as error:
        raise ConfigError("this TOML is nested too deeply", where=str(source), todo="Settings need no nesting.") from error


def decoded(data: bytes, source: Source) -> str:
    """The text of a configuration file.

    Raises:
        ConfigError: it is too large or no UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise too_large(source)
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise ConfigError(what, where=source.at(line), todo="Save the file as UTF-8.") from error


def too_large(source: Source) -> ConfigError:
    """The error for a file that nobody wrote by hand."""
    return ConfigError("the file is larger than 1 MiB", where=str(source), todo="Keep only Hunkgate's settings in it.")


def checked(
    document: Document, settings: Sequence[Setting], *, elsewhere: Sequence[Setting], belongs: Callable[[str], tuple[str, str]]
) -> dict[str, object]:
    """The record's values, by the settings' keys.

    Args:
        elsewhere: settings that exist but must not stand in this file.
        belongs: what to say about one of them: (what happened, what to do).

    Raises:
        ConfigError: an unknown key, a key of another file, a wrong value.
    """
    known = {setting.key: setting for setting in settings}
    foreign = _sections([setting.key for setting in elsewhere])
    found: dict[str, object] = {}
    for key, value in _leaves(document, document.table, "", known):
        if key in known:
            found[key] = _value(document, known[key], value)
        elif key in foreign:
            raise document.error(key, *belongs(key))
        else:
            raise _unknown(document, key, [*known, *foreign])
    return found


def _leaves(
    document: Document, table: Mapping[str, Any], prefix: str, known: Mapping[str, Setting]
) -> Iterator[tuple[str, object]]:
    """Every setting of a table and of the sections in it."""
    sections = _sections(known) - set(known)
    for name, value in table.items():
        key = prefix + name
        if key in sections and isinstance(value, Mapping):
            yield from _leaves(document, value, key + ".", known)
        elif key in sections:
            inside = ", ".join(name for name in known if name.startswith(key + "."))
            raise document.error(key, f"'{key}' must be a table, not a value", f"It holds {inside}.")
        else:
            yield key, value


def _sections(keys: Sequence[str] | Mapping[str, Setting]) -> set[str]:
    """The keys, and the tables that they stand in."""
    return {*keys, *(key.rpartition(".")[0] for key in keys if "." in key)}


def _value(document: Document, setting: Setting, value: object) -> object:
    try:
        return setting.kind.read(value)
    except ValueError as error:
        raise document.error(setting.key, f"'{setting.key}' {error}", f"For example: {setting.example}") from error


def _unknown(document: Document, key: str, known: Sequence[str]) -> ConfigError:
    import difflib

    # A key in the wrong table is as common as a slip of the finger: the last part counts too.
    last = {name.rpartition(".")[2]: name for name in known}
    near = difflib.get_close_matches(key, known, 1) or [
        last[name] for name in difflib.get_close_matches(key.rpartition(".")[2], list(last), 1)
    ]
    todo = f"Did you mean '{near[0]}'?" if near else "Known settings: " + ", ".join(sorted(known)) + "."
    return document.error(key, f"there is no setting '{key}'", todo)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PARTS.findall(dotted))
