"""`[[endpoints]]` in the user's own file: models on inference servers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict

from reviewer.config.kinds import duration
from reviewer.records import Dialect, Endpoint

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_KEYS = ("name", "url", "model", "dialect", "api_key_env", "timeout", "context")
_EXAMPLE = 'such as {name = "big", url = "http://127.0.0.1:11434", model = "qwen2.5-coder:7b", dialect = "ollama"}'


class Endpoints:
    """A list of tables, one for each model on a server."""

    def read(self, value: object) -> tuple[Endpoint, ...]:
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise ValueError(f"must be a list of tables, {_EXAMPLE}")
        found = tuple(_endpoint(item) for item in value)
        names = [endpoint.name for endpoint in found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"names {twice!r} twice")
        return found

    def write(self, value: object) -> str:
        assert isinstance(value, tuple)
        return "[" + ", ".join(_table(endpoint) for endpoint in value) + "]"

    def schema(self) -> dict[str, object]:
        properties = {
            "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*$"},
            "url": {"type": "string", "pattern": "^https?://", "description": 'The root of the server, without "/v1".'},
            "model": {"type": "string", "description": "What the server calls the model."},
            "dialect": {"type": "string", "enum": [dialect.value for dialect in Dialect]},
            "api_key_env": {"type": "string", "description": "The environment variable that holds the key."},
            "timeout": {"type": "string", "description": 'Such as "60s".'},
            "context": {"type": "integer", "minimum": 256, "description": "Tokens that a question may have."},
        }
        required = ["name", "url", "model", "dialect"]
        item = {"type": "object", "additionalProperties": False, "required": required, "properties": properties}
        return {"type": "array", "items": item}


def _endpoint(item: Mapping[str, object]) -> Endpoint:
    unknown = [key for key in item if key not in _KEYS]
    if unknown:
        raise ValueError(f"has an unknown key {unknown[0]!r}; known are {', '.join(_KEYS)}")
    name, model, variable = (_text(item, key) for key in ("name", "model", "api_key_env"))
    if not _NAME.match(name):
        raise ValueError("needs a name of small letters, digits, dots and dashes for each endpoint")
    if not model or not model.isprintable():
        raise ValueError(f"needs what the server calls the model of {name!r}, {_EXAMPLE}")
    if variable and not _VARIABLE.match(variable):
        raise ValueError(f"needs the name of an environment variable as api_key_env of {name!r}, not the key itself")
    return Endpoint(name, _url(item, name), model, _dialect(item, name), variable, _timeout(item, name), _context(item, name))


def _url(item: Mapping[str, object], name: str) -> str:
    url = _text(item, "url")
    if not _URL.match(url) or not url.isprintable():
        raise ValueError(f'needs an address for {name!r} such as "http://127.0.0.1:8080", without a user, a password or a query')
    return re.sub(r"(/v\d+)?/*\Z", "", url)


def _dialect(item: Mapping[str, object], name: str) -> Dialect:
    try:
        return Dialect(item.get("dialect"))
    except ValueError:
        known = ", ".join(f'"{dialect.value}"' for dialect in Dialect)
        raise ValueError(f"needs one of {known} as dialect of {name!r}") from None


def _timeout(item: Mapping[str, object], name: str) -> float:
    timeout = item.get("timeout", "60s")
    if not isinstance(timeout, str):
        raise ValueError(f'needs a time such as "60s" for the timeout of {name!r}')
    return duration(timeout)


def _context(item: Mapping[str, object], name: str) -> int:
    context = item.get("context", 8192)
    if isinstance(context, bool) or not isinstance(context, int) or context < 256:
        raise ValueError(f"needs a number of tokens, at least 256, for the context of {name!r}")
    return context


def _text(item: Mapping[str, object], key: str) -> str:
    value = item.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"needs a text for {key}")
    return value


def _table(endpoint: Endpoint) -> str:
    values = {key: json.dumps(value, ensure_ascii=False) for key, value in asdict(endpoint).items() if value != ""}
    values["timeout"] = json.dumps(f"{endpoint.timeout:g}s")
    return "{" + ", ".join(f"{key} = {values[key]}" for key in _KEYS if key in values) + "}"
