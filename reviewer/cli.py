"""The command line: finds the subcommand, and turns an error into an exit code. The only place that does either."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from reviewer import __version__, registry
from reviewer.errors import ExitCode, HunkgateError, StorageError
from reviewer.report._streams import complain, say

_COMMANDS = "reviewer.commands"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `hunkgate ARGV` and return its exit code (see `ExitCode`)."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except HunkgateError as error:
        complain(_explained(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("hunkgate: interrupted; nothing was changed\n")
        # Reviewers may still be in native code in their threads; the interpreter's own end would crash under them.
        os._exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away; Python must not complain about it again while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.UNABLE
    except OSError as error:
        complain(_explained(StorageError(f"{error.strerror or error}", where=str(error.filename or ""))))
        return ExitCode.UNABLE


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        say(_overview())
        return ExitCode.OK
    if words[0] == "--version":
        say(f"hunkgate {__version__}\n")
        return ExitCode.OK
    name = words[0]
    command = registry.load(_COMMANDS, name)
    parser = argparse.ArgumentParser(
        prog=f"hunkgate {name}", description=command.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(words[1:]))
    return code


def _overview() -> str:
    rows = []
    for name in registry.members(_COMMANDS):
        module = registry.load(_COMMANDS, name)
        summary = (module.__doc__ or "").strip().splitlines()[0]
        rows.append(f"  {name.replace('_', '-'):<10} {summary}")
    return "\n".join(
        [
            "usage: hunkgate COMMAND [OPTIONS]",
            "",
            "A local-first review gate for git: reviews what you stage, says what it did not look at, and signs what it saw.",
            "",
            *rows,
            "",
            "'hunkgate COMMAND --help' tells more. Exit codes: 0 pass or warn, 1 block, 2 usage, 3 could not work.",
            "",
        ]
    )


def _explained(error: HunkgateError) -> str:
    lines = [f"hunkgate: {error}"]
    if error.todo:
        lines.append(f"  {error.todo}")
    return "\n".join(lines) + "\n"
