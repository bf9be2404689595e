"""Two models on two devices: both work at the same time, and whatever happens to one of them, nothing is lost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from make_hunk import make_hunk
from model_service import MACHINE, defect, examine, in_service, larger_in_service

from reviewer.backends.interface import ModelFiles, Written
from reviewer.engine import access
from reviewer.engine.client import CrashedError
from reviewer.errors import HunkgateError, OutOfTimeError, StorageError
from reviewer.models.exam.results import Speed
from reviewer.records import Complexity, Dialect, Endpoint, Hunk, Machine, Policy, Profile, State, Task
from reviewer.review import _model_session, by_models
from reviewer.review._others import Others
from reviewer.review.interface import Job, Outcome

BOTH = replace(MACHINE, larger_model="large", forced_roles=("review",), cache=0)
SIMPLE = [make_hunk(f"simple/{name}.py".encode(), f"+    q = 'select ' + {name}") for name in "abcde"]
COMPLEX = [make_hunk(f"complex/{name}.py".encode(), f"+    q = 'select ' + {name}") for name in "abcde"]
PLANTED = "accounts/lookup.py"
LONG = 30.0

Manner = Callable[["Model"], None]


@dataclass
class Model:
    """Suspects every hunk, in this process; `manner` is what it does at each question about one."""

    manners: Mapping[str, Manner]
    up: list[Model]
    name: str = ""
    asked: list[str] = field(default_factory=list)
    alive: bool = True

    def load(self, files: ModelFiles, settings: object, deadline: float) -> None:
        self.name = files.name
        self.up.append(self)

    def close(self) -> None:
        if self in self.up:
            self.up.remove(self)

    def abandon(self) -> None:
        self.alive = False

    def digest(self, deadline: float) -> str:
        return ""

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        self._turn(material)
        return [-0.1, -3.0]

    def write(self, system: str, material: str, question: str, schema: Mapping[str, Any], most: int, deadline: float) -> Written:
        said = defect(1, "injection", "'select ' +")
        return Written(json.dumps({"verdict": "defect", "defects": [said]}), 9, True)

    def _turn(self, material: str) -> None:
        if PLANTED not in material:
            self.asked.append(material.split("\n")[0])
            self.manners.get(self.name, lambda _: None)(self)


@dataclass
class Scene:
    """What happened to the models of a test."""

    manners: dict[str, Manner] = field(default_factory=dict)
    started: list[Model] = field(default_factory=list)
    up: list[Model] = field(default_factory=list)

    def start(self, *_: object, **__: object) -> Model:
        self.started.append(Model(self.manners, self.up))
        return self.started[-1]

    def asked(self, name: str) -> list[str]:
        return [one for model in self.started if model.name == name for one in model.asked]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """`tiny` on this machine and `large` on a server, both installed, neither examined."""
    return made(tmp_path, monkeypatch, served=True)


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, *, served: bool) -> Scene:
    larger_in_service(in_service(folder / "m", monkeypatch))
    plain = _model_session.entry

    def entry(name: str, endpoints: object) -> object:
        found = plain(name)
        server = Endpoint("large", "http://127.0.0.1:9", "m", Dialect.OLLAMA)
        return replace(found, endpoint=server) if served and name == "large" else found

    scene = Scene()
    monkeypatch.setattr(_model_session, "entry", entry)
    monkeypatch.setattr(access, "start", scene.start)
    return scene


def run(folder: Path, hunks: Sequence[Hunk], *, seconds: float = 60.0, machine: Machine = BOTH) -> Outcome:
    (folder / "private").mkdir(exist_ok=True)
    levels = {b"c": Complexity.COMPLEX, b"s": Complexity.SIMPLE}
    profiles = {(hunk.path, hunk.new_start): Profile(Task.CODE, levels[hunk.path[:1]], ()) for hunk in hunks}
    until = time.monotonic() + seconds
    job = Job(hunks, {}, folder / "private", profiles, Policy(budget=seconds), machine, until, others=Others.of(()))
    before = set(threading.enumerate())
    try:
        outcome = by_models.review(job)
    finally:
        assert set(threading.enumerate()) <= before, "a thread was left"
    assert [entry.path for entry in outcome.coverage] == [hunk.path for hunk in hunks], "each hunk once"
    return outcome


def states(outcome: Outcome) -> set[State]:
    return {entry.state for entry in outcome.coverage}


def who(outcome: Outcome) -> dict[str, str]:
    return {found.path.decode(): found.reviewer for found in outcome.findings}


def test_both_work_at_the_same_time(tmp_path: Path, scene: Scene) -> None:
    together = threading.Barrier(2)

    def meet(model: Model) -> None:
        # Each waits in the middle of its question until the other one is in the middle of its own.
        together.wait(LONG)

    scene.manners.update(tiny=meet, large=meet)
    outcome = run(tmp_path, [*SIMPLE, *COMPLEX])
    assert states(outcome) == {State.REVIEWED}
    assert {reviewer: list(who(outcome).values()).count(reviewer) for reviewer in who(outcome).values()} == {
        "models/tiny": 5, "models/large": 5,
    }  # fmt: skip


@pytest.mark.parametrize("last", ["tiny", "large"])
def test_the_outcome_does_not_tell_who_was_faster(tmp_path: Path, scene: Scene, last: str) -> None:
    first = "large" if last == "tiny" else "tiny"
    done, count = threading.Event(), iter(range(1, 6))
    scene.manners[first] = lambda _: done.set() if next(count) == 5 else None
    scene.manners[last] = lambda _: None if done.wait(LONG) else pytest.fail("one waited for the other")
    outcome = run(tmp_path, [*COMPLEX, *SIMPLE])
    scene.manners.clear()
    plain = run(tmp_path, [*COMPLEX, *SIMPLE])
    assert (outcome.findings, outcome.coverage, outcome.identities) == (plain.findings, plain.coverage, plain.identities)
    assert [found.path for found in outcome.findings] == [hunk.path for hunk in [*COMPLEX, *SIMPLE]]


def test_the_larger_one_dies_and_nothing_is_lost(tmp_path: Path, scene: Scene) -> None:
    def die(model: Model) -> None:
        if len(scene.asked("large")) > 2:
            raise CrashedError("the server is gone")

    scene.manners["large"] = die
    outcome = run(tmp_path, [*SIMPLE, *COMPLEX])
    assert states(outcome) == {State.REVIEWED}
    assert len(outcome.findings) == 10
    assert sorted(who(outcome).values()) == ["models/large"] * 2 + ["models/tiny"] * 8


def test_both_die_and_every_hunk_says_so(tmp_path: Path, scene: Scene) -> None:
    def die(model: Model) -> None:
        raise CrashedError(f"{model.name} is gone")

    scene.manners.update(tiny=die, large=die)
    outcome = run(tmp_path, [*SIMPLE, *COMPLEX])
    assert states(outcome) == {State.FAILED}
    assert {entry.reason for entry in outcome.coverage} <= {"tiny is gone", "large is gone"}


def test_one_that_is_ten_times_slower_is_planned_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_service(tmp_path / "m", monkeypatch)
    # A question has about 700 tokens: 0.1 s by the exam, so that all five would fit.
    examine(model, "review", speed=Speed(prefill=5000.0, decode=5000.0))
    scene = Scene({"tiny": lambda _: time.sleep(2.0)})
    monkeypatch.setattr(access, "start", scene.start)
    outcome = run(tmp_path, SIMPLE, seconds=3.5, machine=replace(MACHINE, cache=0))
    assert len(scene.asked("tiny")) == 1
    assert sorted(entry.state for entry in outcome.coverage) == [State.DEFERRED] * 4 + [State.REVIEWED]


def test_the_budget_defers_each_hunk_once(tmp_path: Path, scene: Scene) -> None:
    def late(model: Model) -> None:
        if len(scene.asked(model.name)) > 2:
            raise OutOfTimeError("no time was left for the model")

    scene.manners.update(tiny=late, large=late)
    outcome = run(tmp_path, [*SIMPLE, *COMPLEX])
    assert sorted(entry.state for entry in outcome.coverage) == [State.DEFERRED] * 6 + [State.REVIEWED] * 4
    assert {entry.reason for entry in outcome.coverage} == {"", "the budget of 60 s ran out"}
    assert len(outcome.findings) == 4
    assert states(run(tmp_path, [*SIMPLE, *COMPLEX], seconds=0.0)) == {State.DEFERRED}


@pytest.mark.parametrize("error", [RuntimeError("a defect of ours"), StorageError("the disk is full")])
def test_what_is_no_matter_of_the_model_ends_the_review(tmp_path: Path, scene: Scene, error: Exception) -> None:
    began = threading.Event()

    def fail(model: Model) -> None:
        began.wait(LONG)
        raise error

    def hang(model: Model) -> None:
        began.set()
        until = time.monotonic() + LONG
        while model.alive and time.monotonic() < until:
            time.sleep(0.01)
        raise CrashedError("it was ended")

    scene.manners.update(tiny=fail, large=hang)
    with pytest.raises(type(error), match=str(error.what if isinstance(error, HunkgateError) else error)):
        run(tmp_path, [*SIMPLE, *COMPLEX])
    assert scene.up == []


def test_models_that_do_not_fit_together_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = made(tmp_path, monkeypatch, served=False)
    most: list[int] = []
    scene.manners.update(dict.fromkeys(("tiny", "large"), lambda _: most.append(len(scene.up))))
    for memory, expected in ((1, 1), (2**40, 2)):
        most.clear()
        outcome = run(tmp_path, [*SIMPLE, *COMPLEX], machine=replace(BOTH, engine_memory=memory))
        assert states(outcome) == {State.REVIEWED}
        assert max(most) == expected
        assert len(outcome.findings) == 10
