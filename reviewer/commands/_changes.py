"""Which change a command is about: what is staged, a commit, a range or patch text."""

from __future__ import annotations

import argparse

from reviewer import sources
from reviewer.git import Git
from reviewer.sources import Sourced


def add_change_arguments(parser: argparse.ArgumentParser) -> None:
    """One of four ways to name it."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--staged", action="store_true", help="what would be committed now (the default)")
    what.add_argument("--commit", metavar="REV", help="what a commit changed against its first parent")
    what.add_argument("--range", metavar="A..B", help="what a range changed as a whole")
    what.add_argument("--patch", metavar="FILE", help="a unified diff; - reads standard input")


def sourced_by(args: argparse.Namespace) -> Sourced:
    """The change that the arguments name.

    Raises:
        UsageError, GitError, PatchError: see `reviewer.sources`.
    """
    if args.patch:
        return sources.patch(args.patch)
    if args.commit:
        return sources.commit(Git(), args.commit)
    if args.range:
        return sources.commit_range(Git(), args.range)
    return sources.staged(Git())
