"""Say what kind of work a request or a hunk is, how complex it is, and how risky.

Examples:
  hunkgate detect "implement a REST API"
  hunkgate detect --jsonl < hunks.jsonl

With --jsonl every line of standard input is an object with id, path, hunk (unified diff text) and, if it is known, context (the
counts of the staged set that it belongs to). Every line of the answer is one with id, task, abstained, task_probabilities,
complexity, risk, reasons and device (where the classifier ran, null if rules decided), in the same order; they are written when
the input has ended, since the hunks of one staged set are judged together.
"""

from __future__ import annotations

import argparse
import sys

from reviewer.errors import ExitCode, UsageError
from reviewer.report._streams import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at."""
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a request in words")
    parser.add_argument("--jsonl", action="store_true", help="read hunks from standard input, one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """0; 2 if a line is no object with a path and a hunk (the others are answered all the same)."""
    if args.jsonl == (args.text is not None):
        raise UsageError("detect takes either a text or --jsonl", todo='Try: hunkgate detect "implement a REST API"')
    return _hunks() if args.jsonl else _request(args.text)


def _hunks() -> int:
    from reviewer.commands._detect_lines import answered

    lines, malformed = answered(sys.stdin.buffer.read())
    say("".join(f"{line}\n" for line in lines))
    return ExitCode.USAGE if malformed else ExitCode.OK


def _request(text: str) -> int:
    from reviewer.classify.request import describe

    told = describe(text)
    say(f"task: {told.task}\ncomplexity: {told.complexity.value}\n" + "".join(f"  {reason}\n" for reason in told.reasons))
    return ExitCode.OK
