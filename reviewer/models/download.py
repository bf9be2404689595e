"""Fetches one file over HTTP, and goes on where an earlier try stopped; asks a hub what it publishes under an address.

The only module of this room that opens a socket. Nothing imports it but `pull`, which only the explicit commands
`hunkgate models pull` and `hunkgate demo --model` call: no hook can get here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from reviewer.errors import ModelError
from reviewer.models.catalogue import Entry, Hub
from reviewer.models.progress import Progress
from reviewer.models.store import BLOCK, writing

if TYPE_CHECKING:
    from email.message import Message

TIMEOUT = 30.0
"""Seconds without a single byte."""

TRIES = 5
"""Transfers that may break off, one after the other, before the source counts as failed."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_HEADERS = {"User-Agent": "hunkgate", "Accept-Encoding": "identity"}

_HOPS = 4
"""Redirections within a hub that are followed: a model that was renamed, and once more."""

_POINTER_BYTES = 1024
"""A Git LFS pointer has at most that: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""

_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize ([1-9][0-9]*)\n")

_ETAG = re.compile(r'(?:W/)?"?([0-9a-f]{64})"?')
"""Of a large file it is the sha256. A small file has a git hash there, of 40 digits, which is not one of the content alone."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a hub says of a file without sending it."""

    sha256: str
    """Hex."""
    size: int
    """Bytes."""
    revision: str
    """The publisher's commit; empty if the hub does not tell."""


def published(source: Hub) -> Published:
    """Ask a hub for the digest of a file.

    Hugging Face answers a HEAD on the file's address (".../resolve/REVISION/FILE") with a redirection to its store, and
    in it X-Linked-Etag (sha256), X-Linked-Size and X-Repo-Commit. Where one of the first two is missing, the file's Git LFS
    pointer (".../raw/REVISION/FILE") has both.

    Raises:
        ModelError: the hub cannot be reached, or does not tell.
    """
    _require_safe(source.url)
    headers = _described(source.url)
    digest = _ETAG.fullmatch(headers.get("X-Linked-Etag") or "")
    size, revision = headers.get("X-Linked-Size") or "", headers.get("X-Repo-Commit") or ""
    if digest and size.isascii() and size.isdigit() and int(size) > 0:
        return Published(digest[1], int(size), revision)
    pointer = _POINTER.match(_pointer(source.url))
    if pointer is None:
        raise ModelError("the server tells no sha256 of this file")
    return Published(pointer[1].decode(), int(pointer[2]), revision)


def fetch(entry: Entry, source: Hub, partial: Path, progress: Progress) -> None:
    """Complete the partial file from a URL.

    Args:
        partial: may exist from an earlier try; what is in it is not fetched again.

    Raises:
        ModelError: the source failed; what arrived is kept in `partial`.
        StorageError: it cannot be written.
    """
    progress.begin(f"fetching {entry.file}", entry.size)
    for _ in range(TRIES):
        with writing(partial):
            have = partial.stat().st_size if partial.exists() else 0
        if have < entry.size:
            have = _transfer(entry, source, partial, have, progress)
        if have >= entry.size:
            return
    raise ModelError(f"the transfer broke off {TRIES} times, the last time after {have:,} of {entry.size:,} bytes")


def _transfer(entry: Entry, source: Hub, partial: Path, have: int, progress: Progress) -> int:
    """One request; returns the bytes that the partial file has now."""
    with _response(source.url, have) as (stream, start), writing(partial), partial.open("r+b" if have else "wb") as target:
        target.truncate(start)
        target.seek(start)
        done = start
        while done < entry.size and (block := _read(stream)):
            target.write(block)
            done += len(block)
            progress.advance(done)
    return done


@contextmanager
def _response(url: str, have: int) -> Iterator[tuple[IO[bytes], int]]:
    """The body of the answer, and the position in the file that it starts at: `have`, or 0 if the server sends all of it."""
    from urllib.request import Request, urlopen

    _require_safe(url)
    headers = dict(_HEADERS)
    if have:
        headers["Range"] = f"bytes={have}-"
    with _mapped():
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    with response:
        yield response, have if response.status == 206 else 0


def _require_safe(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ModelError(f"only https is allowed, not {url}")


@contextmanager
def _mapped() -> Iterator[None]:
    """Turn what the network refuses into a ModelError."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    try:
        yield
    except HTTPError as error:
        raise ModelError(f"the server answered {error.code} {error.reason}") from error
    except URLError as error:
        raise ModelError(f"the server cannot be reached: {error.reason}") from error
    except (OSError, HTTPException) as error:
        raise ModelError(f"the connection failed: {error}") from error


def _described(url: str) -> Message:
    """The headers of the hub's own answer: where it sends us to another server, we do not go."""
    for _ in range(_HOPS):
        status, headers = _head(url)
        target = urljoin(url, headers.get("Location") or "")
        if status < 300 or headers.get("X-Linked-Etag") or urlsplit(target)[:2] != urlsplit(url)[:2]:
            return headers
        url = target
    raise ModelError("the server sends us round in circles")


def _head(url: str) -> tuple[int, Message]:
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Stay(HTTPRedirectHandler):
        """Follows nothing: a redirection is an answer."""

        def redirect_request(self, *_: Any) -> None:
            return None

    with _mapped():
        try:
            with build_opener(Stay).open(Request(url, headers=_HEADERS, method="HEAD"), timeout=TIMEOUT) as response:
                return response.status, response.headers
        except HTTPError as error:
            if error.code not in range(300, 400):
                raise
            return error.code, error.headers


def _pointer(url: str) -> bytes:
    """What stands in git in the place of the file; nothing if the address is not of that form."""
    if "/resolve/" not in url:
        return b""
    with _response(url.replace("/resolve/", "/raw/", 1), 0) as (stream, _), _mapped():
        return stream.read(_POINTER_BYTES)


def _read(stream: IO[bytes]) -> bytes:
    """The next bytes; none if the transfer has ended or broke off."""
    from http.client import HTTPException

    try:
        return stream.read(BLOCK)
    except (HTTPException, ConnectionError, TimeoutError):
        return b""
