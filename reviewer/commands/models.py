"""Pull, check and remove the local models.

list            every model of the catalogue, and what is installed
pull NAME       fetch a model, check its digest, install its runtime and convert it
remove NAME     delete a model
verify [NAME]   read the files again and compare their digests
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from reviewer import config
from reviewer.errors import ExitCode, HunkgateError
from reviewer.models.catalogue import Entry, catalogue, entry
from reviewer.models.progress import SILENT, Progress
from reviewer.models.store import Presence, Store, open_store
from reviewer.report._streams import complain, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="{list,pull,remove,verify}")
    listing = actions.add_parser("list", help="every model of the catalogue, and what is installed")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    pulling = actions.add_parser("pull", help="fetch, check and prepare a model")
    pulling.add_argument("name")
    pulling.add_argument("--from", dest="origin", type=Path, metavar="FILE", help="copy this file instead of fetching it")
    pulling.add_argument("--no-runtime", action="store_true", help="fetch the weights only")
    removing = actions.add_parser("remove", help="delete a model")
    removing.add_argument("name")
    verifying = actions.add_parser("verify", help="read the files again and compare their digests")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="all that are installed, if none is named")


def run(args: argparse.Namespace) -> int:
    """Do it.

    Raises:
        UsageError: there is no such model.
        ModelError, StorageError: see `reviewer.engine.install`.
    """
    machine = config.load_machine()
    store = open_store(machine)
    if args.action == "list":
        return _list(store, args.format)
    if args.action == "remove":
        return _remove(store, entry(args.name))
    if args.action == "verify":
        return _verify(store, [entry(name) for name in args.names])
    return pull(args.name, origin=getattr(args, "origin", None), with_runtime=not getattr(args, "no_runtime", False))


def pull(name: str, *, origin: Path | None = None, with_runtime: bool = True) -> int:
    """Make a model ready to use, with a progress bar on a terminal; the exit code.

    Raises:
        UsageError, ModelError, StorageError
    """
    from reviewer.engine.install import install

    machine = config.load_machine()
    store, model = open_store(machine), entry(name)
    with ExitStack() as stack:
        progress = _progress(stack)
        install(store, model, machine, origin=origin, with_runtime=with_runtime, progress=progress)
    state = "installed" if with_runtime else "installed without its runtime"
    say(f"{model.name} is {state}: {store.weights(model)}\n")
    return ExitCode.OK


def _list(store: Store, form: str) -> int:
    rows = [_row(store, model) for model in catalogue().values()]
    say(json.dumps({"store": str(store.root), "models": rows}, indent=2) + "\n" if form == "json" else _table(rows))
    return ExitCode.OK


def _row(store: Store, model: Entry) -> dict[str, Any]:
    return {
        "name": model.name,
        "state": store.presence(model).value,
        "size": model.size,
        "license": model.license,
        "roles": list(model.roles),
        "backends": list(model.backends),
        "sha256": model.sha256,
        "sources": [str(source) for source in model.sources],
    }


def _table(rows: Iterable[dict[str, Any]]) -> str:
    cells = [("NAME", "SIZE", "LICENSE", "ROLES", "STATE")]
    cells += [(row["name"], f"{row['size'] / 1e9:.1f} GB", row["license"], ", ".join(row["roles"]), row["state"]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join(lines) + "\n"


def _remove(store: Store, model: Entry) -> int:
    removed = store.remove(model)
    say(f"{model.name} was removed\n" if removed else f"{model.name} is not installed\n")
    return ExitCode.OK


def _verify(store: Store, models: Sequence[Entry]) -> int:
    """Check each model; all of them even if one fails."""
    chosen = models or [model for model in catalogue().values() if store.presence(model) is not Presence.ABSENT]
    if not chosen:
        say("no model is installed\n")
    with ExitStack() as stack:
        progress = _progress(stack)
        failures = [error for error in (_failure(store, model, progress) for model in chosen) if error]
    for error in failures:
        complain(f"hunkgate: {error}\n  {error.todo}\n")
    return ExitCode.UNABLE if failures else ExitCode.OK


def _failure(store: Store, model: Entry, progress: Progress) -> HunkgateError | None:
    try:
        store.verify(model, progress)
    except HunkgateError as error:
        return error
    say(f"{model.name}: the file is the published one (sha256 {model.sha256})\n")
    return None


def _progress(stack: ExitStack) -> Progress:
    """A bar on a terminal; in a pipe only what the reader must know."""
    if not sys.stderr.isatty():
        return _Plain()
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    return _Bar(stack.enter_context(Bars(*columns, console=Console(stderr=True))))


class _Plain:
    """Progress in a pipe: no bar."""

    def begin(self, text: str, total: int = 0) -> None:
        SILENT.begin(text, total)

    def advance(self, done: int) -> None:
        SILENT.advance(done)

    def say(self, text: str) -> None:
        complain(f"hunkgate: {text}\n")


class _Bar:
    """Progress on a terminal: one line per stage."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._task: Any = None

    def begin(self, text: str, total: int = 0) -> None:
        if self._task is not None:
            self._bars.stop_task(self._task)
        self._task = self._bars.add_task(text, total=total or None)

    def advance(self, done: int) -> None:
        self._bars.update(self._task, completed=done)

    def say(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)
