"""`hunkgate models qualify`: joins the exam, the model and the questions of the review."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from reviewer import config
from reviewer.commands._models_candidate import Candidate
from reviewer.commands._models_progress import Unit, shown
from reviewer.commands._models_table import table
from reviewer.engine.install import choose_runtime, model_files, settings_for
from reviewer.errors import ExitCode, UsageError
from reviewer.models.catalogue import Entry, entry
from reviewer.models.exam import edition, results
from reviewer.models.exam.loading import load
from reviewer.models.exam.passing import BARS, UNEXAMINED, bar
from reviewer.models.exam.results import Key, Result, Speed
from reviewer.models.exam.speed import measure
from reviewer.models.lock import resolved
from reviewer.models.progress import Progress
from reviewer.models.qualify import qualify
from reviewer.models.roles import identity
from reviewer.models.store import Store, open_store
from reviewer.private_folder import private_folder
from reviewer.report._streams import say

EXAMINED = tuple(each.role for each in BARS)


def run(name: str, roles: Sequence[str], form: str, *, anew: bool = False) -> int:
    """Examine a model; the exit code: 0 if it earned every role that was asked for, 1 if one was refused.

    Raises:
        UsageError: there is no such model, or a role has no exam.
        ModelError, StorageError: see `reviewer.models.qualify`.
    """
    machine = config.load_machine()
    store, model = open_store(machine), resolved(entry(name, machine.endpoints))
    chosen = _roles(model, roles)
    with ExitStack() as stack:
        progress = shown(stack, Unit.QUESTIONS)
        stack.enter_context(store.lock(model))
        store.check(model, progress)
        backend, python = choose_runtime(store, model, machine)
        folder = stack.enter_context(private_folder())
        files, settings = model_files(store, model, backend), settings_for(model, machine)
        candidate = stack.enter_context(Candidate(python, backend, folder, files, settings))
        found = _Exam(store, model, backend, candidate, progress, anew).take(chosen)
    say(_json(model, found) if form == "json" else _text(model, found))
    return ExitCode.OK if all(result.passed for result in found) else ExitCode.BLOCK


class _Exam:
    """One model before the examiners."""

    def __init__(self, store: Store, model: Entry, backend: str, candidate: Candidate, progress: Progress, anew: bool) -> None:
        self._folder = store.exam(model)
        self._model, self._backend, self._candidate = model, backend, candidate
        self._identity = identity(model, candidate.served() if model.endpoint else "")
        self._progress, self._anew = progress, anew
        self._speed: Speed | None = None
        """Measured once, for all roles of this run."""

    def take(self, roles: Iterable[str]) -> list[Result]:
        """The result of each role; one that stands already is not asked again."""
        return [self._standing(key) or self._take(key) for key in map(self._key, roles)]

    def _key(self, role: str) -> Key:
        from reviewer.review import _model_roles

        return Key(role, self._backend, self._identity, _model_roles.prompt_digest(role), edition.QUESTIONS)

    def _standing(self, key: Key) -> Result | None:
        if self._anew:
            return None
        for one in results.read(self._folder / results.FILE):
            if one.key == key and one.bars == edition.BARS and one.answered == one.asked:
                self._progress.say(f"{key.role}: examined on {one.taken}; --anew asks everything once more")
                return one
        return None

    def _take(self, key: Key) -> Result:
        ask, progress = self._candidate.ask, self._progress
        return qualify(self._folder, load(), key, ask, progress, measured=self._measured, anew=self._anew)

    def _measured(self) -> Speed:
        if self._speed is None:
            self._progress.begin(f"loading {self._model.name} and measuring its speed")
            self._speed = measure(self._candidate.worker, load())
        return self._speed


def _roles(model: Entry, named: Sequence[str]) -> Sequence[str]:
    for role in named:
        if role in UNEXAMINED:
            todo = "Choose among: " + ", ".join(EXAMINED) + "."
            raise UsageError(f"there is no exam for {role}: {UNEXAMINED[role][0].lower()}{UNEXAMINED[role][1:-1]}", todo=todo)
    chosen = [role for role in EXAMINED if role in (named or model.roles)]
    if not chosen:
        raise UsageError(f"the catalogue gives {model.name} no role that has an exam", todo="Name one with --role.")
    return chosen


def _json(model: Entry, found: Sequence[Result]) -> str:
    rows = [results.result_as_json(result) for result in found]
    return json.dumps({"name": model.name, "digest": identity(model), "results": rows}, indent=2, allow_nan=False) + "\n"


def _text(model: Entry, found: Sequence[Result]) -> str:
    head = ("ROLE", "RESULT", "AUC", "LEAST", "PRECISION", "RECALL", "CLEAN PASS", "MOVED", "ANSWERED")
    lines = [f"{model.name} on {found[0].key.backend}", table([head, *map(_row, found)])]
    for result in found:
        lines += [f"{result.key.role}: {reason}" for reason in result.reasons]
    speed = found[-1].speed
    if speed:
        wrote = f", writes {speed.decode:.1f}" if speed.decode else ""
        lines.append(f"reads {speed.prefill:.0f} tokens/s{wrote}; a question took {found[-1].seconds:.1f} s")
    return "\n".join(lines) + "\n"


def _row(result: Result) -> tuple[str, ...]:
    shares = (result.auc, bar(result.key.role).auc, result.precision, result.recall, result.clean_pass)
    moved = f"{result.moved:.2f} of {result.moved_of}" if result.moved_of else "-"
    state = "passed" if result.passed else "refused"
    return (result.key.role, state, *(f"{share:.2f}" for share in shares), moved, f"{result.answered} of {result.asked}")
