"""The questions of `hunkgate fix --model`, `generate` and `explain --model`, made by the code that asks them; nobody is asked."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from reviewer.commands._fix_wanted import sourced_for, wanted_of
from reviewer.commands._preview_page import Asked
from reviewer.commands.explain import told_about
from reviewer.commands.generate import wanted_code
from reviewer.generate.explaining import ROLES
from reviewer.generate.making import prepare
from reviewer.generate.question import Told
from reviewer.generate.writer import usual
from reviewer.git import Git
from reviewer.proving.bench import Bench
from reviewer.proving.model_mends import TRIES, first_questions
from reviewer.proving.writers import open_writers
from reviewer.records import Machine, printable
from reviewer.review._model_question import Question


@dataclass(frozen=True, slots=True)
class Writing:
    """What would be asked first, and what not."""

    asked: tuple[Asked, ...]
    silent: tuple[str, ...]
    """What nothing is asked about, and why."""
    later: str
    """What a further question holds, in words."""


def of_fix(args: argparse.Namespace, machine: Machine) -> Writing:
    """What `fix --model` would ask.

    Raises:
        UsageError: there is no such finding.
        GitError, StorageError
    """
    git = Git()
    bench = Bench.of(git, sourced_for(git, everything=args.all), machine)
    wanted = wanted_of(bench.before, args.finding)
    with open_writers(machine, 0.0) as writers:
        made, unasked = first_questions(wanted, bench, writers, unsure=args.finding is not None)
    asked = [
        Asked(
            f"{printable(one.finding.path)}, line {one.finding.start_line}: {one.finding.rule}",
            one.writer,
            one.question,
            path=printable(one.finding.path),
            finding=one.finding.fingerprint,
        )
        for one in made
    ]
    silent = [f"{printable(one.finding.path)}, line {one.finding.start_line}: {one.reason}" for one in unasked]
    later = f"up to {TRIES - 1} further questions about each hold the last answer and why it was refused; kept answers spare some"
    return Writing(tuple(asked), tuple(silent), later if asked else "")


def of_generate(args: argparse.Namespace, machine: Machine) -> Writing:
    """What `generate` would ask.

    Raises:
        UsageError, ModelError: see `prepare`.
    """
    ready = prepare(wanted_code(args, args.generate), machine)
    asked = Asked("the request", ready.chosen, _question("generate", ready.told))
    later = "a second question, if the code is not good enough, holds the first answer and what is wrong with it"
    return Writing((asked,), (), later)


def of_explain(args: argparse.Namespace, machine: Machine) -> Writing:
    """What `explain --model` would ask.

    Raises:
        UsageError: there is no such finding, or no model.
        ModelError: the model is not there.
    """
    subject, told = told_about(args.explain)
    asked = Asked(
        f"{printable(subject.path)}, line {subject.line}: {subject.rule}",
        usual(machine, ROLES),
        _question("explain", told),
        path=printable(subject.path),
        finding=subject.fingerprint,
    )
    return Writing((asked,), (), "")


def _question(role: str, told: Told) -> Question:
    return Question(role, told.system, told.material, told.question, schema=told.schema, max_tokens=told.max_tokens)
