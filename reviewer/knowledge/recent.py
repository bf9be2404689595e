"""The findings of recent reviews, kept in the git folder: what `hunkgate dismiss` can be told a fingerprint of.

One file for each reviewed change, written whole or not at all under a name of its own: reviews that run at once lose nothing.
Few and small files are kept, readable by their owner alone; no secret is in them.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from reviewer.errors import StorageError
from reviewer.git import Git
from reviewer.knowledge.subject import Subject, as_table, from_table
from reviewer.records import Change

FOLDER = "hunkgate/findings"
"""In the git folder."""

KEPT = 8
"""Reviews."""

MOST = 500
"""Findings of one review, in the order of the report: what blocks comes first."""

MAX_BYTES = 1024 * 1024
"""Of one file."""

_VERSION = 1
_PARTIAL = "partial-"
_ABANDONED = 3600.0
"""Seconds after which a file that is not whole yet was given up by its writer."""


def remember(git: Git, change: Change, subjects: Iterable[Subject]) -> None:
    """Keep the findings of a review; those of an earlier review of the same change are replaced.

    Raises:
        GitError: there is no git folder.
        StorageError: they cannot be written.
    """
    folder = git.path(FOLDER)
    rows: list[dict[str, object]] = []
    size = 0
    for subject in subjects:
        row = as_table(subject)
        size += len(json.dumps(row)) + 2
        if len(rows) == MOST or size > MAX_BYTES - 100:
            break
        rows.append(row)
    name = f"{change.base_tree[:20] or 'patch'}-{change.tree[:20] or 'text'}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder, name, json.dumps({"version": _VERSION, "findings": rows}))
        _prune(folder)
    except OSError as error:
        todo = "Free some space, or allow writing there."
        raise StorageError(f"cannot keep the findings: {error.strerror}", where=str(folder), todo=todo) from error


def recall(git: Git) -> list[Subject]:
    """The findings that are kept, the latest review first, each once. A damaged file is passed over.

    Raises:
        GitError: there is no repository.
    """
    found: dict[str, Subject] = {}
    for path in _by_age(git.path(FOLDER)):
        for subject in _subjects(path):
            found.setdefault(subject.fingerprint, subject)
    return list(found.values())


def _subjects(path: Path) -> Iterator[Subject]:
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return
    rows = content.get("findings") if isinstance(content, Mapping) and content.get("version") == _VERSION else None
    for row in rows if isinstance(rows, list) else ():
        with suppress(ValueError):
            yield from_table(row if isinstance(row, Mapping) else {})


def _write(folder: Path, name: str, text: str) -> None:
    handle, partial = tempfile.mkstemp(prefix=_PARTIAL, dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        Path(partial).replace(folder / name)
    finally:
        with suppress(FileNotFoundError):
            Path(partial).unlink()


def _by_age(folder: Path) -> list[Path]:
    """The whole files, the latest first."""
    return [path for _, path in sorted(_aged(folder), reverse=True) if not path.name.startswith(_PARTIAL)]


def _aged(folder: Path) -> list[tuple[float, Path]]:
    aged = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            # Another review may be pruning too.
            with suppress(OSError):
                aged.append((entry.stat(follow_symlinks=False).st_mtime, Path(entry.path)))
    return aged


def _prune(folder: Path) -> None:
    aged = _aged(folder)
    latest = max((age for age, _ in aged), default=0.0)
    given_up = [path for age, path in aged if path.name.startswith(_PARTIAL) and age < latest - _ABANDONED]
    for path in [*_by_age(folder)[KEPT:], *given_up]:
        with suppress(OSError):
            path.unlink()
