"""Writing and removing dismissals in the work tree, and putting that into the index: only at a person's command."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reviewer.errors import GitError, StorageError
from reviewer.git import Git
from reviewer.knowledge import FOLDER
from reviewer.knowledge.dismissals import Dismissal, as_text, file_name

_PLAINLY = ("-c", "core.hooksPath=/dev/null")
"""A repository can name a folder of hooks, and there is one for index writes."""


def add(top: Path, dismissal: Dismissal, *, instead_of: Sequence[Path] = ()) -> str:
    """Write a dismissal and stage it. Returns its path from the top.

    The content is staged as it is, whatever attributes, filters and ignore files say.

    Args:
        top: root of the work tree.
        instead_of: files of earlier decisions about the same finding, which go.

    Raises:
        StorageError: it cannot be written, or the folder leads out of the repository.
        GitError: it is written but cannot be staged; says how to do that.
    """
    name = f"{FOLDER}/{file_name(dismissal)}"
    content = as_text(dismissal).encode()
    _write(top, name, content)
    git = Git(top)
    try:
        oid = git.run("hash-object", "-w", "--stdin", stdin=content).decode("ascii").strip()
        git.run(*_PLAINLY, "update-index", "--add", "--cacheinfo", f"100644,{oid},{name}")
    except GitError as error:
        raise GitError(f"the dismissal is written but not staged: {error}", todo=f"Stage it: git add {name}") from error
    remove(top, [path for path in instead_of if path != top / name])
    return name


def remove(top: Path, files: Sequence[Path]) -> None:
    """Remove dismissals from the work tree and the index.

    Raises:
        StorageError, GitError
    """
    try:
        for path in files:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot remove a dismissal: {error.strerror}", where=str(error.filename or top)) from error
    names = [f"{FOLDER}/".encode() + os.fsencode(path.name) for path in files]
    if names:
        Git(top).run(*_PLAINLY, "update-index", "-z", "--force-remove", "--stdin", stdin=b"\0".join(names) + b"\0")


def _write(top: Path, name: str, content: bytes) -> None:
    """Write the file whole or not at all."""
    target = top / name
    try:
        _make_folders(top, target.parent)
        handle, partial = tempfile.mkstemp(prefix=".partial-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(partial).chmod(0o644)
            Path(partial).replace(target)
        finally:
            with suppress(FileNotFoundError):
                Path(partial).unlink()
    except OSError as error:
        todo = "Free some space, or allow writing there."
        raise StorageError(f"cannot write {name}: {error.strerror}", where=str(top), todo=todo) from error


def _make_folders(top: Path, folder: Path) -> None:
    """Make the folder; a link on the way would lead to where the repository wants, not the user."""
    for place in (folder.parent, folder):
        if place.is_symlink():
            todo = "Replace it by a folder."
            raise StorageError("this is a link, and nothing is written through it", where=str(place.relative_to(top)), todo=todo)
        place.mkdir(exist_ok=True)
