"""`hunkgate devices` as a user calls it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import hunkgate
from scripted_model import NAME, ScriptedModel, scripted_model
from scripted_stick import scripted_stick

from reviewer.commands import _devices_measure, _devices_places, _devices_table
from reviewer.commands._devices_agreement import disagreement
from reviewer.devices._classifying import Chosen
from reviewer.errors import BackendError
from reviewer.models.progress import SILENT


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(f'model = "{NAME}"\n')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    return file


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: Path) -> ScriptedModel:
    model = scripted_model(tmp_path / "model", monkeypatch)
    model.install()
    return model


def listed(folder: Path, *args: str) -> dict[str, Any]:
    done = hunkgate("devices", "--format", "json", *args, cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def cpu(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in document["devices"] if one["kind"] == "cpu")
    return found


def test_every_device_is_listed_with_what_it_does_or_why_it_does_nothing(tiny: ScriptedModel, tmp_path: Path) -> None:
    document = listed(tmp_path)
    assert [one["kind"] for one in document["devices"]] == ["cpu", "gpu", "ncs2", "npu"]
    assert all(one["placed"] or one["reason"] for one in document["devices"])
    assert document["roles"]["review"] == {
        "device": "CPU", "backend": "scripted", "model": NAME, "why": "usual for this role, not measured", "then": [],
    }  # fmt: skip
    done = hunkgate("devices", "list", cwd=tmp_path)
    assert f"review: {NAME} on CPU with scripted (usual for this role, not measured)" in done.stdout
    assert "Idle:\n" in done.stdout


@pytest.mark.usefixtures("configured")
def test_without_a_model_nothing_is_placed_and_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_model(tmp_path / "model", monkeypatch)
    done = hunkgate("devices", cwd=tmp_path)
    assert done.returncode == 0
    assert "no role is placed: no model is installed" in done.stdout or "classify:" in done.stdout
    assert "CPU: nothing that is installed runs on it" in done.stdout or "classify" in done.stdout


def test_figures_are_kept_until_the_runtime_or_the_model_changes(tiny: ScriptedModel, tmp_path: Path) -> None:
    measured = listed(tmp_path, "--measure")
    assert measured["roles"]["review"]["why"] == "measured, and no other is faster"
    (figure,) = (one for one in cpu(measured)["measured"] if one["role"] == "review")
    assert figure["rate"] > 0
    assert (figure["unit"], figure["stale"], figure["failed"]) == ("tokens written", "", "")
    assert listed(tmp_path) == measured

    path = Path(measured["figures"])
    stored = json.loads(path.read_text())
    for one in stored["measured"]:
        one["version"] = "another driver"
    path.write_text(json.dumps(stored))
    later = listed(tmp_path)
    assert later["roles"]["review"]["why"] == "usual for this role, not measured"
    assert {one["stale"] for one in cpu(later)["measured"]} == {"its runtime or driver changed"}
    assert "(does not count: its runtime or driver changed)" in hunkgate("devices", cwd=tmp_path).stdout
    path.write_text("{")
    assert cpu(listed(tmp_path))["measured"] == []


@pytest.mark.parametrize(("operation", "words"), [("load", "SIGSEGV"), ("write", "SIGSEGV")])
@pytest.mark.usefixtures("configured")
def test_a_model_that_crashes_when_it_is_measured_is_placed_nowhere(
    operation: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted_model(tmp_path / "model", monkeypatch, {"misbehave": {operation: "crash"}}).install()
    document = listed(tmp_path, "--measure")
    assert "review" not in document["roles"]
    (figure,) = (one for one in cpu(document)["measured"] if one["role"] == "review")
    assert words in figure["failed"]
    if not document["roles"]:
        assert words in cpu(document)["reason"]


def test_a_further_device_is_looked_at_and_its_idleness_explained(tiny: ScriptedModel, tmp_path: Path) -> None:
    script = tmp_path / "npu.json"
    script.write_text('{"name": "NPU", "kind": "npu", "memory": 4000000000}')
    document = _devices_table.document(_devices_places.survey(script))
    (one,) = (one for one in document["devices"] if one["memory"] == 4_000_000_000)
    assert one["present"]
    text = _devices_table.text(document)
    assert "4.0 GB" in text
    if importlib.util.find_spec("openvino") is None:
        assert (one["placed"], one["reason"]) == ([], "nothing that is installed runs on it")
        return
    assert (one["placed"], one["reason"]) == (["classify"], "")
    # The script is one of this test; a review goes by what the kernel shows.
    reviews = document["roles"]["classify"]["in_reviews"]
    if reviews["device"] == "CPU":
        assert f"if it vanishes, CPU with openvino); reviews use CPU: {reviews['why']}" in text


@pytest.mark.usefixtures("configured")
def test_a_device_that_is_shown_and_cannot_be_used_is_taken_by_no_review_after_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setenv("HUNKGATE_STORE", str(tmp_path / "store"))
    # As if the kernel showed it: the stick that this machine has not got.
    monkeypatch.setattr(_devices_places, "chosen", lambda *_: Chosen("MYRIAD", "usual for this role, not measured"))
    here = _devices_places.survey()
    text = _devices_table.text(_devices_table.document(here))
    assert "reviews use MYRIAD: usual for this role, not measured" in text
    (figure,) = (one for one in _devices_measure.measure(here, SILENT).measured if one.device == "MYRIAD")
    assert (figure.role, figure.rate, figure.failed) == ("classify", 0.0, "no stick is plugged in (USB vendor 03e7)")


def test_a_device_that_says_something_else_than_the_processor_is_found_out(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    here, environment = Path(sys.executable), tmp_path / "runtime" / "ncs2"
    assert disagreement(here, "CPU", environment, here) == ""
    scripted_stick(tmp_path)
    assert re.fullmatch(
        r"its answers are up to 0\.\d\d away from the processor's", disagreement(here, "MYRIAD", environment, here)
    )
    scripted_stick(tmp_path, misbehave={"infer": "crash"})
    with pytest.raises(BackendError, match="SIGSEGV"):
        disagreement(here, "MYRIAD", environment, here)


def test_a_server_of_the_user_does_what_the_configuration_says(tiny: ScriptedModel, tmp_path: Path, configured: Path) -> None:
    server = '[[endpoints]]\nname = "big"\nurl = "http://127.0.0.1:9"\nmodel = "some-model"\ndialect = "openai"\n'
    configured.write_text(f'model = "{NAME}"\nlarger_model = "big"\n{server}')
    document = listed(tmp_path)
    assert document["roles"]["review"]["device"] == "big"
    assert document["roles"]["review"]["why"] == "your configuration names it"
    (one,) = (one for one in document["devices"] if one["kind"] == "endpoint")
    assert one["placed"] == ["review"]


@pytest.mark.usefixtures("configured")
def test_setting_up_a_stick_without_an_old_python_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUNKGATE_STORE", str(tmp_path / "store"))
    done = hunkgate("devices", "setup", "ncs2", "--python", "/nowhere/python3.9", cwd=tmp_path)
    assert done.returncode == 3
    assert "/nowhere/python3.9 is no Python 3.6 to 3.9" in done.stderr
    assert "uv python install 3.9" in done.stderr
    assert "Traceback" not in done.stderr
    assert hunkgate("devices", "setup", "toaster", cwd=tmp_path).returncode == 2
