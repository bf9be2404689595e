"""The story: a request comes in, code that parses goes out, with what the reviewers say of it.

describe -> choose a model -> context -> write -> parse -> review -> at most once anew, told what was wrong
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer.classify.request import Request, describe
from reviewer.errors import BackendError, HunkgateError, UsageError
from reviewer.generate import parsing, question, reviewing
from reviewer.generate.context import Shown, context
from reviewer.generate.places import Place
from reviewer.generate.placing import Placed, Spot, placed, spot
from reviewer.generate.question import Told
from reviewer.generate.writer import Chosen, Writer, choose, code_of
from reviewer.git import Git
from reviewer.private_folder import private_folder
from reviewer.proving.ticking import Ticking
from reviewer.records import Disposition, JudgedFinding, Machine, Verdict, printable
from reviewer.review._model_redaction import without_secrets
from reviewer.review.interface import Progress


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for."""

    request: str
    language: str
    place: Place | None
    """The file that the code goes into; None if it is only shown."""
    line: int | None
    """Before which it goes; None for the end."""
    named: tuple[Place, ...]
    """Files to show to the model."""
    git: Git | None
    """The repository, if we are in one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One answer of the model, looked at."""

    code: str
    """With its indentation and line ends, as it goes into the file."""
    placed: Placed | None
    wrong: str
    """What the parser says against it; empty if nothing."""
    verdict: Verdict | None
    """Of the deterministic reviewers; None if it does not parse."""
    names: str = ""
    """What is said of names in Python that mean nothing there; empty if nothing."""
    unread: str = ""
    """Why nobody could parse it, in words; empty if it was parsed."""

    @property
    def objections(self) -> tuple[JudgedFinding, ...]:
        """What blocks or warns."""
        found = self.verdict.findings if self.verdict else ()
        return tuple(one for one in found if one.disposition in (Disposition.BLOCKS, Disposition.WARNS))

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Smaller is better."""
        blocking = sum(one.disposition is Disposition.BLOCKS for one in self.objections)
        return bool(self.wrong), blocking, len(self.objections) + bool(self.names)


@dataclass(frozen=True, slots=True)
class Made:
    """Code that parses, and how it came about."""

    wanted: Wanted
    about: Request
    chosen: Chosen
    digest: str
    shown: Shown
    told: Told
    """The question that it answers."""
    draft: Draft
    verdict: Verdict
    anew: str
    """In words, why it was written a second time and which of the two this is; empty if it was not."""
    tokens: int
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known before a model is asked."""

    about: Request
    chosen: Chosen
    where: Spot | None
    """Where the code goes in its file."""
    shown: Shown
    told: Told
    """The first question. A second one holds the answer to it, and what is wrong with that."""


def prepare(wanted: Wanted, machine: Machine) -> Prepared:
    """Choose a model and put the question together; nothing is started.

    Raises:
        UsageError: the request is empty or too long, or there is no model that can write.
        ModelError: the model is not there.
    """
    if len(wanted.request) > question.LONGEST_REQUEST:
        todo = "Say it in fewer words, and name files with --context."
        raise UsageError(f"the request has more than {question.LONGEST_REQUEST} characters", todo=todo)
    about = describe(wanted.request)
    chosen = choose(machine, about.complexity)
    where = spot(wanted.place.content or b"", wanted.line, printable(wanted.place.path)) if wanted.place else None
    seen = context(wanted.place, where, wanted.named, redacting=chosen.remote)
    request = _told_request(wanted.request, redacting=chosen.remote)
    marked = wanted.place is not None and wanted.place.content is not None
    return Prepared(about, chosen, where, seen, question.first(request, about, wanted.language, seen.material, placed=marked))


def make(wanted: Wanted, machine: Machine, budget: float, progress: Progress) -> Made:
    """Write the code. Nothing is changed.

    Args:
        budget: seconds for the model.

    Raises:
        UsageError: the request is empty or too long, or there is no model that can write.
        ModelError: the model is not there, failed, or did not answer in time.
        HunkgateError: what it wrote does not parse.
    """
    started = time.monotonic()
    progress.step("choosing a model, and what it is shown")
    ready = prepare(wanted, machine)
    notes: list[str] = []
    with private_folder() as folder:
        desk = _Desk(wanted, ready.where, machine, folder, started + budget, progress)
        with Writer(ready.chosen, folder, desk.deadline, notes.append) as writer:
            told, draft, anew = _written(desk, writer, ready.told)
            digest = writer.digest()
            tokens = writer.tokens
    if draft.verdict is None:
        todo = "Ask in other words or for less, or use a larger model. Nothing was written."
        raise HunkgateError(f"what the model wrote does not parse: {draft.wrong}", where=ready.chosen.name, todo=todo)
    if draft.unread:
        notes.append(f"it was not parsed: {draft.unread}")
    seconds = time.monotonic() - started
    return Made(
        wanted, ready.about, ready.chosen, digest, ready.shown, told, draft, draft.verdict, anew, tokens, seconds, tuple(notes)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the work is done with."""

    wanted: Wanted
    where: Spot | None
    machine: Machine
    folder: Path
    deadline: float
    progress: Progress

    def look(self, code: str) -> Draft:
        """The code in its place, parsed and reviewed."""
        wanted = self.wanted
        if wanted.place is None or self.where is None:
            before, after, there = b"", code.encode("utf-8", "replace"), None
        else:
            there = placed(self.where, code, printable(wanted.place.path))
            before, after, code = self.where.content, there.content, there.code.decode("utf-8", "replace")
        reading = parsing.read(before, after, wanted.language)
        if reading.error:
            return Draft(code, there, reading.error, None)
        self.progress.step("reviewing what was written")
        if wanted.place is None or there is None:
            verdict = reviewing.review_snippet(after, wanted.language, self.machine)
        else:
            verdict = reviewing.review_in_file(wanted.git, wanted.place, there, wanted.language, self.machine)
        names = parsing.name_error(before, after, self.machine.tools) if wanted.language == "python" else ""
        return Draft(code, there, "", verdict, names, reading.unread)

    def ask(self, writer: Writer, told: Told, word: str) -> Draft:
        doing = f"{writer.chosen.name} {word}, {told.max_tokens} tokens at most"
        with Ticking(self.progress, lambda: doing if writer.ready else f"{writer.chosen.name} is loaded", self.deadline):
            code = code_of(writer.write(told))
        return self.look(code)


def _written(desk: _Desk, writer: Writer, told: Told) -> tuple[Told, Draft, str]:
    """The better of at most two answers, the question to it, and what has to be said of the second one."""
    first = desk.ask(writer, told, "writes")
    wrong = _told_wrong(first)
    if not wrong:
        return told, first, ""
    count = len(first.objections) + bool(first.names)
    why = "it did not parse" if first.wrong else f"of {_count(count, 'finding')}"
    asked = question.again(told, first.code, wrong)
    try:
        second = desk.ask(writer, asked, f"wrote {writer.tokens} tokens, and writes them anew because {why}")
    except BackendError as error:
        return told, first, f"was to be written anew because {why}, but: {error.what}"
    if second.rank < first.rank:
        return asked, second, f"written anew because {why}"
    return told, first, f"written anew because {why}; the second answer was no better, and this is the first"


def _told_wrong(draft: Draft) -> str:
    """What the model is told of its first answer; empty if nothing is wrong with it."""
    if draft.wrong:
        return f"It does not parse: {draft.wrong}"
    shift = draft.placed.first - 1 if draft.placed else 0
    found = [one.finding for one in draft.objections]
    said = [f"line {one.start_line - shift}: {one.message} {one.remedy}".rstrip() for one in found[:_MOST_TOLD]]
    return "\n".join([*said, *([draft.names] if draft.names else [])])


_MOST_TOLD = 5
"""Findings that the model is told of."""


def _told_request(request: str, *, redacting: bool) -> str:
    lines: Sequence[bytes] = request.encode("utf-8", "replace").split(b"\n")
    return b"\n".join(without_secrets(lines, "") if redacting else lines).decode("utf-8", "replace")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
