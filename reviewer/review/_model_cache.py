"""What models answered, kept on disk, so that an unchanged hunk costs no model time and starts no engine.

One file per answer, in a folder that is this user's alone, written whole or not at all: hooks that run at the same time need no
lock. A file that makes no sense is no answer, and goes. The oldest in use go when the room is used up.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.backends.interface import Written
from reviewer.records import Machine
from reviewer.review._model_question import Reply

_SHELVES = 16
"""Folders, by the first digit of the key. Each has its share of the room, so that making room reads one of them."""

_BLOCK = 4096
"""Bytes that the smallest file takes on disk."""

_LARGEST = 64 * 1024
"""Bytes of a file that can be an answer."""


@dataclass(frozen=True, slots=True)
class Cache:
    """The answers of one user. Nothing in it raises: without a usable folder every answer is simply not there."""

    folder: Path | None
    """None keeps nothing."""
    room: int
    """Bytes on disk."""

    def get(self, key: str) -> Reply | None:
        """The answer kept under a key (hex); None if there is none."""
        path = self._path(key)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                reply = _decoded(file.read(_LARGEST), key)
            os.utime(path)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            with suppress(OSError):
                path.unlink()
            return None
        return reply

    def put(self, key: str, reply: Reply) -> None:
        """Keep an answer, and let go of the oldest ones if there is no room for it."""
        path = self._path(key)
        if path is None:
            return
        partial = path.with_name(f".{os.getpid()}.{key}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_encoded(reply, key))
            partial.replace(path)
            _make_room(path.parent, self.room // _SHELVES)
        except OSError:
            with suppress(OSError):
                partial.unlink()

    def _path(self, key: str) -> Path | None:
        return None if self.folder is None or self.room < _SHELVES * _BLOCK else self.folder / key[0] / key


def open_cache(machine: Machine) -> Cache:
    """The cache in this user's folder for such files. It keeps nothing if that folder could be somebody else's."""
    if machine.cache <= 0:
        return Cache(None, 0)
    from platformdirs import user_cache_path

    folder = user_cache_path("hunkgate", appauthor=False) / "answers"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        seen = folder.lstat()
    except OSError:
        return Cache(None, 0)
    ours = not hasattr(os, "getuid") or (seen.st_uid == os.getuid() and not seen.st_mode & 0o077)
    return Cache(folder if ours and not folder.is_symlink() else None, machine.cache)


def key(*parts: str) -> str:
    """The key of an answer, from all that decides it."""
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def _encoded(reply: Reply, key: str) -> bytes:
    value: dict[str, Any] = (
        {"written": reply.text, "tokens": reply.tokens, "finished": reply.finished}
        if isinstance(reply, Written)
        else {"chosen": list(reply)}
    )
    return json.dumps({"key": key, "check": _check(value), **value}).encode("ascii")


def _decoded(data: bytes, key: str) -> Reply:
    """The inverse.

    Raises:
        ValueError, KeyError, TypeError: it is no answer, or that of another question.
    """
    value = json.loads(data)
    if not isinstance(value, dict):
        raise TypeError("not what was written")
    if value.pop("key") != key or value.pop("check") != _check(value):
        raise ValueError("not what was written")
    if "chosen" in value:
        return tuple(float(one) for one in value["chosen"])
    return Written(str(value["written"]), int(value["tokens"]), bool(value["finished"]))


def _check(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()[:16]


def _make_room(shelf: Path, room: int) -> None:
    """Delete those that were not used for the longest time, until the rest fits."""
    used = sorted(_used(shelf))
    total = sum(size for _, size, _ in used)
    for _, size, path in used:
        if total <= room:
            return
        with suppress(FileNotFoundError):
            path.unlink()
        total -= size


def _used(shelf: Path) -> Iterator[tuple[float, int, Path]]:
    """(time of last use, bytes on disk, path) of each file."""
    with os.scandir(shelf) as files:
        for file in files:
            with suppress(FileNotFoundError):
                seen = file.stat(follow_symlinks=False)
                yield seen.st_mtime, -(-seen.st_size // _BLOCK) * _BLOCK, Path(file.path)
