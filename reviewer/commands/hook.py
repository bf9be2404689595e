"""Run as a git hook; the installed shims and pre-commit call this."""

from __future__ import annotations

import argparse

from reviewer import registry

_HOOKS = "reviewer.hooks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which hook, and what git gave it."""
    parser.add_argument("name", help="git's name of the hook, such as pre-commit")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what git passes to the hook")


def run(args: argparse.Namespace) -> int:
    """The hook's exit code: 0 lets git go on."""
    code: int = registry.load(_HOOKS, args.name).run(args.arguments)
    return code
