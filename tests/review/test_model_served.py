"""A model on a server: it may speak only as the one that took the exam."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from make_hunk import make_hunk
from model_service import MACHINE, defect, examine, in_service, suspicious
from platformdirs import user_cache_path
from scripted_model import ScriptedModel

from reviewer.engine.client import Worker
from reviewer.models.exam import results
from reviewer.records import Dialect, Endpoint, Machine, Policy, State
from reviewer.review import _model_session, by_models
from reviewer.review.interface import Job, Outcome

EVIL = make_hunk(b"app/db.py", " def find(c, name):", "+    q = 'select ' + name", "+    return c.execute(q)", start=10)
INJECTION = suspicious("select ' + name", defect(2, "injection", "c.execute(q)", "the name becomes part of the query"))
SERVER = Endpoint("tiny", "http://127.0.0.1:9", "m", Dialect.OLLAMA)
NAME = "ollama http://127.0.0.1:9 m"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The scripted model, taken for one on a server, which tells the digest of its script."""
    model = in_service(tmp_path / "m", monkeypatch, *INJECTION)
    entry = replace(model.entry, endpoint=SERVER)
    monkeypatch.setattr(_model_session, "entry", lambda *_: entry)
    return model


def examined(model: ScriptedModel, digest: str) -> None:
    """It passed for screen and review while the server told this digest."""
    examine(model, "screen", "review")
    file = model.store.exam(model.entry) / results.FILE
    was = results.read(file)
    results.save(file, [replace(one, key=replace(one.key, model=results.served_model(NAME, digest))) for one in was])


def run(folder: Path, machine: Machine = MACHINE) -> Outcome:
    (folder / "private").mkdir(exist_ok=True)
    job = Job([EVIL], {}, folder / "private", {}, Policy(budget=60.0), machine, time.monotonic() + 60.0)
    return by_models.review(job)


def test_the_model_that_was_examined_speaks_and_its_digest_is_on_record(tmp_path: Path, served: ScriptedModel) -> None:
    examined(served, served.entry.sha256)
    outcome = run(tmp_path)
    assert [finding.rule for finding in outcome.findings] == ["model-injection"]
    assert served.entry.sha256 in outcome.identities["models"]


def test_another_model_under_the_same_name_does_not_speak(tmp_path: Path, served: ScriptedModel) -> None:
    examined(served, "0" * 64)
    outcome = run(tmp_path)
    assert outcome.findings == []
    (entry,) = outcome.coverage
    assert entry.state is State.FAILED
    assert "the server of tiny runs another model than the one that was examined" in entry.reason
    assert "hunkgate models qualify tiny" in entry.reason


def test_forced_it_speaks_whatever_it_is(tmp_path: Path, served: ScriptedModel) -> None:
    outcome = run(tmp_path, replace(MACHINE, forced_roles=("screen", "review")))
    assert [finding.rule for finding in outcome.findings] == ["model-injection"]
    assert outcome.identities["models"].endswith(" forced=screen,review")


@pytest.mark.parametrize("tells", [True, False])
def test_answers_are_kept_only_of_a_model_that_is_known(
    tmp_path: Path, served: ScriptedModel, monkeypatch: pytest.MonkeyPatch, tells: bool
) -> None:
    if not tells:
        monkeypatch.setattr(Worker, "digest", lambda *_: "")
    run(tmp_path, replace(MACHINE, forced_roles=("screen", "review")))
    kept = user_cache_path("hunkgate", appauthor=False) / "answers"
    assert bool(list(kept.rglob("*/*"))) == tells
