"""`hunkgate models qualify`, `list` and `recommend` as a user runs them, with a scripted model in a real worker process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import hunkgate
from jsonschema import Draft202012Validator
from scripted_model import ScriptedModel, scripted_model

from reviewer import schemas
from reviewer.models.exam import results
from reviewer.models.exam.loading import load
from reviewer.models.roles import Grade, standing
from reviewer.review._model_context import contexts
from reviewer.review._model_exam import hunk_and_source
from reviewer.review._model_roles import prompt_digest

NAME = "tiny"


@cache
def _knowing() -> tuple[tuple[str, str], ...]:
    """What tells the false alarms from the true ones for a model that has learned the exam by heart: the mark of each fence."""
    rows = []
    for alarm in load().alarms:
        for context in contexts(*hunk_and_source(alarm)):
            fence = next(line for line in context.material.split("\n") if line.startswith("<diff-"))
            rows.append((fence, "yes" if alarm.true else "no"))
    return tuple(rows)


def _script(rows: tuple[tuple[str, str], ...], **more: Any) -> dict[str, Any]:
    return {"rules": [{"contains": text, "choose": word} for text, word in rows], "certainty": 0.9, **more}


def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: dict[str, Any]) -> ScriptedModel:
    model = scripted_model(tmp_path / "m", monkeypatch, script)
    text = model.catalogue.read_text()
    assert 'roles = ["review"]' in text
    model.catalogue.write_text(text.replace('roles = ["review"]', 'roles = ["screen", "triage"]'))
    model.install()
    return model


def _listed(tmp_path: Path) -> dict[str, Any]:
    rows = json.loads(hunkgate("models", "list", "--format", "json", cwd=tmp_path).stdout)["models"]
    return {row["name"]: row for row in rows}[NAME]


def _triage(model: ScriptedModel) -> Grade:
    return standing(model.store, model.entry, "scripted", "triage", prompt_digest("triage")).state


def test_qualify_a_model_that_knows_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(tmp_path, monkeypatch, _script(_knowing()))
    done = hunkgate("models", "qualify", NAME, "--role", "triage", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "triage  passed  1.00  0.70" in done.stdout
    assert "52 of 52" in done.stdout
    assert "triage: 52 questions to ask, about" in done.stderr
    assert _triage(model) is Grade.PASSED
    file = model.store.exam(model.entry) / results.FILE
    Draft202012Validator(json.loads(schemas.read("exam.schema.json"))).validate(json.loads(file.read_bytes()))


def test_qualify_again_asks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _model(tmp_path, monkeypatch, _script(_knowing()))
    first = hunkgate("models", "qualify", NAME, "--role", "triage", "--format", "json", cwd=tmp_path)
    again = hunkgate("models", "qualify", NAME, "--role", "triage", "--format", "json", cwd=tmp_path)
    assert json.loads(again.stdout) == json.loads(first.stdout)
    assert "questions to ask" not in again.stderr
    assert "--anew" in again.stderr
    anew = hunkgate("models", "qualify", NAME, "--role", "triage", "--anew", cwd=tmp_path)
    assert "52 questions to ask" in anew.stderr


def test_qualify_a_model_that_always_says_the_same_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(tmp_path, monkeypatch, {})
    done = hunkgate("models", "qualify", NAME, "--role", "triage", "screen", "--format", "json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert (document["name"], document["digest"]) == (NAME, model.entry.sha256)
    assert [(row["role"], row["passed"], row["auc"], row["threshold"]) for row in document["results"]] == [
        ("screen", False, 0.5, None),
        ("triage", False, 0.5, None),
    ]
    assert all(row["speed"]["prefill"] > 0 for row in document["results"])
    assert _triage(model) is Grade.REFUSED


def test_qualify_crashes_now_and_then_cost_those_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(tmp_path, monkeypatch, _script(_knowing(), misbehave={"choose:30": "crash"}))
    done = hunkgate("models", "qualify", NAME, "--role", "triage", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "51 of 52" in done.stdout
    assert _triage(model) is Grade.PASSED


def test_qualify_a_model_that_dies_at_every_question_exits_3_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _model(tmp_path, monkeypatch, _script(_knowing(), misbehave={"choose:4": "crash", "choose:1": "chatter"}))
    hunkgate("models", "qualify", NAME, "--role", "triage", cwd=tmp_path)
    broken = _model(tmp_path, monkeypatch, _script((), misbehave={"choose": "crash"}))
    done = hunkgate("models", "qualify", NAME, "--role", "triage", cwd=tmp_path)
    assert done.returncode == 3
    assert "signal 11" in done.stderr
    assert "Traceback" not in done.stderr
    assert _triage(broken) is Grade.UNEXAMINED


@pytest.mark.parametrize(
    ("args", "words"),
    [(["nope"], "no model"), ([NAME, "--role", "fix"], "no exam for fix"), ([NAME, "--role", "juggle"], "invalid choice")],
)
def test_qualify_bad_requests_are_usage_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str
) -> None:
    _model(tmp_path, monkeypatch, {})
    done = hunkgate("models", "qualify", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


def test_qualify_what_is_not_installed_exits_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_model(tmp_path / "m", monkeypatch)
    done = hunkgate("models", "qualify", NAME, cwd=tmp_path)
    assert done.returncode == 3
    assert "hunkgate models pull tiny" in done.stderr


def test_list_tells_digest_roles_scores_and_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(tmp_path, monkeypatch, _script(_knowing()))
    before = _listed(tmp_path)
    assert (before["digest"], before["size"], before["backend"]) == (model.entry.sha256, model.entry.size, "scripted")
    assert (before["roles"]["triage"], before["scores"], before["speed"]) == ("unexamined", {}, None)
    assert "hunkgate models qualify tiny --role triage" in before["why"]["triage"]
    hunkgate("models", "qualify", NAME, "--role", "triage", "screen", cwd=tmp_path)
    after = _listed(tmp_path)
    assert (after["roles"]["triage"], after["roles"]["screen"]) == ("passed", "refused")
    assert (after["scores"]["triage"]["auc"], after["scores"]["screen"]["auc"]) == (1.0, 0.5)
    assert after["speed"]["prefill"] > 0
    text = hunkgate("models", "list", cwd=tmp_path).stdout
    assert "tiny is refused as screen with AUC 0.50 (least 0.62, a guess has 0.50)" in text
    row = next(line for line in text.split("\n") if line.startswith("tiny "))
    assert "triage" in row
    assert "screen" not in row


def test_recommend_says_why_of_every_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _model(tmp_path, monkeypatch, {})
    listed = json.loads(hunkgate("models", "list", "--format", "json", cwd=tmp_path).stdout)["models"]
    document = json.loads(hunkgate("models", "recommend", "--format", "json", cwd=tmp_path).stdout)
    assert [row["name"] for row in document["models"]] == [row["name"] for row in listed]
    assert all(row["why"] for row in document["models"])
    assert document["machine"]["cores"] >= 1
    assert document["machine"]["memory"] > 0
    text = hunkgate("models", "recommend", cwd=tmp_path).stdout
    assert all(row["name"] in text for row in document["models"])


def test_recommend_keeps_to_the_memory_of_the_users_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _model(tmp_path, monkeypatch, {})
    own = tmp_path / "own.toml"
    own.write_text('engine_memory = "600 MiB"\n')
    document = json.loads(
        hunkgate("models", "recommend", "--format", "json", cwd=tmp_path, env={"HUNKGATE_CONFIG": str(own)}).stdout
    )
    assert document["machine"]["memory"] == 600 * 2**20
    large = [row for row in document["models"] if row["name"] == "qwen2.5-coder-1.5b-instruct"]
    assert large[0]["picked_as"] is None
    assert "are left for it" in large[0]["why"]
