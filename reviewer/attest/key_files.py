"""Files that a team shares: changed whole or not at all, by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from reviewer.errors import StorageError

_TODO = "Free some space, or make the folder writable, and run the command again. The file is as it was."


def rewrite(path: Path, change: Callable[[bytes | None], bytes]) -> bool:
    """Give a file the content that `change` makes of what it has; None stands for a file that is not there.

    The new content is written to FILE.lock, which also keeps others out, and takes the file's place when it is on the disk. A
    symbolic link is followed. Permissions stay.

    Returns:
        Whether the file changed.

    Raises:
        StorageError: it cannot be written, or somebody else is writing it.
    """
    target = path.resolve()
    lock = target.with_name(target.name + ".lock")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError as error:
        todo = f"Wait, and run the command again. If nobody is, remove {lock}"
        raise StorageError("somebody else is changing the file", where=str(path), todo=todo) from error
    except OSError as error:
        raise _storage(error, path) from error
    replaced = False
    try:
        with os.fdopen(handle, "wb") as file:
            replaced = _replace(target, lock, file.fileno(), change)
    except OSError as error:
        raise _storage(error, path) from error
    finally:
        # Once it is in the file's place, a lock of this name is somebody else's.
        if not replaced:
            with suppress(FileNotFoundError):
                lock.unlink()
    return replaced


def content_of(path: Path) -> bytes | None:
    """What a file has, None if it is not there.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        todo = "Name a file that can be read."
        raise StorageError(f"cannot read the file: {error.strerror}", where=str(path), todo=todo) from error


def _replace(target: Path, lock: Path, handle: int, change: Callable[[bytes | None], bytes]) -> bool:
    before = content_of(target)
    after = change(before)
    if after == before:
        return False
    if before is not None:
        lock.chmod(target.stat().st_mode & 0o7777)
    rest = memoryview(after)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)
    lock.replace(target)
    return True


def _storage(error: OSError, path: Path) -> StorageError:
    return StorageError(f"cannot change the file: {error.strerror}", where=str(path), todo=_TODO)
