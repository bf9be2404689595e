"""A model runs where it was measured to be fast, and goes on elsewhere, once, if that device vanishes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from make_hunk import make_hunk
from model_service import MACHINE, examine, in_service
from scripted_model import ScriptedModel

from reviewer.backends.interface import ModelFiles, Settings, Written
from reviewer.devices import _measured
from reviewer.devices._measured import Measurement
from reviewer.devices.scripted import Scripted
from reviewer.engine import access
from reviewer.engine.client import CrashedError
from reviewer.engine.install import choose_runtime, devices_for
from reviewer.errors import BackendError, OutOfTimeError
from reviewer.models.catalogue import Entry
from reviewer.records import Machine, Policy, State
from reviewer.review import by_models
from reviewer.review._others import Others
from reviewer.review.interface import Job, Outcome

HUNKS = [make_hunk(f"{name}.py".encode(), f"+    return {name}") for name in "abcd"]
ONLY = replace(MACHINE, forced_roles=("review",), cache=0)


@dataclass
class Model:
    """Approves of everything but what is planted, on the device that it was loaded for."""

    gpu: Scripted
    loaded: list[str]
    asked: list[str]
    error: type[BackendError]
    device: str = ""
    alive: bool = True

    def load(self, files: ModelFiles, settings: Settings, deadline: float) -> None:
        self.device = settings.device
        self.loaded.append(self.device)
        self._turn()

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        self._turn()
        if "accounts/lookup.py" in material:
            return [-0.1, -3.0]
        self.asked.append(self.device)
        return [-3.0, -0.1]

    def write(self, system: str, material: str, question: str, schema: Mapping[str, Any], most: int, deadline: float) -> Written:
        raise AssertionError("nothing is wrong")

    def digest(self, deadline: float) -> str:
        return ""

    def close(self) -> None: ...

    def abandon(self) -> None: ...

    def _turn(self) -> None:
        if self.device == "GPU.0":
            try:
                self.gpu.use(lambda: None)
            except BackendError as error:
                raise self.error(error.what) from error


@dataclass
class Scene:
    """A model in service, and what became of it."""

    model: ScriptedModel
    gpu: Scripted = field(default_factory=lambda: Scripted({"name": "GPU.0"}))
    error: type[BackendError] = BackendError
    loaded: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def start(self, *_: object, **__: object) -> Model:
        return Model(self.gpu, self.loaded, self.asked, self.error)

    def measured(self, device: str, rate: float, backend: str = "scripted") -> None:
        """Store figures of the model, beside those that are stored."""
        file, entry = self.model.store.root / "devices.json", self.model.entry
        rows = [
            Measurement(device, role, backend, entry.name, entry.sha256, "v", rate, "tokens") for role in ("screen", "review")
        ]
        _measured.write(file, _measured.merged(_measured.read(file), rows))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    made = Scene(in_service(tmp_path / "m", monkeypatch))
    monkeypatch.setattr(access, "start", made.start)
    return made


def run(folder: Path) -> Outcome:
    (folder / "private").mkdir(exist_ok=True)
    until = time.monotonic() + 60.0
    return by_models.review(Job(HUNKS, {}, folder / "private", {}, Policy(budget=60.0), ONLY, until, others=Others.of(())))


def states(outcome: Outcome) -> list[State]:
    return [entry.state for entry in outcome.coverage]


def test_without_figures_it_runs_on_the_cpu(tmp_path: Path, scene: Scene) -> None:
    assert states(run(tmp_path)) == [State.REVIEWED] * 4
    assert (scene.loaded, scene.asked) == (["CPU"], ["CPU"] * 4)


def test_it_runs_where_it_was_measured_to_be_fast(tmp_path: Path, scene: Scene) -> None:
    scene.measured("CPU", 100.0)
    scene.measured("GPU.0", 1000.0)
    outcome = run(tmp_path)
    assert (scene.loaded, scene.asked) == (["GPU.0"], ["GPU.0"] * 4)
    assert not [note for note in outcome.notes if "vanished" in note]


@pytest.mark.parametrize("error", [BackendError, CrashedError])
@pytest.mark.parametrize("use", [1, 2, 4])
def test_a_device_that_vanishes_costs_one_retry_on_the_cpu_and_a_note(
    tmp_path: Path, scene: Scene, use: int, error: type[BackendError]
) -> None:
    scene.measured("GPU.0", 1000.0)
    scene.gpu, scene.error = Scripted({"name": "GPU.0", "fails": [use]}), error
    outcome = run(tmp_path)
    assert states(outcome) == [State.REVIEWED] * 4
    assert scene.loaded == ["GPU.0", "CPU"]
    assert scene.asked == ["GPU.0"] * max(use - 3, 0) + ["CPU"] * (4 - max(use - 3, 0))
    assert [note for note in outcome.notes if "vanished" in note] == ["tiny: GPU.0 vanished (GPU.0 is gone); done on CPU"]


def test_a_model_that_ran_out_of_time_lost_no_device(tmp_path: Path, scene: Scene) -> None:
    scene.measured("GPU.0", 1000.0)
    scene.gpu, scene.error = Scripted({"name": "GPU.0", "fails": [3]}), OutOfTimeError
    outcome = run(tmp_path)
    assert sorted(states(outcome)) == [State.DEFERRED] + [State.REVIEWED] * 3
    assert scene.loaded == ["GPU.0"]


def test_the_runtime_that_was_measured_to_be_faster_is_taken_if_the_model_may_speak_there(scene: Scene) -> None:
    entry: Entry = replace(scene.model.entry, backends=("scripted", "openai_http"))

    def chosen() -> str:
        return choose_runtime(scene.model.store, entry, Machine())[0]

    assert chosen() == "scripted"
    scene.measured("CPU", 100.0)
    scene.measured("CPU", 300.0, "openai_http")
    assert chosen() == "openai_http"
    examine(scene.model, "review")
    assert chosen() == "scripted"


def test_figures_are_for_the_runtime_that_is_used(scene: Scene) -> None:
    scene.measured("GPU.0", 1000.0, "openai_http")
    assert devices_for(scene.model.store, scene.model.entry, "scripted") == ("CPU",)
    assert devices_for(scene.model.store, scene.model.entry, "openai_http") == ("GPU.0", "CPU")
