"""Fetches one file over HTTP, and goes on where an earlier try stopped.

The only module of this room that opens a socket. Nothing imports it but `pull`, which only the explicit commands
`hunkgate models pull` and `hunkgate demo --model` call: no hook can get here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from reviewer.errors import ModelError
from reviewer.models.catalogue import Entry, Hub
from reviewer.models.progress import Progress
from reviewer.models.store import BLOCK, writing

TIMEOUT = 30.0
"""Seconds without a single byte."""

TRIES = 5
"""Transfers that may break off, one after the other, before the source counts as failed."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


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
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ModelError(f"only https is allowed, not {url}")
    headers = {"User-Agent": "hunkgate", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        raise ModelError(f"the server answered {error.code} {error.reason}") from error
    except URLError as error:
        raise ModelError(f"the server cannot be reached: {error.reason}") from error
    except OSError as error:
        raise ModelError(f"the connection failed: {error}") from error
    with response:
        yield response, have if response.status == 206 else 0


def _read(stream: IO[bytes]) -> bytes:
    """The next bytes; none if the transfer has ended or broke off."""
    from http.client import HTTPException

    try:
        return stream.read(BLOCK)
    except (HTTPException, ConnectionError, TimeoutError):
        return b""
