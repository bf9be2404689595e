"""Install the git hooks and write a first .hunkgate.toml; --uninstall takes the hooks out again.

A hook that is already there is kept and runs first. Run it again at any time: what is in place stays as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reviewer import config
from reviewer.errors import ExitCode
from reviewer.git import Git
from reviewer.installation import ALL, INSTALLED, ON_REQUEST, TELLING, chained, shared, stanzas
from reviewer.installation.place import Manager, Place, find_place
from reviewer.installation.shim import find_interpreter
from reviewer.installation.state import forget
from reviewer.installation.writing import PLAIN, write
from reviewer.report._streams import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--pre-commit", action="store_true", help="print what to add to .pre-commit-config.yaml; install no hooks")
    what.add_argument("--uninstall", action="store_true", help="remove the hooks and put back what was there; settings stay")
    parser.add_argument("--no-config", action="store_true", help="write no .hunkgate.toml")
    parser.add_argument(
        "--reference-transaction",
        action="store_true",
        help="install this hook, too: it also sees 'git merge --no-verify', and makes each change of a ref 3 ms slower",
    )


def run(args: argparse.Namespace) -> int:
    """0; errors say what could not be done."""
    git = Git()
    top = git.top().resolve()
    if args.uninstall:
        _tell(_uninstalled(Git(top)) or ["no hooks of hunkgate are installed here"])
        return ExitCode.OK
    if args.pre_commit:
        _tell([] if args.no_config else _configured(top))
        say(stanzas.pre_commit(top))
        return ExitCode.OK
    place = find_place(git)
    installed = _installed(place, refs=args.reference_transaction)
    _tell(installed)
    configured = [] if args.no_config else _configured(top)
    _tell(configured or ([] if installed else ["everything is in place already"]))
    say(_next_step(place))
    return ExitCode.OK


def _installed(place: Place, *, refs: bool) -> Sequence[str]:
    """What was done.

    Args:
        refs: also the hook that runs whenever a ref changes. One that is there already is kept up to date.
    """
    if place.manager in (Manager.PRE_COMMIT, Manager.LEFTHOOK):
        return [f"the hooks of this repository are run by {place.manager.value}: nothing was installed"]
    interpreter = find_interpreter(place.top)
    if place.shared:
        left = ["left reference-transaction alone: the hooks of this repository are shared, and it would cost everybody time"]
        return [*shared.install(place, interpreter), *(left if refs else [])]
    wanted = [*INSTALLED, *(name for name in ON_REQUEST if refs or chained.is_installed(place.folder, name))]
    hindered = {name: why for name in wanted if name in TELLING and (why := chained.hindrance(place.folder, name))}
    done = chained.install(place.folder, interpreter, [name for name in wanted if name not in hindered])
    return [*done, *(f"left {place.folder / name} alone: {why}" for name, why in hindered.items())]


def _uninstalled(git: Git) -> Sequence[str]:
    """Everything of ours, also where git looked for hooks earlier."""
    place = find_place(git, installing=False)
    done = list(shared.uninstall(place)) if place.shared else list(chained.uninstall(place.folder, ALL))
    if place.folder != place.common / "hooks":
        done += chained.uninstall(place.common / "hooks", ALL)
    if place.folder != place.top / ".husky":
        done += shared.uninstall(replace(place, folder=place.top / ".husky"))
    forget(git)
    return done


def _configured(top: Path) -> Sequence[str]:
    """Write the commented file, if there are no settings yet."""
    path = top / config.OWN
    if path.exists() or path.is_symlink() or config.load_policy(Git(top)).source != config.DEFAULT:
        return []
    import secrets

    write(path, config.starting_file(secrets.token_hex(16)).encode(), PLAIN)
    return [f"wrote {path}: findings of high confidence block a commit"]


def _next_step(place: Place) -> str:
    if place.manager is Manager.PRE_COMMIT:
        return stanzas.pre_commit(place.top)
    if place.manager is Manager.LEFTHOOK:
        return stanzas.lefthook()
    return "Next: stage a change and commit it. 'hunkgate doctor' says what a commit runs.\n"


def _tell(done: Sequence[str]) -> None:
    say("".join(f"{line}\n" for line in done))
