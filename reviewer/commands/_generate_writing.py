"""Puts generated code into its file: whole or not at all, and not over anybody's work."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from reviewer.errors import HunkgateError, StorageError
from reviewer.generate import places
from reviewer.generate.making import Made
from reviewer.records import printable


def write_into(made: Made) -> None:
    """Write the file with the code in it.

    Raises:
        HunkgateError: the file is another one than the model was shown; nothing is written.
        StorageError: it cannot be written.
    """
    place, placed = made.wanted.place, made.draft.placed
    assert place is not None, "--write needs --file"
    assert placed is not None, "a draft for a file has its place"
    top, _ = places.root()
    if places.place(top, str(place.file), must_exist=False).content != place.content:
        what = "the file changed while the model was writing"
        raise HunkgateError(what, where=printable(place.path), todo="Nothing was written. Run the command again.")
    try:
        place.file.parent.mkdir(parents=True, exist_ok=True)
        _replace(place.file, placed.content, _mode(place.file))
    except OSError as error:
        raise StorageError(f"cannot write the file: {error.strerror}", where=printable(place.path)) from error


def _replace(file: Path, content: bytes, mode: int) -> None:
    handle, partial = tempfile.mkstemp(prefix=".hunkgate-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(partial).chmod(mode)
        Path(partial).replace(file)
    finally:
        with suppress(FileNotFoundError):
            Path(partial).unlink()


def _mode(file: Path) -> int:
    """Of the file that is there; of a new one what this user's files get."""
    with suppress(FileNotFoundError):
        return file.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
