"""Show byte for byte what each model would be told. Nothing is sent and no model is started.

Examples:
  hunkgate preview                       a review of what would be committed now
  hunkgate preview --commit HEAD~1
  hunkgate preview --range main..HEAD --format json
  hunkgate preview --fix                 what `hunkgate fix --model` would ask
  hunkgate preview --fix --finding 3f2a91c04b1e
  hunkgate preview --generate "retry with a growing pause" --file app/client.py --insert-at 40
  hunkgate preview --explain 3f2a91c04b1e
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reviewer import config, pipeline, route
from reviewer.classify import classify_change
from reviewer.commands import _preview_page as page
from reviewer.commands._changes import add_change_arguments, sourced_by
from reviewer.commands._preview_page import Asked
from reviewer.errors import UsageError
from reviewer.knowledge.memory import Memory
from reviewer.records import ROLES, Disposition, Machine, printable
from reviewer.report import _streams
from reviewer.report._text import safe
from reviewer.review._model_preview import Preview, preview
from reviewer.review._others import Others
from reviewer.review.interface import Job, PrivateFile
from reviewer.sources import Sourced

_CHANGES = ("staged", "commit", "range", "patch", "text", "all_roles")
_FIX = ("finding", "all")
_GENERATE = ("file", "insert_at", "context")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at, and how to show it."""
    add_change_arguments(parser)
    parser.add_argument("--all-roles", action="store_true", help="also what would be asked in roles that a model has not passed")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--fix", action="store_true", help="the first questions of fix --model instead of those of a review")
    other.add_argument("--generate", metavar="REQUEST", help="those of generate; goes with its options")
    other.add_argument("--explain", metavar="FINGERPRINT", help="that of explain --model")
    parser.add_argument("--finding", metavar="FINGERPRINT", help="with --fix: of one finding")
    parser.add_argument("--all", action="store_true", help="with --fix: of all that is in the index")
    parser.add_argument("--file", metavar="PATH", help="with --generate: the file that the code goes into")
    parser.add_argument("--insert-at", metavar="LINE", type=int, help="with --generate: the line that it goes before")
    parser.add_argument(
        "--context", metavar="PATH", nargs="+", action="extend", default=[], help="with --generate: files to show"
    )
    parser.add_argument("--format", default="text", choices=("text", "json"), help="default: text")


def run(args: argparse.Namespace) -> int:
    """Show it; 0. 2 for options that do not go together."""
    _check(args)
    machine = config.load_machine()
    if args.fix or args.generate is not None or args.explain is not None:
        _streams.say(_of_writing(args, machine))
        return 0
    if args.all_roles:
        machine = replace(machine, forced_roles=ROLES)
    job, blocked = _job(sourced_by(args), machine)
    found = preview(job)
    _streams.say(_document(found, blocked) if args.format == "json" else "".join(_text(found, job, blocked)))
    return 0


def _check(args: argparse.Namespace) -> None:
    """Each option has to mean something.

    Raises:
        UsageError: one does not.
    """
    kind, fitting = _kind(args)
    for name in (*_CHANGES, *_FIX, *_GENERATE, "language"):
        value = getattr(args, name)
        # Not its truth: 0 and "" were given, too.
        if name not in fitting and value is not None and value is not False and value != []:
            raise UsageError(f"--{name.replace('_', '-')} does not go with {kind}", todo="See: hunkgate preview --help")
    if args.insert_at is not None and args.file is None:
        raise UsageError("--insert-at goes with --file", todo="Name the file: --file app/client.py")


def _kind(args: argparse.Namespace) -> tuple[str, tuple[str, ...]]:
    """Whose questions are wanted, and the options that fit."""
    if args.fix:
        return "--fix", (*_FIX, "staged")
    if args.generate is not None:
        return "--generate", (*_GENERATE, "language")
    if args.explain is not None:
        return "--explain", ()
    return "a review", (*_CHANGES, "language")


def _of_writing(args: argparse.Namespace, machine: Machine) -> str:
    """The questions of the commands that let a model write."""
    # A preview of a review does not pay for their imports.
    from reviewer.commands import _preview_writing as writing

    make = writing.of_fix if args.fix else writing.of_generate if args.generate is not None else writing.of_explain
    made = make(args, machine)
    if args.format == "json":
        document = {"schema_version": 1, "not_asked": list(made.silent), "later": made.later, "questions": page.rows(made.asked)}
        return json.dumps(document, indent=2) + "\n"
    count = f"{len(made.asked)} question{'' if len(made.asked) == 1 else 's'}"
    lines = [f"hunkgate preview: {count} to models; nothing was sent\n"]
    lines += [f"  not asked: {safe(reason, 400)}\n" for reason in made.silent]
    lines += [f"  {made.later}\n"] if made.later else []
    return "".join([*lines, *page.entries(made.asked)])


def _job(sourced: Sourced, machine: Machine) -> tuple[Job, bool]:
    """The job of the models as the pipeline would make it, and whether the other reviewers block the change."""
    others = tuple(name for name in sourced.policy.reviewers if name != pipeline.MODELS)
    verdict = pipeline.review(replace(sourced, policy=replace(sourced.policy, reviewers=others), memory=Memory()), machine)
    profiles = classify_change(sourced.change)
    plan = route.plan(sourced.change, profiles, sourced.policy, engines=[pipeline.MODELS], readable=frozenset(sourced.contents))
    files = {
        file.path: PrivateFile(file.path, Path(), content.data, file.language, content.whole)
        for file in sourced.change.files
        if (content := sourced.contents.get(file.path)) is not None
    }
    active = (Disposition.BLOCKS, Disposition.WARNS, Disposition.NOTES)
    findings = [judged.finding for judged in verdict.findings if judged.disposition in active]
    hunks = plan.assigned[pipeline.MODELS] if pipeline.MODELS in sourced.policy.reviewers else ()
    blocked = any(judged.disposition is Disposition.BLOCKS for judged in verdict.findings)
    return Job(hunks, files, Path(), profiles, sourced.policy, machine, 0.0, others=Others.of(findings)), blocked


def _text(found: Preview, job: Job, blocked: bool) -> Iterator[str]:
    yield f"hunkgate preview: {len(found.sent)} questions to models about {len(job.hunks)} hunks; nothing was sent\n"
    if blocked:
        yield "  the other reviewers block this change: then no model is asked\n"
    yield from (f"  not asked: {reason}\n" for reason in found.silent)
    if found.confirms:
        yield f"  {found.confirms} would be asked for a second look: the same change, and what the first model stated\n"
    yield from page.entries(_asked(found))


def _document(found: Preview, blocked: bool) -> str:
    document = {
        "schema_version": 1,
        "blocked": blocked,
        "not_asked": list(found.silent),
        "second_look": found.confirms,
        "questions": page.rows(_asked(found)),
    }
    return json.dumps(document, indent=2) + "\n"


def _asked(found: Preview) -> list[Asked]:
    made = []
    for one in found.sent:
        if one.hunk is None:
            made.append(Asked("a planted defect", one.seat, one.question, one.when))
        else:
            path, line = printable(one.hunk.path), one.hunk.new_start
            made.append(Asked(f"{path}, line {line}", one.seat, one.question, one.when, path, line))
    return made
