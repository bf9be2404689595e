"""Who may speak: only who passed this very exam, with these weights, on this runtime, asked in these words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_model import ScriptedModel, scripted_model

from reviewer.models.exam import edition, passing, results
from reviewer.models.exam.calibration import Calibration
from reviewer.models.exam.results import Key, Result, Speed
from reviewer.models.lock import Locked, keep
from reviewer.models.roles import FREE, Grade, Standing, identity, standing
from reviewer.records import Dialect, Endpoint


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    return scripted_model(tmp_path / "m", monkeypatch)


def _result(model: ScriptedModel, **changed: object) -> Result:
    key = Key("screen", "scripted", model.entry.sha256, "prompt", edition.QUESTIONS)
    plain = Result(
        key=key, bars=edition.BARS, passed=True, reasons=(), auc=0.81, auc_least=0.75, auc_bar=0.62, precision=0.7, recall=0.4,
        clean_pass=0.9, refactorings=0.95, moved=0.05, moved_of=20, asked=288, answered=288, threshold=1.5,
        calibration=Calibration(2.0, -1.0), seconds=1.2, speed=Speed(330.0, 6.0), taken="2026-11-22", hunkgate="0.1.0",
    )  # fmt: skip
    return replace(plain, **changed)  # type: ignore[arg-type]


def _kept(model: ScriptedModel, *made: Result) -> None:
    results.save(model.store.exam(model.entry) / results.FILE, made)


def _standing(model: ScriptedModel, role: str = "screen", backend: str = "scripted", prompt: str = "prompt") -> Standing:
    return standing(model.store, model.entry, backend, role, prompt)


def test_standing_passed_gives_threshold_calibration_and_speed(model: ScriptedModel) -> None:
    _kept(model, _result(model))
    found = _standing(model)
    assert (found.state, found.threshold, found.calibration) == (Grade.PASSED, 1.5, Calibration(2.0, -1.0))
    assert found.speed == Speed(330.0, 6.0)
    assert found.line == (
        "tiny passed the exam for screen with AUC 0.81 (least 0.62, a guess has 0.50), precision 0.70 at recall 0.40"
    )


def test_standing_refused_tells_score_and_bar_in_one_sentence(model: ScriptedModel) -> None:
    reasons = ("AUC 0.46 is below 0.62", "no threshold reaches precision 0.60")
    _kept(model, _result(model, passed=False, auc=0.46, reasons=reasons, threshold=None))
    found = _standing(model)
    assert (found.state, found.threshold) == (Grade.REFUSED, None)
    assert found.line == (
        "tiny is refused as screen with AUC 0.46 (least 0.62, a guess has 0.50): no threshold reaches precision 0.60"
    )


def test_standing_unexamined_names_the_command(model: ScriptedModel) -> None:
    found = _standing(model)
    assert (found.state, found.threshold, found.calibration, found.speed) == (Grade.UNEXAMINED, None, None, None)
    assert found.line == "tiny has not taken the exam for screen on scripted: hunkgate models qualify tiny --role screen"


@pytest.mark.parametrize("field", ["prompt", "questions"])
def test_standing_other_questions_do_not_count(model: ScriptedModel, field: str) -> None:
    plain = _result(model)
    _kept(model, replace(plain, key=replace(plain.key, **{field: "0" * 64})))
    found = _standing(model)
    assert found.state is Grade.UNEXAMINED
    assert "with other questions" in found.line


def test_standing_other_bars_do_not_count(model: ScriptedModel) -> None:
    _kept(model, _result(model, bars="0" * 64))
    assert (_standing(model).state, "other bars" in _standing(model).line) == (Grade.UNEXAMINED, True)


def test_standing_other_weights_do_not_count(model: ScriptedModel) -> None:
    plain = _result(model)
    _kept(model, replace(plain, key=replace(plain.key, model="0" * 64)))
    found = _standing(model)
    assert (found.state, "other weights" in found.line) == (Grade.UNEXAMINED, True)


@pytest.mark.parametrize(("role", "backend"), [("review", "scripted"), ("screen", "llama_cpp")])
def test_standing_other_role_or_runtime_does_not_count(model: ScriptedModel, role: str, backend: str) -> None:
    _kept(model, _result(model))
    found = _standing(model, role, backend)
    assert found.state is Grade.UNEXAMINED
    assert "has not taken the exam" in found.line


def test_standing_one_of_two_runtimes_passes(model: ScriptedModel) -> None:
    plain = _result(model)
    _kept(model, plain, replace(plain, key=replace(plain.key, backend="llama_cpp"), passed=False))
    assert _standing(model).state is Grade.PASSED
    assert _standing(model, backend="llama_cpp").state is Grade.REFUSED


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"schema_version": 9}'])
def test_standing_damaged_file_is_no_pass(model: ScriptedModel, content: bytes) -> None:
    _kept(model, _result(model))
    (model.store.exam(model.entry) / results.FILE).write_bytes(content)
    assert _standing(model).state is Grade.UNEXAMINED


def test_standing_word_for_true_is_no_pass(model: ScriptedModel) -> None:
    _kept(model, _result(model))
    path = model.store.exam(model.entry) / results.FILE
    path.write_text(path.read_text().replace('"passed": true', '"passed": "false"'))
    assert _standing(model).state is Grade.REFUSED


def test_standing_roles_without_an_exam_need_none(model: ScriptedModel) -> None:
    assert set(FREE) == set(passing.UNEXAMINED)
    for role in FREE:
        found = _standing(model, role)
        assert found.state is Grade.PASSED
        assert found.line.startswith(f"tiny needs no exam for {role}: ")


def test_standing_of_a_locked_model_goes_by_its_lock(model: ScriptedModel) -> None:
    entry = replace(model.entry, sha256="")
    plain = _result(model)
    _kept(model, replace(plain, key=replace(plain.key, model="c" * 64)))
    assert standing(model.store, entry, "scripted", "screen", "prompt").state is Grade.UNEXAMINED
    keep(entry, Locked(entry.file, "c" * 64, 10, "https://hub.example/x", "", "2026-11-22"))
    assert standing(model.store, entry, "scripted", "screen", "prompt").state is Grade.PASSED


def test_standing_of_a_server_goes_by_what_the_server_says(model: ScriptedModel) -> None:
    endpoint = Endpoint("big", "http://127.0.0.1:9", "coder:7b", Dialect.OLLAMA)
    entry = replace(model.entry, name="big", sha256="", endpoint=endpoint)
    plain = _result(model)
    for digest in ("old", "new"):
        fresh = replace(plain, key=replace(plain.key, model=identity(entry, digest)), passed=digest == "new")
        path = model.store.exam(entry) / results.FILE
        results.save(path, results.replaced(results.read(path), fresh))
    asked = (model.store, entry, "scripted", "screen", "prompt")
    assert standing(*asked, model_digest="new").state is Grade.PASSED
    assert standing(*asked, model_digest="old").state is Grade.UNEXAMINED
    assert standing(*asked).state is Grade.PASSED
    moved = replace(entry, endpoint=replace(endpoint, url="http://127.0.0.1:10"))
    assert standing(model.store, moved, "scripted", "screen", "prompt").state is Grade.UNEXAMINED


def test_roles_is_light_enough_for_a_hook() -> None:
    """No exam, no arithmetic of marks, no tables, nothing of a network: a hook asks this before every commit."""
    code = "import sys; import reviewer.models.roles; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True).stdout.split()
    heavy = {"reviewer.models.exam.loading", "reviewer.models.exam.marking", "reviewer.models.download", "rich", "urllib.request"}
    assert heavy & set(loaded) == set()
