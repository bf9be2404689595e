"""Decides, before anything is fetched, which digest a model must have; the first pull of one that nobody pinned locks it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from pathlib import Path

from reviewer.errors import DigestError, ModelError
from reviewer.models import download, lock
from reviewer.models.catalogue import Entry, Hub
from reviewer.models.lock import Locked
from reviewer.models.progress import Progress
from reviewer.models.store import BLOCK


def pinned(entry: Entry, progress: Progress, *, origin: Path | None = None, relock: bool = False) -> Entry:
    """The entry with the digest to demand: the catalogue's, else the locked one, else the one that is locked now.

    Args:
        origin: a file of the user's that will be copied; then no hub is asked.
        relock: forget an older lock.

    Raises:
        DigestError: the hub now publishes another file than the locked one.
        ModelError: nobody tells a digest.
        ConfigError, StorageError: the lock file is malformed, or cannot be written.
    """
    if entry.sha256:
        return entry
    held = None if relock else lock.locked(entry)
    if held is None:
        held = _of_file(entry, origin, progress) if origin is not None else _of_hub(entry)
        lock.keep(entry, held)
        progress.say(f"{entry.name} has no digest in the catalogue. {held.source} says sha256 {held.sha256}, {held.size:,} bytes")
        progress.say(f"this is locked in {lock.path()}: another file will not be taken under this name")
    elif origin is None:
        _require_unmoved(entry, held, progress)
    return lock.resolved(entry)


def _of_hub(entry: Entry) -> Locked:
    """What the first hub that answers says."""
    silent = []
    for source in _hubs(entry):
        answer = _asked(entry, source)
        if isinstance(answer, Locked):
            return answer
        silent.append(answer)
    todo = f"Get {entry.file} by other means and run 'hunkgate models pull {entry.name} --from FILE'."
    reasons = "; ".join(silent) or "the catalogue names no hub"
    raise ModelError(f"the digest of model {entry.name} is not in the catalogue, and no hub tells it: {reasons}", todo=todo)


def _asked(entry: Entry, source: Hub) -> Locked | str:
    """What a hub says, or why it says nothing."""
    try:
        found = download.published(source)
    except ModelError as error:
        return f"{source}: {error.what}"
    return Locked(entry.file, found.sha256, found.size, source.url, found.revision, _today())


def _of_file(entry: Entry, origin: Path, progress: Progress) -> Locked:
    digest, done = hashlib.sha256(), 0
    try:
        progress.begin(f"reading {origin}", origin.stat().st_size)
        with origin.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                done += len(block)
                progress.advance(done)
    except OSError as error:
        raise ModelError(f"cannot read {origin}: {error.strerror}", todo="Name a file that you can read.") from error
    if not done:
        raise ModelError("the file is empty", where=str(origin), todo=f"Name the file {entry.file} of the publisher.")
    return Locked(entry.file, digest.hexdigest(), done, str(origin), "", _today())


def _require_unmoved(entry: Entry, held: Locked, progress: Progress) -> None:
    """Ask the hub that was asked first, lest gigabytes of another file are fetched in vain. Its silence is no objection."""
    for source in _hubs(entry):
        if source.url != held.source:
            continue
        found = _asked(entry, source)
        if isinstance(found, str):
            progress.say(f"{found}; the digest decides after the transfer")
        elif found.sha256 != held.sha256:
            what = f"{source} now has another file for model {entry.name}: sha256 {found.sha256}, locked is {held.sha256}"
            todo = f"If the publisher made a new file and you want it: hunkgate models pull {entry.name} --relock"
            raise DigestError(what, where=f"locked on {held.on} in {lock.path()}", todo=todo)


def _hubs(entry: Entry) -> list[Hub]:
    return [source for source in entry.sources if isinstance(source, Hub)]


def _today() -> str:
    return datetime.now(timezone.utc).date().isoformat()
