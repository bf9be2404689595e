"""The demo with a model starts an engine and leaves none behind; one that was there before stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import hunkgate
from scripted_model import alive, scripted_model
from warm_engine import assert_nothing_left

from reviewer.engine import control, place

SURE = {"rules": [{"contains": " ", "choose": "yes"}], "certainty": 0.99}


def demo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What it prints, with a model that was pulled."""
    model = scripted_model(folder / "m", monkeypatch, SURE)
    model.install()
    settings = folder / "user.toml"
    settings.write_text('model = "tiny"\n', encoding="utf-8")
    done = hunkgate("demo", "--model", cwd=folder, env={"HUNKGATE_CONFIG": str(settings)})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_leaves_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tiny" in demo(tmp_path, monkeypatch)
    assert control.status(place.find()) is None
    assert place.find().lock.exists(), "there was one"
    assert_nothing_left()


def test_the_demo_leaves_an_engine_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hunkgate("engine", "start", cwd=tmp_path).returncode == 0
    pid = (control.status(place.find()) or {})["pid"]
    demo(tmp_path, monkeypatch)
    after = control.status(place.find()) or {}
    assert after["pid"] == pid
    assert [worker["model"] for worker in after["workers"]] == ["tiny"]
    assert control.stop(place.find()) == pid
    assert not alive(pid)
