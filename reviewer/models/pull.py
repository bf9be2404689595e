"""Brings the weights of one model into the store: source after source, and none without the right digest."""

from __future__ import annotations

import shutil
from pathlib import Path

from reviewer.errors import DigestError, ModelError, StorageError
from reviewer.models import download, parts, pinning
from reviewer.models.catalogue import Entry, Hub, Source
from reviewer.models.progress import SILENT, Progress
from reviewer.models.store import BLOCK, NotInstalledError, Presence, Store, require_file, writing


def pull(store: Store, entry: Entry, *, origin: Path | None = None, relock: bool = False, progress: Progress = SILENT) -> Path:
    """The verified weights of a model, fetched if they are not there.

    Args:
        origin: a file of the user's to copy instead of fetching; it is only read.
        relock: take what the hub has now, although the lock file says another digest. Of no effect on pinned models.

    Raises:
        DigestError: a file is not the published one. Files of the user are left alone, our own partial is deleted.
        ModelError: no source worked; says which failed and why. What arrived is kept for the next try.
        StorageError: the disk is full or cannot be written.
        UsageError: the model is on a server.
        ConfigError: the lock file of the models is malformed.
    """
    require_file(entry)
    with store.lock(entry):
        if store.presence(entry) is Presence.VERIFIED and not relock:
            return store.weights(entry)
        entry = pinning.pinned(entry, progress, origin=origin, relock=relock)
        try:
            return store.check(entry, progress)
        except (NotInstalledError, DigestError) as error:
            _set_aside(store, entry, error, progress)
        with writing(store.root):
            store.folder(entry).mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_space(store, entry)
        if origin is not None:
            return _copy(store, entry, origin, progress)
        return _from_sources(store, entry, progress)


def _set_aside(store: Store, entry: Entry, error: ModelError, progress: Progress) -> None:
    """A file with a wrong digest makes room for the right one, but is kept: it may be the user's."""
    if isinstance(error, NotInstalledError):
        return
    weights = store.weights(entry)
    aside = weights.with_name(weights.name + ".wrong-digest")
    with writing(weights):
        weights.replace(aside)
    progress.say(f"{error.what}; it is kept as {aside}")


def _from_sources(store: Store, entry: Entry, progress: Progress) -> Path:
    failures: list[ModelError] = []
    for source in entry.sources:
        outcome = _try(store, entry, source, progress)
        if isinstance(outcome, Path):
            return outcome
        failures.append(outcome)
    reasons = "; ".join(f"{source}: {error.what}" for source, error in zip(entry.sources, failures, strict=True))
    todo = f"Get {entry.file} by other means and run 'hunkgate models pull {entry.name} --from FILE'."
    kind = DigestError if any(isinstance(error, DigestError) for error in failures) else ModelError
    raise kind(f"no source of model {entry.name} worked: {reasons}", todo=todo)


def _try(store: Store, entry: Entry, source: Source, progress: Progress) -> Path | ModelError:
    try:
        return _from_source(store, entry, source, progress)
    except ModelError as error:
        progress.say(f"{source}: {error.what}")
        return error


def _from_source(store: Store, entry: Entry, source: Source, progress: Progress) -> Path:
    """Each source has its own partial file, so that a fallback never mixes with what another began."""
    kind = "hub" if isinstance(source, Hub) else "parts"
    partial = store.folder(entry) / f".{entry.file}.{kind}.partial"
    if isinstance(source, Hub):
        download.fetch(entry, source, partial, progress)
    else:
        parts.fetch(entry, source, partial, progress)
    return _adopt(store, entry, partial, progress)


def _adopt(store: Store, entry: Entry, partial: Path, progress: Progress) -> Path:
    try:
        weights = store.adopt(entry, partial, progress)
    except DigestError as error:
        parts.discard(partial)
        raise DigestError(f"{error.what}; the fetched file was deleted", todo=error.todo) from error
    for left in store.folder(entry).glob(f".{entry.file}.*.partial"):
        parts.discard(left)
    parts.discard(partial)
    return weights


def _copy(store: Store, entry: Entry, origin: Path, progress: Progress) -> Path:
    partial = store.folder(entry) / f".{entry.file}.copy.partial"
    progress.begin(f"copying {origin}", entry.size)
    try:
        source = origin.open("rb")
    except OSError as error:
        raise ModelError(f"cannot read {origin}: {error.strerror}", todo="Name a file that you can read.") from error
    with source, writing(partial), partial.open("wb") as target:
        while target.tell() <= entry.size and (block := source.read(BLOCK)):
            target.write(block)
            progress.advance(target.tell())
    try:
        return _adopt(store, entry, partial, progress)
    except DigestError as error:
        todo = f"The file must be {entry.file} as it was published (sha256 {entry.sha256})."
        raise DigestError(f"{error.what}; nothing was installed", where=str(origin), todo=todo) from error


def _require_space(store: Store, entry: Entry) -> None:
    """Room for what is still to come: the rest of the file, one part, and the backend's own form."""
    folder = store.folder(entry)
    have = max((path.stat().st_size for path in folder.glob(f".{entry.file}.*.partial")), default=0)
    needed = max(0, entry.size - have) + entry.converted
    free = shutil.disk_usage(folder).free
    if free < needed:
        what = f"model {entry.name} needs {needed / 1e9:.1f} GB of disk space, and {free / 1e9:.1f} GB are free"
        todo = "Free some space, or name another store in HUNKGATE_STORE."
        raise StorageError(what, where=str(folder), todo=todo)
