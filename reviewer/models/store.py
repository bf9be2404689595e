"""Where the model files of this user lie, and whether they are the published ones.

One folder per model: the weights under the publisher's file name, `verified.json`, and one folder per backend with the
form it made of them. A file gets its final name only after its digest was checked.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from reviewer.errors import ConfigError, DigestError, ModelError, StorageError, UsageError
from reviewer.file_lock import locked
from reviewer.models.catalogue import Entry
from reviewer.models.lock import resolved
from reviewer.models.progress import SILENT, Progress
from reviewer.records import Machine

OVERRIDE = "HUNKGATE_STORE"
"""Environment variable: absolute path of the store; stronger than the setting."""

BLOCK = 1024 * 1024
"""Bytes read at once."""

_MARKER = "verified.json"


class NotInstalledError(ModelError):
    """The weights are not in the store."""


class Presence(str, Enum):
    """What the store has of a model, as far as can be said without reading all of it."""

    ABSENT = "not installed"
    UNVERIFIED = "not verified"
    """The file is there, but changed since its digest was checked, or was never checked."""
    VERIFIED = "verified"
    SERVED = "on a server"
    """There is no file here."""


@dataclass(frozen=True, slots=True)
class Store:
    """The model files of one user."""

    root: Path

    def folder(self, entry: Entry) -> Path:
        """Where everything of one model lies."""
        return self.root / entry.name

    def weights(self, entry: Entry) -> Path:
        """The weights file; it may not exist."""
        return self.folder(entry) / entry.file

    def converted(self, entry: Entry, backend: str) -> Path:
        """The folder where a backend keeps its own form of the weights; it may not exist."""
        return self.folder(entry) / backend

    def exam(self, entry: Entry) -> Path:
        """The folder of the model's answers and results in the exam; it may not exist."""
        return self.folder(entry) / "exam"

    def presence(self, entry: Entry) -> Presence:
        """What is there, without reading the weights."""
        if entry.endpoint is not None:
            return Presence.SERVED
        if not self.weights(entry).is_file():
            return Presence.ABSENT
        return Presence.VERIFIED if self._is_marked(entry) else Presence.UNVERIFIED

    def check(self, entry: Entry, progress: Progress = SILENT) -> Path:
        """The weights, known to be the published file; reads them only if they changed since the last check.

        Of a model on a server nothing is known and nothing is checked; the path leads nowhere.

        Raises:
            NotInstalledError: they are not there.
            DigestError: they are not the published file. They are left as they are.
        """
        if self.presence(entry) in (Presence.VERIFIED, Presence.SERVED):
            return self.weights(entry)
        return self.verify(entry, progress)

    def verify(self, entry: Entry, progress: Progress = SILENT) -> Path:
        """Like `check`, but always reads the whole file.

        Raises:
            UsageError: it is on a server.
        """
        require_file(entry)
        path = self.weights(entry)
        if not path.is_file():
            todo = f"Run 'hunkgate models pull {entry.name}'."
            raise NotInstalledError(f"model {entry.name} is not installed", where=str(path), todo=todo)
        try:
            require_digest(path, entry, progress)
        except DigestError:
            with suppress(OSError):
                self._marker(entry).unlink()
            raise
        self._mark(entry)
        return path

    def adopt(self, entry: Entry, partial: Path, progress: Progress = SILENT) -> Path:
        """Give a complete partial file its final name, after its digest was checked.

        Raises:
            DigestError: it is another file; it keeps its name.
        """
        require_digest(partial, entry, progress)
        partial.replace(self.weights(entry))
        self._mark(entry)
        return self.weights(entry)

    def remove(self, entry: Entry) -> bool:
        """Delete everything of one model; False if there was nothing.

        Raises:
            StorageError: something could not be deleted.
        """
        folder = self.folder(entry)
        if not folder.is_dir():
            return False
        with self.lock(entry), writing(folder):
            shutil.rmtree(folder)
        return True

    @contextmanager
    def lock(self, entry: Entry) -> Iterator[None]:
        """Keep every other process from changing this model meanwhile. The lock ends with the process, however it ends.

        Raises:
            ModelError: another process has it.
        """
        with writing(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.root / f".{entry.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not locked(handle):
                todo = "Wait until it has finished."
                raise ModelError(f"another hunkgate is working on model {entry.name}", where=str(self.root), todo=todo)
            yield
        finally:
            os.close(handle)

    def _marker(self, entry: Entry) -> Path:
        return self.folder(entry) / _MARKER

    def _is_marked(self, entry: Entry) -> bool:
        if not resolved(entry).sha256:
            return False
        try:
            return bool(json.loads(self._marker(entry).read_bytes()) == self._state(entry))
        except (OSError, ValueError):
            return False

    def _mark(self, entry: Entry) -> None:
        # A store that cannot be written can still be used: the digest is then computed every time.
        with suppress(OSError):
            self._marker(entry).write_text(json.dumps(self._state(entry)), encoding="ascii")

    def _state(self, entry: Entry) -> dict[str, str | int]:
        seen = self.weights(entry).stat()
        return {"sha256": resolved(entry).sha256, "size": seen.st_size, "mtime_ns": seen.st_mtime_ns, "inode": seen.st_ino}


def open_store(machine: Machine) -> Store:
    """The store of this user: HUNKGATE_STORE, else the user's setting, else the platform's data folder.

    Raises:
        ConfigError: the path is relative; in a hook it would lie in the repository under review.
    """
    named = os.environ.get(OVERRIDE) or machine.store
    if not named:
        from platformdirs import user_data_path

        return Store(user_data_path("hunkgate", appauthor=False) / "models")
    path = Path(named).expanduser()
    if not path.is_absolute():
        raise ConfigError(f"the model store must be an absolute path, not {named!r}", where=OVERRIDE)
    return Store(path)


def require_file(entry: Entry) -> None:
    """Refuse what only makes sense for a file.

    Raises:
        UsageError: the model is on a server.
    """
    if entry.endpoint is not None:
        what = f"model {entry.name} is on the server {entry.endpoint.url}: there is no file of it here"
        raise UsageError(what, where="endpoints in the user's configuration", todo="Ask the server for it.")


def require_digest(path: Path, entry: Entry, progress: Progress = SILENT) -> None:
    """Read a whole file and compare it with the catalogue, or with the user's lock file.

    Raises:
        DigestError: its size or digest is another, or none is known.
    """
    entry = resolved(entry)
    if not entry.sha256:
        todo = f"Run 'hunkgate models pull {entry.name}': the first pull locks it."
        raise DigestError(f"the digest of model {entry.name} is not known", where=str(path), todo=todo)
    todo = f"Run 'hunkgate models remove {entry.name}' and 'hunkgate models pull {entry.name}'."
    size = path.stat().st_size
    if size != entry.size:
        kind = "truncated" if size < entry.size else "too long"
        what = f"the file of model {entry.name} is {kind}: {size:,} bytes instead of {entry.size:,}"
        raise DigestError(what, where=str(path), todo=todo)
    found = _digest(path, size, progress)
    if found != entry.sha256:
        what = f"the file of model {entry.name} is not the published one: sha256 {found} instead of {entry.sha256}"
        raise DigestError(what, where=str(path), todo=todo)


@contextmanager
def writing(where: Path) -> Iterator[None]:
    """Turn what the file system refuses into a StorageError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        todo = "Free some space, or choose another store (HUNKGATE_STORE); what was fetched so far is kept."
        raise StorageError(f"cannot write the model store: {reason}", where=str(error.filename or where), todo=todo) from error


def _digest(path: Path, size: int, progress: Progress) -> str:
    progress.begin("checking the digest", size)
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            done += len(block)
            progress.advance(done)
    return digest.hexdigest()
