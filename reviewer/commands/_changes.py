"""Which change a command is about: what is staged, a commit, a range, patch text or plain code."""

from __future__ import annotations

import argparse
import os
import sys

from reviewer import sources
from reviewer.errors import UsageError
from reviewer.git import Git
from reviewer.sources import Sourced


def add_change_arguments(parser: argparse.ArgumentParser) -> None:
    """One of five ways to name it."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--staged", action="store_true", help="what would be committed now (the default)")
    what.add_argument("--commit", metavar="REV", help="what a commit changed against its first parent")
    what.add_argument("--range", metavar="A..B", help="what a range changed as a whole")
    what.add_argument("--patch", metavar="FILE", help="a unified diff; - reads standard input")
    what.add_argument("--text", metavar="CODE", help="code that is in no repository; - reads standard input")
    parser.add_argument("--language", metavar="NAME", help="of --text, such as python or py; a shebang line tells it too")


def sourced_by(args: argparse.Namespace) -> Sourced:
    """The change that the arguments name.

    Raises:
        UsageError, GitError, PatchError: see `reviewer.sources`.
    """
    if args.text is not None:
        text = sys.stdin.buffer.read() if args.text == "-" else os.fsencode(args.text)
        return sources.snippet(text, args.language or "")
    if args.language is not None:
        raise UsageError("--language is only for --text", todo="The languages of files are told by their names.")
    if args.patch:
        return sources.patch(args.patch)
    if args.commit:
        return sources.commit(Git(), args.commit)
    if args.range:
        return sources.commit_range(Git(), args.range)
    return sources.staged(Git())
