"""The preview shows what a review then really asks, byte for byte, and starts nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Repo
from model_service import FORCED, defect, in_service, suspicious
from scripted_model import NAME

from reviewer import pipeline, sources
from reviewer.backends.interface import Written
from reviewer.engine import access
from reviewer.git import Git
from reviewer.records import Dialect, Endpoint, EngineUse, Machine
from reviewer.review import _model_seats
from reviewer.review._model_session import Opened

CODE = "import hashlib\n\n\ndef digest(data):\n    return hashlib.md5(data).hexdigest()\n"
MORE = "def area(w, h):\n    return w * h\n"
KEY = "AKIA" + "Q3EGRIZ5WB7TMHKD"


class Recorder:
    """Remembers every conversation; suspects everything, so that everything is asked."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, str]] = set()
        self.alive = True

    def load(self, *_: Any) -> None: ...

    def close(self) -> None: ...

    def digest(self, deadline: float) -> str:
        return ""

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        self.asked.add((system, material + question))
        return [-0.1, -3.0]

    def write(self, system: str, material: str, question: str, schema: Mapping[str, Any], most: int, deadline: float) -> Written:
        self.asked.add((system, material + question))
        return Written(json.dumps({"verdict": "defect", "defects": [defect(1, "other", "nowhere")]}), 9, True)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file; the model of the scripts is in service, and forced."""
    in_service(tmp_path / "m", monkeypatch, *suspicious("md5", defect(1, "other", "md5")))
    file = tmp_path / "config.toml"
    file.write_text(f'model = "{NAME}"\nengine = "off"\nforced_roles = ["screen", "review", "triage"]\n')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    return file


def preview(repo: Repo, *args: str) -> dict[str, Any]:
    done = repo.hunkgate("preview", "--format", "json", *args)
    assert (done.returncode, done.stderr) == (0, "")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def asked_by_a_review(repo: Repo, monkeypatch: pytest.MonkeyPatch, machine: Machine) -> set[tuple[str, str]]:
    recorder = Recorder()
    monkeypatch.setattr(access, "start", lambda *_, **__: recorder)
    pipeline.review(sources.staged(Git(repo.path)), machine)
    return recorder.asked


def test_preview_shows_what_a_review_asks(repo: Repo, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.stage("app.py", CODE)
    repo.stage("area.py", MORE)
    shown = preview(repo)
    machine = replace(FORCED, forced_roles=("screen", "review", "triage"), cache=0)
    asked = asked_by_a_review(repo, monkeypatch, machine)
    assert {(one["system"], one["user"]) for one in shown["questions"]} == asked
    assert {one["role"] for one in shown["questions"]} == {"screen", "review", "triage"}
    assert {one["where"] for one in shown["questions"]} == {"scripted, on this machine"}
    assert not any(one["remote"] for one in shown["questions"])


def test_preview_as_text_holds_every_byte(repo: Repo, user: Path) -> None:
    repo.stage("app.py", CODE)
    text = repo.hunkgate("preview").stdout
    for one in preview(repo)["questions"]:
        assert f"-- system\n{one['system']}\n-- user\n{one['user']}\n-- answer: " in text
    assert text.startswith("hunkgate preview: 6 questions to models about 1 hunks; nothing was sent\n")
    assert "== app.py, line 1: screen, to tiny (scripted, on this machine)\n" in text


def test_preview_starts_no_model_and_remembers_nothing(
    repo: Repo, user: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"load": "hang"})
    repo.stage("app.py", CODE)
    assert preview(repo)["questions"]
    assert not (Path.home() / ".cache" / "hunkgate" / "answers").exists()


def test_preview_a_role_without_a_pass_sends_nothing_and_says_why(repo: Repo, user: Path) -> None:
    user.write_text(f'model = "{NAME}"\n')
    repo.stage("app.py", CODE)
    shown = preview(repo)
    assert shown["questions"] == []
    assert len([line for line in shown["not_asked"] if "has not taken the exam" in line]) == 4
    everything = preview(repo, "--all-roles")
    assert {one["role"] for one in everything["questions"]} == {"screen", "review", "triage"}


def test_preview_says_that_a_blocked_change_is_shown_to_nobody(repo: Repo, user: Path) -> None:
    repo.write(".hunkgate.toml", 'mode = "block"\n')
    repo.git("add", ".hunkgate.toml")
    repo.commit()
    repo.stage("app.py", f"KEY = '{KEY}'\n")
    assert preview(repo)["blocked"]
    assert "the other reviewers block this change" in repo.hunkgate("preview").stdout


@pytest.mark.parametrize("args", [("--commit", "HEAD"), ("--range", "HEAD~1..HEAD")])
def test_preview_of_what_is_committed(repo: Repo, user: Path, args: tuple[str, str]) -> None:
    repo.commit()
    repo.stage("app.py", CODE)
    staged = preview(repo)["questions"]
    repo.commit()
    assert preview(repo, *args)["questions"] == staged


HERE = ("127.0.0.1", "[::1]", "localhost", "")


@pytest.mark.parametrize("host", ["models.example.org", "10.0.0.7", *HERE])
def test_secrets_go_to_no_other_machine(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    in_service(tmp_path / "m", monkeypatch)
    opened = _model_seats._opened

    def at_host(machine: Machine, model: Opened) -> _model_seats.Seat:
        seat = opened(machine, model)
        if host:
            model.entry = replace(model.entry, endpoint=Endpoint("tiny", f"http://{host}:8080", "tiny", Dialect.OPENAI))
        return seat

    monkeypatch.setattr(_model_seats, "_opened", at_host)
    repo.stage("app.py", f"import boto\n\n\ndef connect():\n    return boto.connect('{KEY}')\n")
    machine = replace(FORCED, cache=0, engine=EngineUse.OFF)
    told = "".join(user for _, user in asked_by_a_review(repo, monkeypatch, machine))
    assert "boto.connect(" in told
    assert (KEY in told) is (host in HERE)
