"""Small JSON files in the git folder: written whole, few of them kept, safe when two hooks run at once."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from reviewer.errors import StorageError

MAX_BYTES = 64 * 1024
"""Few files of ours are nearly as large; a larger one is not ours."""

LARGE = 4 * 1024 * 1024
"""Of a file that holds findings or a line of a note."""

_PARTIAL = "partial-"
_WRITING = 3600.0
"""Seconds after which a file that is not whole yet was given up by its writer."""


def save(path: Path, content: Mapping[str, str], *, keep: int) -> None:
    """Write a file whole or not at all, then remove the oldest of its folder beyond `keep`.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=_PARTIAL, dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(content, file)
            Path(partial).replace(path)
        finally:
            with suppress(FileNotFoundError):
                Path(partial).unlink()
        _prune(path.parent, keep)
    except OSError as error:
        todo = "Free some space, or allow writing there."
        raise StorageError(f"cannot write in the git folder: {error.strerror}", where=str(path.parent), todo=todo) from error


def load(path: Path, limit: int = MAX_BYTES) -> dict[str, str] | None:
    """What `save` wrote; None if there is no file, or not one of ours.

    Args:
        limit: bytes; a larger file is not read.
    """
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(limit))
    except (OSError, ValueError, RecursionError):
        return None
    texts = isinstance(content, dict) and all(isinstance(value, str) for value in content.values())
    return content if texts else None


def remove(path: Path) -> None:
    """Remove a file, if it is there and can be removed."""
    with suppress(OSError):
        path.unlink()


def _prune(folder: Path, keep: int) -> None:
    aged = []
    for entry in os.scandir(folder):
        # Another hook may be pruning too.
        with suppress(FileNotFoundError):
            aged.append((entry.stat(follow_symlinks=False).st_mtime, entry.path, entry.name.startswith(_PARTIAL)))
    whole = sorted((age, name) for age, name, partial in aged if not partial)
    abandoned = [name for age, name, partial in aged if partial and age < time.time() - _WRITING]
    for name in [name for _, name in whole[: max(0, len(whole) - keep)]] + abandoned:
        remove(Path(name))
