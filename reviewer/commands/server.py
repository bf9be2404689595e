"""Guard a repository on a server: nothing reaches its branches that is not proven to be reviewed.

Examples:
  hunkgate server install /srv/git/product.git
  hunkgate server install /srv/git/product.git --ref refs/heads/main --ref "refs/heads/release/*" --min-engine 0.2.0
  hunkgate server show /srv/git/product.git
  hunkgate server uninstall /srv/git/product.git

What is asked stands in hunkgate/server.toml in the repository's git folder. A hook that is already there is kept and runs first.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reviewer.attest.requirements import parse_age, parse_engine
from reviewer.config.server import FILE, Demand, ServerRules, load_server, server_text, server_values
from reviewer.errors import ExitCode, UsageError
from reviewer.git import Git
from reviewer.installation import chained, shim
from reviewer.installation.writing import PLAIN, write
from reviewer.report._streams import say

_HOOK = ("pre-receive",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, to which repository."""
    parsers = parser.add_subparsers(dest="what", required=True)
    install = parsers.add_parser("install", help="install the hook, and write what it asks")
    install.add_argument("repository", type=Path, metavar="REPO")
    add = install.add_argument
    what = "a ref to guard, by its full name, * for any text; may be repeated; default: the default branch"
    add("--ref", metavar="PATTERN", action="append", help=what)
    demands = [demand.value for demand in Demand]
    add("--unproven", choices=demands, help="what becomes of commits that nothing proves to be reviewed; default: block")
    add("--findings", choices=demands, help="what becomes of a push in which something blocking is found; default: block")
    add("--allowed-signers", metavar="FILE", type=Path, help="who may sign; default: the team's file before the push")
    add("--revoked-keys", metavar="FILE", type=Path, help="which keys never count; default: the team's file, if there is one")
    add("--min-engine", metavar="VERSION", help="the oldest version whose reviews count")
    add("--max-age", metavar="AGE", help="how long ago a review may be, such as 90d")
    for name, words in (("uninstall", "remove the hook; what it asks stays written"), ("show", "say what is asked, and by whom")):
        parsers.add_parser(name, help=words).add_argument("repository", type=Path, metavar="REPO")


def run(args: argparse.Namespace) -> int:
    """0; errors say what could not be done."""
    folder = _git_folder(args.repository)
    say("".join(f"{line}\n" for line in _ACTIONS[args.what](folder, args)))
    return ExitCode.OK


def _install(folder: Path, args: argparse.Namespace) -> Sequence[str]:
    rules = _changed(load_server(folder), args)
    done = list(chained.install(folder / "hooks", shim.find_interpreter(folder), _HOOK))
    if not (folder / FILE).exists() or rules != load_server(folder):
        write(folder / FILE, server_text(rules).encode(), PLAIN)
        done.append(f"wrote {folder / FILE}")
    return done or ["everything is in place already"]


def _uninstall(folder: Path, args: argparse.Namespace) -> Sequence[str]:
    return chained.uninstall(folder / "hooks", _HOOK) or ["no hook of hunkgate is installed here"]


def _show(folder: Path, args: argparse.Namespace) -> Sequence[str]:
    installed = chained.is_installed(folder / "hooks", *_HOOK)
    state = "the pre-receive hook is installed" if installed else "the pre-receive hook is not installed: hunkgate server install"
    return [state, *(f"{key} = {value}" for key, value in server_values(load_server(folder)).items())]


_ACTIONS = {"install": _install, "uninstall": _uninstall, "show": _show}


def _changed(rules: ServerRules, args: argparse.Namespace) -> ServerRules:
    """The rules with what the command line says instead."""
    given: dict[str, Any] = {
        "refs": tuple(args.ref) if args.ref else None,
        "unproven": Demand(args.unproven) if args.unproven else None,
        "findings": Demand(args.findings) if args.findings else None,
        "allowed_signers": _file(args.allowed_signers, "--allowed-signers"),
        "revoked_keys": _file(args.revoked_keys, "--revoked-keys"),
        "engine_minimum": parse_engine(args.min_engine).partition("/")[2] if args.min_engine else None,
        "max_age": args.max_age if args.max_age and parse_age(args.max_age) else None,
    }
    return replace(rules, **{field: value for field, value in given.items() if value is not None})


def _file(path: Path | None, option: str) -> str | None:
    if path is None:
        return None
    if not path.is_file():
        raise UsageError(f"there is no file {path}", where=option, todo="Name one that whoever receives pushes can read.")
    return str(path.resolve())


def _git_folder(repository: Path) -> Path:
    if not repository.is_dir():
        raise UsageError(f"there is no folder {repository}", todo="Name a repository on this machine.")
    return Path(Git(repository).line("rev-parse", "--path-format=absolute", "--git-common-dir"))
