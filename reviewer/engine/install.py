"""Brings a model to the point where a review can use it: weights, runtime, and the runtime's own form of the weights."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.backends.interface import ChatFormat, ModelFiles, Settings
from reviewer.errors import BackendError
from reviewer.models import runtime
from reviewer.models.catalogue import Entry
from reviewer.models.lock import resolved
from reviewer.models.progress import SILENT, Progress
from reviewer.records import Machine

if TYPE_CHECKING:
    from reviewer.devices._stored import Spot
    from reviewer.models.store import Store

FIGURES = "devices.json"
"""In the store: what 'hunkgate devices --measure' measured."""

_CPU = Settings().device
"""Always there, and every runtime knows it by this name."""

PREPARE_TIMEOUT = 1800.0
"""Seconds for a conversion; 25 s measured for 1.1 GB."""


def install(
    store: Store,
    entry: Entry,
    machine: Machine,
    *,
    origin: Path | None = None,
    with_runtime: bool = True,
    progress: Progress = SILENT,
) -> None:
    """Pull a model and make it ready.

    Args:
        origin: a file of the user's to copy instead of fetching.
        with_runtime: install the inference runtime if there is none, and convert the weights for it.

    Raises:
        ModelError, StorageError: see `reviewer.models.pull`, `reviewer.models.runtime` and `Backend.prepare`.
    """
    # Every review with a model imports this module, and fetches nothing.
    from reviewer.models.pull import pull

    pull(store, entry, origin=origin, progress=progress)
    if not with_runtime:
        return
    backend, python = _runtime(store, entry, machine, progress)
    progress.begin(f"preparing {entry.name} for {backend}")
    _prepare(store, entry, backend, python, settings_for(entry, machine))


def _prepare(store: Store, entry: Entry, backend: str, python: Path, settings: Settings) -> None:
    """Let the backend make its own form of the weights."""
    import tempfile

    from reviewer.engine.client import Worker

    files = model_files(store, entry, backend)
    with (
        store.lock(entry),
        tempfile.TemporaryDirectory(prefix="hunkgate-") as folder,
        Worker(python, backend, Path(folder)) as worker,
    ):
        worker.prepare(files, settings, time.monotonic() + PREPARE_TIMEOUT)


def choose_runtime(store: Store, entry: Entry, machine: Machine) -> tuple[str, Path]:
    """The backend to run a model with, and its interpreter: the one that was measured to be fastest here, else the first one of
    the model that is installed.

    Raises:
        BackendError: none is; says how to get the preferred one.
    """
    fastest = _fastest(store, entry)
    for backend in sorted(entry.backends, key=lambda one: one != fastest):
        with suppress(BackendError):
            return backend, runtime.find(backend, machine, store)
    return entry.backends[0], runtime.find(entry.backends[0], machine, store)


def devices_for(store: Store, entry: Entry, backend: str) -> tuple[str, ...]:
    """Where a model is to run, and where it goes on once if that device vanishes. CPU alone if nothing was measured."""
    measured = best_place(store, entry, (backend,))
    return (measured.device, _CPU) if measured and measured.device != _CPU else (_CPU,)


def best_place(store: Store, entry: Entry, backends: Collection[str]) -> Spot | None:
    """Where a model was measured to be fastest; None if nothing that counts was measured, as on most machines.

    Args:
        backends: those that may run it.
    """
    if entry.endpoint is not None or not (store.root / FIGURES).exists():
        return None
    from reviewer.devices._stored import spot

    found = spot(store.root / FIGURES, entry.name, resolved(entry).sha256, backends)
    return found if found.device else None


def _fastest(store: Store, entry: Entry) -> str:
    """The backend with the best place; empty if nothing was measured.

    Only those count on which the model took an exam, if it took any: on another one it would have to be silent.
    """
    if best_place(store, entry, entry.backends) is None:
        return ""
    from reviewer.models.exam import results

    examined = {one.key.backend for one in results.read(store.exam(entry) / results.FILE)}
    best = best_place(store, entry, [one for one in entry.backends if one in examined] or entry.backends)
    return best.backend if best else ""


def model_files(store: Store, entry: Entry, backend: str) -> ModelFiles:
    """What a backend is told to load; the weights must have been checked, unless a server has them."""
    chat = ChatFormat(entry.chat.before, entry.chat.between, entry.chat.after, entry.chat.end)
    digest = resolved(entry).sha256
    return ModelFiles(entry.name, store.weights(entry), digest, store.converted(entry, backend), chat, entry.endpoint)


def settings_for(entry: Entry, machine: Machine, device: str = _CPU) -> Settings:
    """How the model runs on this machine.

    Args:
        device: see `devices_for`.
    """
    context = entry.context if entry.endpoint else min(entry.context, Settings().context)
    return Settings(device, machine.threads, context)


def _runtime(store: Store, entry: Entry, machine: Machine, progress: Progress) -> tuple[str, Path]:
    try:
        return choose_runtime(store, entry, machine)
    except BackendError:
        return entry.backends[0], runtime.ensure(entry.backends[0], machine, store, progress)
