"""Asks a small local model about each hunk, in a process of its own, until the time budget is over.

It only ever advises: measured on public sets, models of this size judge near chance (area under the curve .42 to .56 for
yes or no questions), and none has passed an exam yet. So every finding has low confidence and says where it comes from.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from reviewer.engine.client import CrashedError, OverdueError
from reviewer.errors import BackendError, HunkgateError
from reviewer.models.store import NotInstalledError
from reviewer.records import Confidence, CoverageEntry, Finding, Hunk, Kind, Line, Severity, State
from reviewer.review import _model_prompt as prompt
from reviewer.review._model_session import Session, open_session
from reviewer.review._model_taxonomy import TAXONOMY, Defect
from reviewer.review.interface import Job, Outcome, cover

NAME = "models"

VERDICTS = ("approve", "reject")

THRESHOLD = 0.5
"""Least probability of "reject" for a second look. No exam has set it yet: the even chance is a stated default."""

LONG = 80
"""New lines beyond which a hunk waits until the shorter ones are done (four windows)."""

_QUOTED = re.compile(r"""(["'`])(?:(?!\1).)+\1""")


def review(job: Job) -> Outcome:
    """Review the hunks in their order until the deadline. Raises nothing for a broken model: that is coverage."""
    name = job.machine.model
    if not name:
        return _all(job, State.SKIPPED, "no model is chosen: set model in the user's configuration")
    try:
        session = open_session(job.machine, job.folder, job.deadline)
    except NotInstalledError:
        return _all(job, State.SKIPPED, f"model {name} is not installed: hunkgate models pull {name}")
    except HunkgateError as error:
        return _all(job, State.FAILED, _reason(error))
    with session:
        return _Reading(job, session).outcome()


def _all(job: Job, state: State, reason: str) -> Outcome:
    return Outcome((), cover(job.hunks, NAME, state, reason), {})


def _reason(error: HunkgateError) -> str:
    return f"{error}; {error.todo}" if error.todo else str(error)


@dataclass(slots=True)
class _Reading:
    """One model on its way through the hunks."""

    job: Job
    session: Session
    findings: list[Finding] = field(default_factory=list)
    coverage: list[CoverageEntry] = field(default_factory=list)
    read: int = 0
    """Hunks reviewed."""
    seconds: float = 0.0
    """Time they took in all."""
    bias: Sequence[float] = ()
    """What the model answers to the question for the kind when there is nothing to see; empty until it was asked."""

    def outcome(self) -> Outcome:
        pending = sorted(self.job.hunks, key=lambda hunk: len(hunk.added) > LONG)
        try:
            self._load()
            while pending:
                self._hunk(pending[0])
                pending.pop(0)
        except OverdueError:
            where = "" if self.session.loading else " before the model was loaded"
            self._close(pending, State.DEFERRED, f"the budget of {self.job.policy.budget:g} s ran out{where}")
        except BackendError as error:
            self._close(pending, State.FAILED, _reason(error))
        identity = f"{self.session.label} prompt {prompt.digest()}"
        return Outcome(self.findings, self.coverage, {NAME: identity}, self._notes())

    def _load(self) -> None:
        self.job.progress.step(f"loading {self.job.machine.model}")
        if time.monotonic() >= self.job.deadline:
            raise OverdueError("no time was left for the model")
        self.session.load()

    def _hunk(self, hunk: Hunk) -> None:
        """One hunk: reviewed, or failed by itself. What concerns the hunks after it as well is raised."""
        self.job.progress.step(f"{self.job.machine.model} reads hunk {len(self.coverage) + 1} of {len(self.job.hunks)}")
        started = time.monotonic()
        try:
            self._windows(hunk)
        except (OverdueError, CrashedError):
            raise
        except BackendError as error:
            self._close([hunk], State.FAILED, _reason(error))
            return
        self.seconds += time.monotonic() - started

    def _windows(self, hunk: Hunk) -> None:
        deadline = self.session.deadline
        windows = prompt.windows(hunk, lambda texts: self.session.ask(lambda worker: worker.count(texts, deadline)))
        if not windows:
            self._close([hunk], State.SKIPPED, "adds nothing but blank lines")
            return
        for window in windows:
            suspicion = self._suspicion(window)
            if suspicion is not None:
                self.findings.append(_finding(hunk, *suspicion, self.job.machine.model))
        self._close([hunk], State.REVIEWED)
        self.read += 1

    def _suspicion(self, window: prompt.Window) -> tuple[Defect, Line] | None:
        """What the model suspects, if anything. It can name nothing but a kind of the taxonomy and a new line."""
        verdict = self._choose(window.material, prompt.template("verdict"), VERDICTS)
        if math.exp(verdict[VERDICTS.index("reject")]) <= THRESHOLD:
            return None
        defect = self._kind(window)
        lettered = window.lettered
        letters = tuple(lettered)
        if len(letters) == 1:
            return defect, lettered[letters[0]]
        scores = self._choose(window.material, prompt.line_question(window, defect), letters)
        return defect, lettered[letters[_top(scores)]]

    def _kind(self, window: prompt.Window) -> Defect:
        """The kind whose score rises most over what the model says of no content at all.

        Small models prefer some answers whatever they read; subtracting that bias is the contextual calibration of Zhao et
        al., "Calibrate Before Use" (2021). Tried by hand on eight defects: 4 right without it, 8 with it.
        """
        question = prompt.kind_question()
        names = tuple(defect.name for defect in TAXONOMY)
        if not self.bias:
            self.bias = self._choose(prompt.NOTHING, question, names)
        scores = self._choose(window.material, question, names)
        return TAXONOMY[_top([score - bias for score, bias in zip(scores, self.bias, strict=True)])]

    def _choose(self, material: str, question: str, options: Sequence[str]) -> Sequence[float]:
        system, deadline = prompt.template("review"), self.session.deadline
        return self.session.ask(lambda worker: worker.choose(system, material, question, options, deadline))

    def _close(self, hunks: Sequence[Hunk], state: State, reason: str = "") -> None:
        self.coverage += cover(hunks, NAME, state, reason)

    def _notes(self) -> list[str]:
        if not self.session.loading:
            return []
        each = f" and took {self.seconds / self.read:.1f} s a hunk" if self.read else ""
        return [f"{self.job.machine.model} was loaded in {self.session.loading:.1f} s{each}"]


def _top(scores: Sequence[float]) -> int:
    """Where the greatest score is; the first one of equals."""
    return max(range(len(scores)), key=lambda index: (scores[index], -index))


def _finding(hunk: Hunk, defect: Defect, line: Line, model: str) -> Finding:
    text = line.text.decode("utf-8", "backslashreplace").rstrip("\r")
    return Finding(
        rule=f"model-{defect.name}",
        kind=defect.kind,
        severity=Severity.WARNING,
        confidence=Confidence.LOW,
        path=hunk.path,
        start_line=line.new_number,
        end_line=line.new_number,
        start_column=1,
        end_column=0,
        snippet=_masked(text) if defect.kind is Kind.SECRET else text,
        message=f"A local model that has not passed an exam suspects {defect.phrase} in or near this line.",
        remedy=defect.remedy,
        cwe=defect.cwe,
        reviewer=f"{NAME}/{model}",
    )


def _masked(text: str) -> str:
    """The line without what could be its secret: everything in quotes, else everything after the first sign of assignment."""
    if _QUOTED.search(text):
        return _QUOTED.sub(r"\1***\1", text)
    head, sign, tail = re.split(r"([=:])", text, maxsplit=1) if re.search(r"[=:]", text) else (text, "", "")
    return f"{head}{sign} ***" if tail.strip() else text
