"""Pull, check, examine, choose and remove the local models.

list            every model of the catalogue, what is installed, and what each may be used for
recommend       a set of models for this machine, and why
pull NAME       fetch a model, check its digest, install its runtime and convert it
qualify NAME    the exam by which a model earns its roles
verify [NAME]   read the files again and compare their digests
remove NAME     delete a model
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from reviewer import config
from reviewer.commands._models_progress import shown
from reviewer.errors import ExitCode, HunkgateError
from reviewer.models.catalogue import Entry, catalogue, entry
from reviewer.models.lock import resolved
from reviewer.models.progress import Progress
from reviewer.models.store import Presence, Store, open_store
from reviewer.records import ROLES
from reviewer.report._streams import complain, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="{list,recommend,pull,qualify,verify,remove}")
    listing = actions.add_parser("list", help="every model of the catalogue, and what it may be used for")
    advising = actions.add_parser("recommend", help="a set of models for this machine")
    _add_pull(actions.add_parser("pull", help="fetch, check and prepare a model"))
    examining = actions.add_parser("qualify", help="the exam by which a model earns its roles; goes on where it was cut off")
    examining.add_argument("name")
    examining.add_argument("--role", nargs="+", action="extend", choices=ROLES, default=[], help="all of the model's by default")
    examining.add_argument("--anew", action="store_true", help="ask everything once more")
    for action in (listing, advising, examining):
        action.add_argument("--format", choices=("text", "json"), default="text")
    verifying = actions.add_parser("verify", help="read the files again and compare their digests")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="all that are installed, if none is named")
    removing = actions.add_parser("remove", help="delete a model")
    removing.add_argument("name")


def _add_pull(pulling: argparse.ArgumentParser) -> None:
    pulling.add_argument("name")
    pulling.add_argument("--from", dest="origin", type=Path, metavar="FILE", help="copy this file instead of fetching it")
    pulling.add_argument("--no-runtime", action="store_true", help="fetch the weights only")
    pulling.add_argument("--relock", action="store_true", help="take what the hub has now, whatever models.lock says")


def run(args: argparse.Namespace) -> int:
    """Do it.

    Raises:
        UsageError: there is no such model.
        ModelError, StorageError: see `reviewer.engine.install` and `reviewer.models.qualify`.
    """
    if args.action == "list":
        from reviewer.commands import _models_list

        return _models_list.run(args.format)
    if args.action == "recommend":
        from reviewer.commands import _models_recommend

        return _models_recommend.run(args.format)
    if args.action == "qualify":
        from reviewer.commands import _models_qualify

        return _models_qualify.run(args.name, args.role, args.format, anew=args.anew)
    return _keep(args)


def _keep(args: argparse.Namespace) -> int:
    """What is done with files."""
    if args.action == "pull":
        origin, relock = getattr(args, "origin", None), getattr(args, "relock", False)
        return pull(args.name, origin=origin, with_runtime=not getattr(args, "no_runtime", False), relock=relock)
    machine = config.load_machine()
    store = open_store(machine)
    if args.action == "remove":
        return _remove(store, entry(args.name, machine.endpoints))
    return _verify(store, [entry(name, machine.endpoints) for name in args.names])


def pull(name: str, *, origin: Path | None = None, with_runtime: bool = True, relock: bool = False) -> int:
    """Make a model ready to use, with a progress bar on a terminal; the exit code.

    Raises:
        UsageError, ModelError, StorageError
    """
    from reviewer.engine.install import install
    from reviewer.models.pull import pull as fetch

    machine = config.load_machine()
    store, model = open_store(machine), entry(name, machine.endpoints)
    with ExitStack() as stack:
        progress = shown(stack)
        fetch(store, model, origin=origin, relock=relock, progress=progress)
        install(store, resolved(model), machine, with_runtime=with_runtime, progress=progress)
    state = "installed" if with_runtime else "installed without its runtime"
    say(f"{model.name} is {state}: {store.weights(model)}\n")
    return ExitCode.OK


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
        progress = shown(stack)
        failures = [error for error in (_failure(store, model, progress) for model in chosen) if error]
    for error in failures:
        complain(f"hunkgate: {error}\n  {error.todo}\n")
    return ExitCode.UNABLE if failures else ExitCode.OK


def _failure(store: Store, model: Entry, progress: Progress) -> HunkgateError | None:
    try:
        store.verify(model, progress)
    except HunkgateError as error:
        return error
    locked = "" if model.sha256 else "; it is the one of the first pull"
    say(f"{model.name}: the file is the published one (sha256 {resolved(model).sha256}){locked}\n")
    return None
