"""The user's lock file: the digests of models that the catalogue does not pin, as they were at the first pull.

`models.lock` lies beside the user's own configuration. A model is published under a name that may move; after the first
pull only the very same file is taken, until the user says otherwise.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer import config
from reviewer.errors import ConfigError, StorageError
from reviewer.file_lock import wait_for

if TYPE_CHECKING:
    from reviewer.models.catalogue import Entry

NAME = "models.lock"

VERSION = 1

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Locked:
    """What a name stood for at the first pull."""

    file: str
    """The entry's `file`; the lock of another file is none."""
    sha256: str
    """Hex."""
    size: int
    """Bytes."""
    source: str
    """Who said so: the address of the hub, or the path of the user's own file."""
    revision: str
    """The publisher's commit; empty if it is not known."""
    on: str
    """The day (UTC), as YYYY-MM-DD."""


def path() -> Path:
    """The lock file, whether or not it exists.

    Raises:
        ConfigError: HUNKGATE_CONFIG is not an absolute path.
    """
    return config.machine_path().with_name(NAME)


def resolved(entry: Entry) -> Entry:
    """The entry with the digest and size that count: the catalogue's, else those of the lock file, else without a digest.

    Everybody who needs `Entry.sha256` asks here.

    Raises:
        ConfigError: the lock file is malformed.
    """
    found = None if entry.sha256 or entry.endpoint else locked(entry)
    return replace(entry, sha256=found.sha256, size=found.size) if found else entry


def locked(entry: Entry) -> Locked | None:
    """What the lock file has for an entry; None if it has nothing.

    Raises:
        ConfigError: it is malformed.
    """
    found = _read(path()).get(entry.name)
    return found if found is not None and found.file == entry.file else None


def keep(entry: Entry, what: Locked) -> None:
    """Write a lock, in the place of an older one.

    Raises:
        ConfigError: the file is malformed.
        StorageError: it cannot be written.
    """
    target = path()
    with _alone(target):
        models = {**_read(target), entry.name: what}
        document = {"version": VERSION, "models": {name: asdict(models[name]) for name in sorted(models)}}
        _write(target, json.dumps(document, indent=2) + "\n")


def _read(target: Path) -> dict[str, Locked]:
    try:
        document = json.loads(target.read_bytes())
        if document["version"] != VERSION:
            raise ValueError(f"its version is {document['version']!r}, not {VERSION}")
        return {str(name): _locked(row) for name, row in document["models"].items()}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"the lock file of the models cannot be read: {error.strerror}", where=str(target)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        todo = "Mend it, or delete it: then the next pull of a model that is not pinned trusts the hub once more."
        raise ConfigError(f"the lock file of the models is malformed: {error}", where=str(target), todo=todo) from error


def _locked(row: Mapping[str, Any]) -> Locked:
    made = Locked(**row)
    words = (made.file, made.source, made.revision, made.on)
    if not _DIGEST.fullmatch(made.sha256) or type(made.size) is not int or made.size <= 0:
        raise ValueError("an entry has no digest or no size")
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a text was expected")
    return made


def _write(target: Path, text: str) -> None:
    partial = target.with_name(f".{NAME}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="ascii")
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise _unwritable(target, error) from error


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Two pulls at the same time must not lose each other's line."""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(target.with_name(f".{NAME}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        wait_for(handle)
        yield
    finally:
        os.close(handle)


def _unwritable(target: Path, error: OSError) -> StorageError:
    todo = "Make the folder writable: the digest of a model that is not pinned must be kept."
    return StorageError(f"cannot write the lock file of the models: {error.strerror}", where=str(target), todo=todo)
