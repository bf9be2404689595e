"""JSON over HTTP to a code host's API. The only module of this room that opens a socket; nothing gets here without a token."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from reviewer.errors import HunkgateError, UsageError

TIMEOUT = 20.0
"""Seconds without a single byte."""

TRIES = 4
"""Requests of one kind that may fail for a passing reason, one after the other."""

LONGEST_WAIT = 30.0
"""Seconds that a server may ask us to wait; a job that waits longer costs more than a comment is worth."""

MOST_PAGES = 30
"""Pages of one list that are read."""

_PASSING = frozenset({429, 500, 502, 503, 504})

_MOST_BYTES = 32 * 1024 * 1024

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ForgeError(HunkgateError):
    """A code host did not do what it was asked.

    Args:
        what, where, todo: as in HunkgateError.
        status: the HTTP status; 0 if there was no answer.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "", status: int = 0) -> None:
        super().__init__(what, where=where, todo=todo)
        self.status = status


class _NoRedirect(HTTPRedirectHandler):
    """A token goes to the address that it was meant for, and to no other."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:  # fmt: skip
        """Never."""


NAMELESS = (401, 403, 404)
"""What a host answers to a token that may not ask whose it is."""


@dataclass(frozen=True, slots=True)
class Client:
    """A connection to one API."""

    api: str
    """Address without a slash at its end."""
    headers: Mapping[str, str] = field(repr=False)
    """They hold the token: never shown."""
    pause: Callable[[float], None] = time.sleep
    opener: OpenerDirector = field(default_factory=lambda: build_opener(_NoRedirect), repr=False)

    def __post_init__(self) -> None:
        require_safe(self.api)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON that the host answers; None if it answers nothing.

        Args:
            path: begins with a slash, is empty, or is a whole address on the same host.

        Raises:
            ForgeError
        """
        for tried in range(1, TRIES + 1):
            answer, wait = self._tried(method, path, body, tried)
            if wait is None:
                return answer
            self.pause(wait)
        raise AssertionError("the last try returns or raises")

    def attempt(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, refusals: Collection[int]
    ) -> tuple[bool, Any]:
        """Like `ask`: whether the host did it, and what it answers.

        Args:
            refusals: HTTP codes with which it may say no; any other is an error.

        Raises:
            ForgeError
        """
        try:
            return True, self.ask(method, path, body)
        except ForgeError as error:
            if error.status in refusals:
                return False, None
            raise

    def _tried(self, method: str, path: str, body: Mapping[str, Any] | None, tried: int) -> tuple[Any, float | None]:
        """The answer, or how many seconds to wait before the next try."""
        last = tried == TRIES
        try:
            return self._once(method, path, body), None
        except HTTPError as error:
            wait = _wait(error, tried)
            if last or wait is None or wait > LONGEST_WAIT or not _repeatable(method, error.code):
                raise _refused(method, path, error) from error
            error.close()
            return None, wait
        except (URLError, HTTPException, OSError) as error:
            if last or method != "GET":
                reason = getattr(error, "reason", None) or error
                raise ForgeError(f"the code host cannot be reached: {reason}", where=f"{method} {self._shown(path)}") from error
            return None, float(tried)

    def pages(self, path: str) -> Iterator[Any]:
        """The items of a list that comes in numbered pages of 100.

        Raises:
            ForgeError
        """
        for number in range(1, MOST_PAGES + 1):
            items = self.ask("GET", f"{path}{'&' if '?' in path else '?'}per_page=100&limit=100&page={number}")
            if not isinstance(items, list):
                raise ForgeError("the code host answered something else than a list", where=self._shown(path))
            yield from items
            # Gitea may have smaller pages than asked for, so only an empty one is surely the last.
            if not items:
                return

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"User-Agent": "hunkgate", "Accept": "application/json", **self.headers}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = Request(self._address(path), data=data, headers=headers, method=method)
        with self.opener.open(request, timeout=TIMEOUT) as answer:
            content = answer.read(_MOST_BYTES)
        try:
            return json.loads(content) if content.strip() else None
        except (ValueError, RecursionError) as error:
            raise ForgeError("the code host answered something else than JSON", where=f"{method} {self._shown(path)}") from error

    def _address(self, path: str) -> str:
        if not path or path.startswith("/"):
            return self.api + path
        if urlsplit(path)[:2] != urlsplit(self.api)[:2]:
            raise ForgeError("the code host points to another host for more", where=self.api)
        return path

    def _shown(self, path: str) -> str:
        return self._address(path).partition("?")[0]


def require_safe(address: str) -> None:
    """Raises UsageError unless the address keeps a token secret: https, or this machine itself."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise UsageError("the token would be sent over an open connection", where=address, todo="Use an address with https.")


def _repeatable(method: str, code: int) -> bool:
    """A comment that was not refused for the rate may have been written, although the answer is an error."""
    return method != "POST" or code in (403, 429)


def _wait(error: HTTPError, tried: int) -> float | None:
    """Seconds to wait before the next try; None if another try is useless.

    GitHub also answers 403 to too many requests, with Retry-After
    (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
    """
    asked = error.headers.get("Retry-After", "") if error.headers else ""
    if error.code not in _PASSING and not (error.code == 403 and asked):
        return None
    return float(asked) if asked.isascii() and asked.isdigit() else float(2 ** (tried - 1))


def _refused(method: str, path: str, error: HTTPError) -> ForgeError:
    with error:
        todo = {
            401: "Check that the token is valid.",
            403: "Give the token the right to write comments on merge requests.",
            404: "Check the token's rights: hosts answer 404 for what a token may not see.",
        }.get(error.code, "Run the job again later." if error.code in _PASSING else "")
        what = f"the code host refused with status {error.code}"
        return ForgeError(what, where=f"{method} {path.partition('?')[0]}", todo=todo, status=error.code)
