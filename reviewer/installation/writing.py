"""Files are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer.errors import StorageError

EXECUTABLE = 0o755
PLAIN = 0o644


def write(path: Path, content: bytes, mode: int) -> bool:
    """Give a file this content and mode, whole or not at all. A symbolic link is followed, not replaced.

    Args:
        mode: permission bits.

    Returns:
        Whether anything had to be changed.

    Raises:
        StorageError: it cannot be written; what was there is untouched.
    """
    with mapped(path):
        target = path.resolve()
        if target.is_file() and target.read_bytes() == content and target.stat().st_mode & 0o777 == mode:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.hunkgate-{os.getpid()}")
        try:
            partial.write_bytes(content)
            partial.chmod(mode)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return True


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Turn the system's error into ours."""
    try:
        yield
    except OSError as error:
        todo = "Free some space, or make the folder writable, and run the command again."
        raise StorageError(f"cannot change {error.filename or path}: {error.strerror}", todo=todo) from error
