"""Dismiss a finding that is no problem, for the whole team; list and take back dismissals.

Examples:
  hunkgate dismiss 3f2a91c04b1e --why "the name comes from our own table"
  hunkgate dismiss 3f2a91c04b1e --why "until the new client is there" --until 2027-01-31
  hunkgate dismiss --list
  hunkgate dismiss --remove 3f2a91c04b1e

A report shows the id of every finding; its first 8 digits or more are enough. The decision is a small file in
.hunkgate/dismissed, which is staged: commit it together with the change. More: docs/dismiss.md.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path

from reviewer import config
from reviewer.commands._recent_findings import SHORTEST, chosen, of_recent, row
from reviewer.errors import ConfigError, ExitCode, GitError, UsageError
from reviewer.git import Git
from reviewer.knowledge import folder, recent, shelf
from reviewer.knowledge.dismissals import Dismissal
from reviewer.knowledge.lines import behind_masks, lines_of
from reviewer.knowledge.subject import Subject, as_table
from reviewer.records import Dismissals, printable
from reviewer.report._streams import complain, say
from reviewer.report._text import safe

_LONGEST_WHY = 1000

_SECRET = 4
"""Characters; a shorter rest of a secret is part of too many words."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to dismiss and why, or what else to do."""
    parser.add_argument("fingerprint", nargs="?", metavar="FINGERPRINT", help=f"the finding's id, {SHORTEST} digits or more")
    parser.add_argument("--why", metavar="TEXT", help="the reason, for the team")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="the last day on which the dismissal counts")
    parser.add_argument("--list", action="store_true", help="show the dismissals of this work tree")
    parser.add_argument("--remove", metavar="FINGERPRINT", help="take a dismissal back")
    parser.add_argument("--format", choices=("text", "json"), help="of --list; default: text")


def run(args: argparse.Namespace) -> int:
    """0; 2 if the finding is not known or not clear."""
    _check_combination(args)
    top = Git().top()
    if args.list:
        return _list(top, args.format or "text")
    return _remove(top, args.remove) if args.remove is not None else _dismiss(top, args)


def _check_combination(args: argparse.Namespace) -> None:
    asked = sum((args.fingerprint is not None, args.list, args.remove is not None))
    if asked != 1:
        raise UsageError("name one finding, or use --list or --remove", todo="See: hunkgate dismiss --help")
    if args.fingerprint is None and (args.why is not None or args.until is not None):
        raise UsageError("--why and --until go with the id of a finding", todo="See: hunkgate dismiss --help")
    if args.format is not None and not args.list:
        raise UsageError("--format goes with --list", todo="See: hunkgate dismiss --help")
    if args.fingerprint is not None and not (args.why or "").strip():
        raise UsageError("a dismissal needs a reason", todo="Say it: --why 'the name comes from our own table'")


def _dismiss(top: Path, args: argparse.Namespace) -> int:
    git, today = Git(), datetime.now(timezone.utc).date()
    until = _last_day(args.until, today)
    known = recent.recall(git)
    subject = of_recent(known, args.fingerprint, "to dismiss")
    dismissal = Dismissal(subject, _reason(git, args.why, known), _who(git), today, until)
    earlier = [path for path, found in shelf.in_work_tree(top).items() if _is_about(found, subject)]
    name = folder.add(top, dismissal, instead_of=earlier)
    word = "Dismissed again" if earlier else "Dismissed"
    end = f" until {until}" if until else ""
    say(f"{word}{end}: {row(subject)}\n  {name} is staged: commit it together with the change.\n")
    if config.load_policy(git).policy.dismissals is Dismissals.BASE:
        complain(
            '  This repository counts a dismissal only after it is committed (dismissals = "base"): commit this file first.\n'
        )
    return ExitCode.OK


def _remove(top: Path, wanted: str) -> int:
    known = shelf.in_work_tree(top)
    stored = {found.subject.fingerprint: found.subject for found in known.values() if isinstance(found, Dismissal)}
    subject = chosen(wanted, list(stored.values()), "dismissal", "See: hunkgate dismiss --list")
    files = [path for path, found in known.items() if _has(found, subject.fingerprint)]
    folder.remove(top, files)
    say(f"Taken back: {row(subject)}\n  The removal of its file is staged: commit it.\n")
    return ExitCode.OK


def _list(top: Path, form: str) -> int:
    today = datetime.now(timezone.utc).date()
    known = shelf.in_work_tree(top)
    if form == "json":
        rows = [_as_json(path.relative_to(top), found, today) for path, found in known.items()]
        say(json.dumps(rows, indent=2) + "\n")
        return ExitCode.OK
    for found in known.values():
        if isinstance(found, ConfigError):
            complain(f"refused: {found}\n")
        else:
            say(_described(found, today))
    if not known:
        say("nothing is dismissed\n")
    return ExitCode.OK


def _reason(git: Git, text: str, known: Sequence[Subject]) -> str:
    """The reason on one line, without a secret that the recent findings are about."""
    from reviewer.review.by_secrets import redact  # only who dismisses needs the secret pack

    why = redact(" ".join(text.split()))
    for value in sorted(_values(git, known), key=len, reverse=True):
        why = why.replace(value, "****")
    if len(why) > _LONGEST_WHY or not why.isprintable():
        raise UsageError(f"the reason must be at most {_LONGEST_WHY} printable characters", where="--why", todo="Shorten it.")
    return why


def _values(git: Git, known: Sequence[Subject]) -> set[str]:
    """The secrets that were taken out of the findings' lines, as far as these are staged."""
    masked = [subject for subject in known if subject.masked]
    values = set()
    for path in {subject.path for subject in masked}:
        lines = lines_of(git.completed("cat-file", "blob", b":" + path, ok=(0, 128)).out).values()
        kept = {subject.anchor.code[0] for subject in masked if subject.path == path}
        values |= {value for code in kept for text in lines for value in behind_masks(code, text) if len(value) >= _SECRET}
    return values


def _last_day(text: str | None, today: date) -> date | None:
    if text is None:
        return None
    try:
        until = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError(f"{text!r} is no day", where="--until", todo="For example: --until 2027-01-31") from error
    if until < today:
        raise UsageError(f"{text} is over", where="--until", todo="Name today or a later day (UTC).")
    return until


def _who(git: Git) -> str:
    """Name and mail address of the one who commits here, as git would write them.

    Raises:
        GitError: git does not know them.
    """
    given = {key: os.environ[key] for key in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL") if key in os.environ}
    try:
        return safe(Git(git.folder, given).line("var", "GIT_AUTHOR_IDENT").rpartition(">")[0] + ">", 300)
    except GitError as error:
        todo = "Tell git: git config --global user.name 'Your Name'; git config --global user.email you@example.org"
        raise GitError("git does not know who you are", todo=todo) from error


def _is_about(found: Dismissal | ConfigError, subject: Subject) -> bool:
    return isinstance(found, Dismissal) and found.subject.identity == subject.identity


def _has(found: Dismissal | ConfigError, fingerprint: str) -> bool:
    return isinstance(found, Dismissal) and found.subject.fingerprint == fingerprint


def _described(found: Dismissal, today: date) -> str:
    until = f", until {found.until}" if found.until else ""
    over = "  EXPIRED" if found.expired(today) else ""
    return f"{row(found.subject)}{over}\n    {safe(found.why)} ({safe(found.who)}, {found.on}{until})\n"


def _as_json(path: Path, found: Dismissal | ConfigError, today: date) -> Mapping[str, object]:
    file = printable(os.fsencode(path))
    if isinstance(found, ConfigError):
        return {"file": file, "state": "refused", "reason": found.what}
    return {
        "file": file,
        "state": "expired" if found.expired(today) else "in force",
        "why": found.why,
        "who": found.who,
        "on": found.on.isoformat(),
        "until": found.until.isoformat() if found.until else None,
        **as_table(found.subject),
    }
