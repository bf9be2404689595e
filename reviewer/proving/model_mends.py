"""Mends that a model writes, for findings that nobody else has a fix for: asked, proven, and asked again with what was wrong.

All findings have their first try before any has its second, so that a short budget goes to what is likeliest to work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reviewer.backends.interface import Written
from reviewer.errors import AbandonedError, BackendError, OverdueError
from reviewer.fix.interface import MODEL, Candidate, Proof, Unasked, failed
from reviewer.proving.answers import ways
from reviewer.proving.bench import Bench
from reviewer.proving.proposals import smallest
from reviewer.proving.prove import prove
from reviewer.proving.reading import TREES
from reviewer.proving.rewriting import UnchangedError, fix_of
from reviewer.proving.ticking import Ticking
from reviewer.proving.writers import Writer, Writers
from reviewer.records import Complexity, Confidence, FileChange, Finding, Fix
from reviewer.review import _model_fix as asked
from reviewer.review._model_fix import UnfitError
from reviewer.review._model_question import Question
from reviewer.review.interface import SILENT, Progress

TRIES = 3
"""Answers per finding: the likeliest one, and up to two that know what was wrong with those before."""

ANSWER = "the answer can be used"
"""Name of the step before all others."""


@dataclass(frozen=True, slots=True)
class Mends:
    """What became of the findings."""

    proven: tuple[Candidate, ...]
    """Each proven by itself; of each finding one."""
    refused: tuple[Proof, ...]
    """Tries that were not; also of findings with a later one that was."""
    unasked: tuple[Unasked, ...]
    notes: tuple[str, ...]
    """What the reader should know about how the models were reached."""


@dataclass(slots=True)
class _Open:
    """A finding that has no mend yet."""

    finding: Finding
    file: FileChange
    content: bytes
    hard: bool
    """Whether the larger model takes it from the start."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Answers, and why each was refused."""
    tries: list[Proof] = field(default_factory=list)
    echoed: set[int] = field(default_factory=set)
    """Lines of the file that an answer left as they are: a model that is asked again about these says the same again."""


def without_fix(findings: Sequence[Finding]) -> list[Finding]:
    """Those that a model may be asked about: never both a rule's or a tool's fix and a model's for one finding."""
    return [finding for finding in findings if finding.fix is None]


@dataclass(frozen=True, slots=True)
class First:
    """The first question about a finding, and who would be asked."""

    finding: Finding
    writer: Writer
    question: Question


def first_questions(
    findings: Sequence[Finding], bench: Bench, writers: Writers, *, unsure: bool = False
) -> tuple[list[First], list[Unasked]]:
    """What `mends` asks before it has any answer, in its order, and what it asks nothing about. Nobody is asked."""
    unasked: list[Unasked] = []
    made: list[First] = []
    for one in _opened(without_fix(findings), bench, unasked, unsure=unsure):
        if not writers.all:
            unasked.append(Unasked(one.finding, writers.why_not))
            continue
        writer = writers.of(hard=one.hard)
        try:
            made.append(First(one.finding, writer, _question(one, writer)))
        except UnfitError as error:
            unasked.append(Unasked(one.finding, str(error)))
    return made, unasked


def mends(
    findings: Sequence[Finding],
    bench: Bench,
    writers: Writers,
    progress: Progress = SILENT,
    *,
    unsure: bool = False,
    tries: int = TRIES,
) -> Mends:
    """Ask about findings, the first ones first, and prove what comes back, until the time of the writers is over.

    Args:
        unsure: also about findings of low confidence. That such a finding goes away says little: often nothing was wrong.

    Raises:
        GitError, StorageError: the mended change cannot be made or reviewed.
    """
    unasked: list[Unasked] = []
    waiting = _opened(without_fix(findings), bench, unasked, unsure=unsure)
    if waiting and not writers.all:
        unasked += [Unasked(one.finding, writers.why_not) for one in waiting]
        waiting = []
    work = _Work(bench, writers, progress, unasked)
    for number in range(tries):
        waiting = [one for place, one in enumerate(waiting, 1) if work.goes_on(one, number, place, len(waiting))]
    return Mends(tuple(work.proven), tuple(work.refused), tuple(unasked), tuple(writers.notes))


def _opened(findings: Sequence[Finding], bench: Bench, unasked: list[Unasked], *, unsure: bool) -> list[_Open]:
    files = {file.path: file for file in bench.sourced.change.files}
    opened = []
    for finding in findings:
        content = bench.sourced.contents.get(finding.path)
        if content is None or not content.whole:
            unasked.append(Unasked(finding, "its file is not known as a whole"))
        elif finding.confidence is Confidence.LOW and not unsure:
            unasked.append(Unasked(finding, "its confidence is low: name it with --finding to ask all the same"))
        elif files[finding.path].language not in TREES:
            said = f"nothing here tells where a function of {files[finding.path].language or 'such a file'} ends"
            unasked.append(Unasked(finding, said))
        else:
            opened.append(_Open(finding, files[finding.path], content.data, _is_hard(finding, bench)))
    return opened


def _is_hard(finding: Finding, bench: Bench) -> bool:
    """Whether the larger model takes it: in a complex hunk, or about the way of a value over several lines."""
    for hunk in next(file for file in bench.before.change.files if file.path == finding.path).hunks:
        if hunk.new_start <= finding.start_line < hunk.new_start + hunk.new_count:
            profile = bench.before.profiles.get((hunk.path, hunk.new_start))
            return len(finding.flow) > 2 or (profile is not None and profile.complexity is Complexity.COMPLEX)
    return False


@dataclass(slots=True)
class _Work:
    """Goes over the findings, try by try."""

    bench: Bench
    writers: Writers
    progress: Progress
    unasked: list[Unasked]
    proven: list[Candidate] = field(default_factory=list)
    refused: list[Proof] = field(default_factory=list)

    def goes_on(self, one: _Open, number: int, place: int, total: int) -> bool:
        """Try once more.

        Args:
            number: of the try, from 0.
            place: of the finding among those that have this try, from 1 to `total`.

        Returns:
            whether a further try makes sense.
        """
        writer = self.writers.of(hard=one.hard or number == TRIES - 1)
        mending = f"{writer.name} mends {one.finding.rule}, finding {place} of {total}, try {number + 1}"
        try:
            with Ticking(self.progress, lambda: mending if writer.ready else f"{writer.name} is loaded", writer.session.deadline):
                written = self._written(one, writer)
        except UnfitError as error:
            return self._given_up(one, str(error))
        except (OverdueError, AbandonedError):
            return self._given_up(one, "there was no time left")
        except BackendError as error:
            return self._given_up(one, f"{writer.name} could not answer: {error.what}")
        if written.text in (text for text, _ in one.refused):
            return False
        self.progress.step(f"proving the answer about {one.finding.rule}")
        proof = self._proof(one, writer, written)
        one.tries.append(proof)
        chosen = smallest(one.tries)
        if chosen is not None:
            self.proven.append(chosen.candidate)
            return False
        self.refused.append(proof)
        one.refused.append((written.text, _why(proof)))
        return True

    def _written(self, one: _Open, writer: Writer) -> Written:
        return self.writers.ask(writer, _question(one, writer))

    def _given_up(self, one: _Open, reason: str) -> bool:
        if not one.tries:
            self.unasked.append(Unasked(one.finding, reason))
        return False

    def _proof(self, one: _Open, writer: Writer, written: Written) -> Proof:
        """That of the first way to read the answer that is proven; if none is, of the likeliest one."""
        source, file = MODEL + writer.name, one.file
        bare = Candidate(one.finding, Fix((), source), one.content, file.new_oid, file.new_mode, file.language)
        seen = asked.view(one.finding, one.file.language, one.content, redacting=writer.remote)
        try:
            answer = asked.rewrite(seen, written)
        except UnfitError as error:
            return Proof(bare, (failed(ANSWER, str(error)),))
        likeliest: Proof | None = None
        for way in ways(answer, one.content):
            try:
                fix = fix_of(way, one.content, file.language, source, self.bench.read)
            except UnchangedError as error:
                if likeliest is not None:
                    continue
                # What only repeats the line says nothing, however else it can be read.
                one.echoed |= set(range(answer.first, answer.last + 1))
                return Proof(bare, (failed(ANSWER, str(error)),))
            except UnfitError as error:
                proof = Proof(bare, (failed(ANSWER, str(error)),))
            else:
                proof = prove(replace(bare, fix=fix), self.bench)
            if proof.shown:
                return proof
            likeliest = likeliest or proof
        assert likeliest is not None, "an answer can be read in one way at least"
        return likeliest


def _question(one: _Open, writer: Writer) -> Question:
    """The next question about a finding.

    Raises:
        UnfitError: it cannot be asked about.
    """
    seen = asked.view(one.finding, one.file.language, one.content, redacting=writer.remote)
    last = one.refused[-1:]
    told = [(writer.cleaned(text), writer.cleaned(why)) for text, why in last] if writer.remote else last
    return asked.question(seen, told, one.echoed)


def _why(proof: Proof) -> str:
    failure = proof.failure
    return f"{failure.name}: {failure.said}" if failure else ""
