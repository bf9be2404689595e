"""The records of generated code, in the git folder: one small file each, written whole, for their owner's eyes alone.

They lie in the folder that all work trees of a repository share. Nobody needs them once the code is committed.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from reviewer.errors import StorageError
from reviewer.git import Git
from reviewer.provenance.records import Generated, as_table, from_table

FOLDER = "hunkgate/generated"
"""In the git folder."""

KEPT = 100
"""Records; of 10 KB each, as a rule."""

MAX_BYTES = 128 * 1024
"""Of one file."""

_PARTIAL = "partial-"
_ABANDONED = 3600.0
"""Seconds after which a file that is not whole yet was given up by its writer."""


def keep(git: Git, record: Generated) -> Path:
    """Keep a record, and forget the oldest beyond `KEPT`.

    Raises:
        GitError: there is no repository.
        StorageError: it cannot be written.
    """
    folder = _folder(git)
    text = json.dumps(as_table(record), indent=1) + "\n"
    try:
        _make(folder)
        target = folder / f"{record.at:%Y%m%dT%H%M%S}-{record.output[:16]}.json"
        handle, partial = tempfile.mkstemp(prefix=_PARTIAL, dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
            Path(partial).replace(target)
        finally:
            with suppress(FileNotFoundError):
                Path(partial).unlink()
        _prune(folder)
    except OSError as error:
        what = f"cannot keep the record of what was generated: {error.strerror}"
        raise StorageError(what, where=str(folder), todo="Free some space, or allow writing there.") from error
    return target


def load(git: Git) -> list[Generated]:
    """The records that are kept, the oldest first. A damaged file is passed over.

    Raises:
        GitError: there is no repository.
    """
    found = []
    for _, path in _aged(_folder(git)):
        with suppress(OSError, ValueError, RecursionError), path.open("rb") as file:
            content = json.loads(file.read(MAX_BYTES))
            found.append(from_table(content if isinstance(content, dict) else {}))
    return found


def _folder(git: Git) -> Path:
    return (git.folder / git.line("rev-parse", "--git-common-dir")).resolve() / FOLDER


def _make(folder: Path) -> None:
    """The folder, for its owner alone even if it was there before."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)


def _aged(folder: Path, *, partial: bool = False) -> list[tuple[float, Path]]:
    """The files with their times, the oldest first."""
    aged = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            # Another process may be pruning too.
            with suppress(OSError):
                if entry.name.startswith(_PARTIAL) == partial and entry.is_file(follow_symlinks=False):
                    aged.append((entry.stat(follow_symlinks=False).st_mtime, Path(entry.path)))
    return sorted(aged)


def _prune(folder: Path) -> None:
    whole, unfinished = _aged(folder), _aged(folder, partial=True)
    latest = max((age for age, _ in whole), default=0.0)
    given_up = [path for age, path in unfinished if age < latest - _ABANDONED]
    for path in [*(path for _, path in whole[: max(0, len(whole) - KEPT)]), *given_up]:
        with suppress(OSError):
            path.unlink()
