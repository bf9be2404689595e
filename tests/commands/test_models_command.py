"""`hunkgate models` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import hunkgate
from scripted_model import ScriptedModel, scripted_model

from reviewer.commands._models_recommend import _beyond, accelerators
from reviewer.devices.interface import Device, Kind
from reviewer.models.catalogue import entry
from reviewer.models.recommend import Advice, Candidate, Place


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    return scripted_model(tmp_path / "m", monkeypatch, {"certainty": 0.8})


def test_models_list_text_and_json(model: ScriptedModel, tmp_path: Path) -> None:
    text = hunkgate("models", "list", cwd=tmp_path)
    assert text.returncode == 0
    assert "qwen2.5-coder-1.5b-instruct" in text.stdout
    listed = json.loads(hunkgate("models", "list", "--format", "json", cwd=tmp_path).stdout)
    assert listed["store"] == str(model.store.root)
    states = {row["name"]: row["state"] for row in listed["models"]}
    assert states["tiny"] == "not installed"


def test_models_pull_verify_remove(model: ScriptedModel, tmp_path: Path) -> None:
    done = hunkgate("models", "pull", "tiny", "--from", str(model.file), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "tiny is installed" in done.stdout
    done = hunkgate("models", "verify", cwd=tmp_path)
    assert done.returncode == 0
    assert "tiny: the file is the published one" in done.stdout
    done = hunkgate("models", "remove", "tiny", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "tiny was removed\n")
    assert hunkgate("models", "remove", "tiny", cwd=tmp_path).stdout == "tiny is not installed\n"
    assert hunkgate("models", "verify", cwd=tmp_path).stdout == "no model is installed\n"


def test_models_verify_damaged_file_exits_3(model: ScriptedModel, tmp_path: Path) -> None:
    path = model.install()
    path.write_bytes(b"{}" + path.read_bytes()[2:])
    done = hunkgate("models", "verify", "tiny", cwd=tmp_path)
    assert done.returncode == 3
    assert "not the published one" in done.stderr
    assert "models pull tiny" in done.stderr


def test_models_pull_without_a_source_exits_3_and_says_what_to_do(model: ScriptedModel, tmp_path: Path) -> None:
    done = hunkgate("models", "pull", "tiny", "--no-runtime", cwd=tmp_path)
    assert done.returncode == 3
    assert "--from FILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_models_pull_crash_of_the_runtime_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted_model(tmp_path / "m", monkeypatch, {"misbehave": {"prepare": "crash"}})
    done = hunkgate("models", "pull", "tiny", "--from", str(model.file), cwd=tmp_path)
    assert done.returncode == 3
    assert "signal 11" in done.stderr


@pytest.mark.parametrize("args", [["pull", "nope"], ["remove", "../x"], ["verify", "nope"]])
def test_models_unknown_name_is_a_usage_error(model: ScriptedModel, tmp_path: Path, args: list[str]) -> None:
    done = hunkgate("models", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert "no model" in done.stderr


def test_models_runs_from_namespace_of_another_command(
    model: ScriptedModel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import argparse

    from reviewer.commands import models

    model.install()
    assert models.run(argparse.Namespace(action="pull", name="tiny")) == 0
    assert "tiny is installed" in capsys.readouterr().out


@pytest.fixture
def served(tmp_path: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model on a server of the user's that nobody started."""
    own = tmp_path / "own.toml"
    own.write_text('[[endpoints]]\nname = "big"\nurl = "http://127.0.0.1:9"\nmodel = "qwen2.5-coder:7b"\ndialect = "ollama"\n')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(own))
    return "big"


def test_models_list_and_recommend_know_the_servers_of_the_user(served: str, tmp_path: Path) -> None:
    rows = {row["name"]: row for row in json.loads(hunkgate("models", "list", "--format", "json", cwd=tmp_path).stdout)["models"]}
    assert (rows[served]["state"], rows[served]["backend"]) == ("on a server", "openai_http")
    assert rows[served]["digest"] == "ollama http://127.0.0.1:9 qwen2.5-coder:7b"
    assert rows[served]["roles"]["screen"] == "unexamined"
    assert hunkgate("models", "list", cwd=tmp_path).stdout.count("hunkgate models qualify big --role screen") == 1
    advice = json.loads(hunkgate("models", "recommend", "--format", "json", cwd=tmp_path).stdout)["models"]
    (row,) = (row for row in advice if row["name"] == served)
    assert (row["picked_as"], "on a server of yours" in row["why"]) == (None, True)


@pytest.mark.parametrize("args", [["pull", "big"], ["pull", "big", "--relock"]])
def test_models_pull_of_a_served_model_is_a_usage_error(served: str, tmp_path: Path, args: list[str]) -> None:
    done = hunkgate("models", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no file of it here" in done.stderr


def test_models_verify_of_a_served_model_says_there_is_no_file(served: str, tmp_path: Path) -> None:
    done = hunkgate("models", "verify", served, cwd=tmp_path)
    assert done.returncode == 3
    assert "there is no file of it here" in done.stderr


def test_models_a_model_without_a_digest_is_locked_by_its_first_pull(model: ScriptedModel, tmp_path: Path) -> None:
    digest = model.entry.sha256
    text = model.catalogue.read_text().replace(digest, "")
    model.catalogue.write_text(text.replace("sources = [", 'sources = [{kind = "hub", url = "https://127.0.0.1:9/x"},'))
    rows = {row["name"]: row for row in json.loads(hunkgate("models", "list", "--format", "json", cwd=tmp_path).stdout)["models"]}
    assert rows["tiny"]["digest"] == ""
    done = hunkgate("models", "pull", "tiny", cwd=tmp_path)
    assert done.returncode == 3
    assert "no hub tells it" in done.stderr
    done = hunkgate("models", "pull", "tiny", "--from", str(model.file), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert digest in done.stderr
    assert str(Path.home() / ".config" / "hunkgate" / "models.lock") in done.stderr
    rows = {row["name"]: row for row in json.loads(hunkgate("models", "list", "--format", "json", cwd=tmp_path).stdout)["models"]}
    assert (rows["tiny"]["digest"], rows["tiny"]["state"]) == (digest, "verified")
    assert "it is the one of the first pull" in hunkgate("models", "verify", cwd=tmp_path).stdout


def test_models_recommend_says_why_an_accelerator_is_not_used_and_counts_one_that_was_measured() -> None:
    gpu = Device("GPU.0", Kind.GPU, "Arc", present=True)
    npu = Device("NPU", Kind.NPU, reason="/dev/accel/accel0 is there, but OpenVINO does not see it", todo="Install the driver.")
    others = (Device("CPU", Kind.CPU, present=True), Device("GPU", Kind.GPU, reason="this machine shows no GPU"))
    found = accelerators([*others, gpu, npu])
    assert found == (gpu, npu)
    assert _beyond([], found) == [
        "GPU.0: no model runs on it before 'hunkgate devices --measure' has found it to be faster.",
        "NPU: /dev/accel/accel0 is there, but OpenVINO does not see it. Install the driver.",
    ]
    used = Advice(Candidate(entry("qwen2.5-coder-0.5b-instruct"), "openvino_genai", True, {}, "GPU.0", 900.0), Place.FAST, "")
    assert _beyond([used], [gpu]) == []
