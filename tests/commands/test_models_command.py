"""`hunkgate models` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import hunkgate
from scripted_model import ScriptedModel, scripted_model


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
