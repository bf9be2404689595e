"""Write code from a request in words: it parses, and the reviewers have looked at it before you do.

Examples:
  hunkgate generate "a function that reads a CSV file of prices" --language python
  hunkgate generate "retry with a growing pause" --file app/client.py --insert-at 40
  hunkgate generate "retry with a growing pause" --file app/client.py --insert-at 40 --write
  hunkgate generate "a class for a queue with priorities" --context app/models.py > queue.py

The code goes to standard output, or a diff if --file is given; what was found in it goes to standard error. The exit code is 1 if
a finding blocks. A record stays in the git folder, so that the commit can say what was generated. More: docs/generate.md.
"""

from __future__ import annotations

import argparse

from reviewer import config
from reviewer.commands import _generate_page as page
from reviewer.commands._generate_writing import write_into
from reviewer.errors import UsageError
from reviewer.generate import places
from reviewer.generate.language import language_for
from reviewer.generate.making import Made, Wanted, make
from reviewer.generate.writer import SAMPLING
from reviewer.judge import exit_code
from reviewer.provenance import store
from reviewer.provenance.records import generated
from reviewer.records import Result
from reviewer.report import _streams
from reviewer.report._progress import StatusLine
from reviewer.review._model_redaction import without_secrets

BUDGET = 60.0
"""Seconds of model time unless something else is said."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is wanted, and where it goes."""
    parser.add_argument("request", metavar="REQUEST", help="what the code is to do, in English")
    parser.add_argument("--file", metavar="PATH", help="the file that the code goes into; it may be a new one")
    parser.add_argument("--insert-at", metavar="LINE", type=int, help="the code goes before this line; default: at the end")
    parser.add_argument("--language", metavar="NAME", help="such as python; default: that of the file, or of the request")
    parser.add_argument("--context", metavar="PATH", nargs="+", action="extend", default=[], help="files to show to the model")
    parser.add_argument("--budget", metavar="TIME", help=f"model time, such as 90s; default: {BUDGET:.0f}s")
    parser.add_argument("--write", action="store_true", help="write the code into --file")
    parser.add_argument("--format", default="text", choices=("text", "json"), help="default: text")


def run(args: argparse.Namespace) -> int:
    """0; 1 if a finding in the code blocks; 3 if the model cannot be asked or what it wrote does not parse."""
    if args.file is None and (args.write or args.insert_at is not None):
        raise UsageError("--write and --insert-at go with --file", todo="Name the file: --file app/client.py")
    budget = BUDGET if args.budget is None else config.parse_duration(args.budget, "--budget")
    wanted = wanted_code(args, args.request)
    with StatusLine() as progress:
        made = make(wanted, config.load_machine(), budget, progress)
    record = _recorded(made)
    blocked = made.verdict.result is Result.BLOCK
    written = args.write and not blocked
    if written:
        write_into(made)
    if args.format == "json":
        _streams.say(page.document(made, record, written=written))
    else:
        _streams.complain(page.head(made))
        _streams.say("" if written else page.body(made))
        _streams.complain(page.tail(made, record, written=written, asked=args.write))
    return exit_code(made.verdict)


def wanted_code(args: argparse.Namespace, request: str) -> Wanted:
    """What the options ask for.

    Raises:
        UsageError: a file cannot be shown or written, or there is no such language.
    """
    top, git = places.root()
    place = places.place(top, args.file, must_exist=False) if args.file is not None else None
    named = tuple(places.place(top, name, must_exist=True) for name in dict.fromkeys(args.context))
    language, _ = language_for(args.language, place, request, git)
    return Wanted(request, language, place, args.insert_at, named, git)


def _recorded(made: Made) -> str:
    """Keep the record before anybody has the code; the name of its file, empty outside of a repository.

    Raises:
        StorageError: it cannot be kept.
    """
    if made.wanted.git is None:
        return ""
    lines = made.wanted.request.encode("utf-8", "replace").split(b"\n")
    request = b"\n".join(without_secrets(lines, "")).decode("utf-8", "replace")
    record = generated(
        made.draft.code, request=request, model=made.chosen.name, digest=made.digest, sampling=SAMPLING, question=made.told.digest
    )
    return store.keep(made.wanted.git, record).name
