"""Asks an inference server over HTTP. Together with `openai_http` the only code of this room that opens a socket.

No proxy is used and no redirection followed: what is asked goes to the address that the user wrote down, or nowhere.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from reviewer.backends._time import Ceiling
from reviewer.errors import BackendError, OutOfTimeError
from reviewer.records import Endpoint

_LIMIT = 16 * 1024 * 1024
"""Bytes of an answer; more can only be a mistake."""

_SHOWN = 300
"""Characters of a server's complaint that our message carries."""


class Server:
    """An inference server.

    Args:
        endpoint: as the user wrote it down.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._parts = urlsplit(endpoint.url)

    def get(self, path: str, ceiling: Ceiling) -> Any:
        """The JSON at a path.

        Raises:
            OutOfTimeError: no answer in time; the connection is closed, so a server can stop.
            BackendError: the server cannot be reached, refuses, or sends no JSON.
        """
        return self._exchange("GET", path, None, ceiling)

    def post(self, path: str, body: Mapping[str, Any], ceiling: Ceiling) -> Any:
        """The JSON that a server answers to some; see `get`."""
        return self._exchange("POST", path, json.dumps(body).encode("ascii"), ceiling)

    def _exchange(self, method: str, path: str, body: bytes | None, ceiling: Ceiling) -> Any:
        ceiling.check()
        own = ceiling.at_most(self.endpoint.timeout)
        with self._mapped(), self._connected(own) as connection:
            connection.request(method, self._parts.path + path, body, self._headers())
            response = connection.getresponse()
            data = _body(connection, response, own)
        if response.status != 200:
            raise BackendError(f"the server answered {response.status}: {_complaint(data)}", where=self._where(path))
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise BackendError("the server answered with something that is no JSON", where=self._where(path)) from error

    @contextmanager
    def _connected(self, own: Ceiling) -> Iterator[http.client.HTTPConnection]:
        host, port, seconds = self._parts.hostname or "", self._parts.port, max(0.001, own.left)
        connection: http.client.HTTPConnection
        if self._parts.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
        else:
            connection = http.client.HTTPConnection(host, port, timeout=seconds)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        endpoint = self.endpoint
        try:
            yield
        except TimeoutError as error:
            raise OutOfTimeError(f"{endpoint.url} did not answer in time") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            todo = f"See whether the server runs and what the endpoint {endpoint.name!r} in the user's configuration says."
            reason = str(error) or type(error).__name__
            raise BackendError(f"the server cannot be asked: {reason}", where=endpoint.url, todo=todo) from error

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "hunkgate"}
        variable = self.endpoint.api_key_env
        if variable:
            key = os.environ.get(variable, "")
            if not key:
                todo = f"Set it, or take api_key_env from the endpoint {self.endpoint.name!r}."
                raise BackendError(f"the environment variable {variable} is not set", where=self.endpoint.url, todo=todo)
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def _where(self, path: str) -> str:
        return self.endpoint.url + path


def _body(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, own: Ceiling) -> bytes:
    data = bytearray()
    while True:
        own.check()
        if connection.sock is not None:
            connection.sock.settimeout(max(0.001, own.left))
        block = response.read1(65536)
        if not block:
            return bytes(data)
        data += block
        if len(data) > _LIMIT:
            raise BackendError(f"the server answered with more than {_LIMIT} bytes", where=connection.host)


def _complaint(data: bytes) -> str:
    """What a server says is wrong: the message of its JSON, else the text."""
    text = data.decode("utf-8", "replace").strip()
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return text[:_SHOWN]
    while isinstance(said, dict):
        said = next((said[key] for key in ("error", "message", "detail") if key in said), text)
    return str(said)[:_SHOWN]
