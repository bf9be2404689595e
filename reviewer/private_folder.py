"""A folder of the gate's own for the time of one piece of work."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reviewer.errors import StorageError

_REMOVALS, _PAUSE = 40, 0.05
"""How often, and after how many seconds, the folder is removed again if somebody still writes into it."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a folder that only this user can read; it is gone afterwards.

    Raises:
        StorageError: it cannot be made, or the work in it ended in an operating system's error: mostly a full disk.
    """
    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="hunkgate-")).resolve()
        yield folder
    except OSError as error:
        todo = "Free some space, or point TMPDIR at another disk."
        raise StorageError(f"cannot use temporary files: {error.strerror}", where=str(error.filename or ""), todo=todo) from error
    finally:
        if folder is not None:
            _remove(folder)


def _remove(folder: Path) -> None:
    """In an interrupted review a reviewer's thread may still be writing into the folder: then it is removed once more. Windows
    removes no file that is open, and none that is read-only, as git's objects are."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        _allow_removal(folder)
        time.sleep(_PAUSE)


def _allow_removal(folder: Path) -> None:
    """Let everything below be removed; symbolic links are not followed."""
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent, name) for name in (*folders, *files)):
            if not path.is_symlink():
                with suppress(OSError):
                    path.chmod(stat.S_IRWXU)
