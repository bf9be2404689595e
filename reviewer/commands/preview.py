"""Show byte for byte what each model would be told about a change. Nothing is sent and no model is started.

Examples:
  hunkgate preview                       about what would be committed now
  hunkgate preview --commit HEAD~1
  hunkgate preview --range main..HEAD --format json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reviewer import config, pipeline, route
from reviewer.classify import classify_change
from reviewer.commands._changes import add_change_arguments, sourced_by
from reviewer.knowledge.memory import Memory
from reviewer.records import ROLES, Disposition, Machine, printable
from reviewer.report import _streams
from reviewer.review._model_preview import Preview, Sent, preview
from reviewer.review._model_seats import Seat
from reviewer.review._others import Others
from reviewer.review.interface import Job, PrivateFile
from reviewer.sources import Sourced


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at, and how to show it."""
    add_change_arguments(parser)
    parser.add_argument("--all-roles", action="store_true", help="also what would be asked in roles that a model has not passed")
    parser.add_argument("--format", default="text", choices=("text", "json"), help="default: text")


def run(args: argparse.Namespace) -> int:
    """Show it; 0."""
    machine = config.load_machine()
    if args.all_roles:
        machine = replace(machine, forced_roles=ROLES)
    job, blocked = _job(sourced_by(args), machine)
    found = preview(job)
    _streams.say(_document(found, blocked) if args.format == "json" else "".join(_text(found, job, blocked)))
    return 0


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
    for one in found.sent:
        yield f"\n== {_about(one)}: {one.question.role}, to {_to(one.seat)}" + (f", {one.when}" if one.when else "") + "\n"
        yield f"-- system\n{one.question.system}\n-- user\n{one.question.material}{one.question.question}\n"
        yield f"-- answer: {_answer(one)}\n"


def _about(one: Sent) -> str:
    return f"{printable(one.hunk.path)}, line {one.hunk.new_start}" if one.hunk else "a planted defect"


def _to(seat: Seat) -> str:
    return f"{seat.name} ({_where(seat)})"


def _where(seat: Seat) -> str:
    endpoint = seat.opened.entry.endpoint
    if endpoint is None:
        return f"{seat.opened.backend}, on this machine"
    return f"{endpoint.dialect.value} at {endpoint.url}, " + (
        "another machine: secrets are masked" if seat.remote else "this machine"
    )


def _answer(one: Sent) -> str:
    if one.question.schema is None:
        return "one of " + ", ".join(json.dumps(option) for option in one.question.options)
    return f"at most {one.question.max_tokens} tokens of JSON by this schema: {json.dumps(one.question.schema)}"


def _document(found: Preview, blocked: bool) -> str:
    document = {
        "schema_version": 1,
        "blocked": blocked,
        "not_asked": list(found.silent),
        "second_look": found.confirms,
        "questions": _questions(found.sent),
    }
    return json.dumps(document, indent=2) + "\n"


def _questions(sent: Sequence[Sent]) -> list[dict[str, Any]]:
    return [
        {
            "path": printable(one.hunk.path) if one.hunk else "",
            "hunk": one.hunk.new_start if one.hunk else -1,
            "role": one.question.role,
            "when": one.when,
            "model": one.seat.name,
            "where": _where(one.seat),
            "remote": one.seat.remote,
            "system": one.question.system,
            "user": one.question.material + one.question.question,
            "options": list(one.question.options),
            "schema": one.question.schema,
            "max_tokens": one.question.max_tokens,
        }
        for one in sent
    ]
