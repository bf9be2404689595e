"""The model reviewer with real worker processes that answer from a script."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from make_hunk import make_hunk
from real_model import MACHINE, real_model
from scripted_model import scripted_model

from reviewer.records import Confidence, Hunk, Kind, Machine, Policy, Severity, State
from reviewer.review import _model_prompt as prompt
from reviewer.review import by_models
from reviewer.review._model_taxonomy import TAXONOMY
from reviewer.review.interface import Job, Outcome

EVIL = make_hunk(b"app/db.py", " def find(c, name):", "+    q = 'select ' + name", "+    return c.execute(q)", start=10)
FINE = make_hunk(b"app/area.py", "-    return 3 * r", "+    return math.pi * r")
OTHER = make_hunk(b"app/other.py", "+    return 1")


def _review(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: dict[str, Any] | None,
    hunks: Sequence[Hunk] = (EVIL, FINE, OTHER),
    *,
    seconds: float = 60.0,
    machine: Machine | None = None,
) -> Outcome:
    model = scripted_model(folder / "m", monkeypatch, script or {})
    if script is not None:
        model.install()
    return _run(folder, hunks, seconds=seconds, machine=machine)


def _run(folder: Path, hunks: Sequence[Hunk], *, seconds: float = 60.0, machine: Machine | None = None) -> Outcome:
    private = folder / "private"
    private.mkdir(exist_ok=True)
    policy = Policy(budget=seconds)
    return by_models.review(Job(hunks, {}, private, {}, policy, machine or Machine(model="tiny"), time.monotonic() + seconds))


def _states(outcome: Outcome) -> dict[bytes, tuple[State, str]]:
    assert {entry.reviewer for entry in outcome.coverage} <= {"models"}
    made = {entry.path: (entry.state, entry.reason) for entry in outcome.coverage}
    assert len(made) == len(outcome.coverage)
    return made


SUSPICIOUS = {
    "rules": [
        {"contains": "Would you approve this change?", "choose": "never offered"},
        {"contains": "select ' + name", "choose": "reject"},
        {"contains": "Which defect", "choose": "injection"},
        {"contains": "Which new line", "choose": "B"},
    ]
}


def test_review_finds_what_the_model_says_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the bias of an empty hunk the script's constant answer would cancel itself out.
    monkeypatch.setattr(prompt, "NOTHING", "Which kind? select ' + name")
    script = {"rules": [*SUSPICIOUS["rules"][:2], {"contains": "app/db.py", "choose": "injection"}, SUSPICIOUS["rules"][3]]}
    outcome = _review(tmp_path, monkeypatch, script)
    (finding,) = outcome.findings
    assert (finding.rule, finding.kind, finding.cwe) == ("model-injection", Kind.SECURITY, "CWE-74")
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LOW)
    assert (finding.path, finding.start_line, finding.snippet) == (b"app/db.py", 12, "    return c.execute(q)")
    assert finding.reviewer == "models/tiny"
    assert finding.message.startswith("A local model that has not passed an exam suspects")
    assert _states(outcome) == dict.fromkeys([b"app/db.py", b"app/area.py", b"app/other.py"], (State.REVIEWED, ""))
    assert outcome.identities["models"].startswith("tiny ")
    assert outcome.identities["models"].endswith(f" prompt {prompt.digest()}")
    assert "was loaded in" in outcome.notes[0]


def test_review_clean_hunks_are_reviewed_without_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {})
    assert outcome.findings == []
    assert {state for state, _ in _states(outcome).values()} == {State.REVIEWED}


def test_review_is_deterministic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _review(tmp_path, monkeypatch, SUSPICIOUS)
    second = _run(tmp_path, (EVIL, FINE, OTHER))
    assert (first.findings, first.coverage, first.identities) == (second.findings, second.coverage, second.identities)


def test_review_without_a_model_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {}, machine=Machine(model=""))
    assert {state for state, _ in _states(outcome).values()} == {State.SKIPPED}


def test_review_model_not_installed_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, None)
    reason = "model tiny is not installed: hunkgate models pull tiny"
    assert set(_states(outcome).values()) == {(State.SKIPPED, reason)}


def test_review_unknown_model_fails_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {}, machine=Machine(model="tinny"))
    assert all(state is State.FAILED and "'tiny'" in reason for state, reason in _states(outcome).values())


def test_review_truncated_weights_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted_model(tmp_path / "m", monkeypatch, SUSPICIOUS)
    with model.install().open("r+b") as stream:
        stream.truncate(20)
    outcome = _run(tmp_path, (EVIL, FINE))
    assert all(state is State.FAILED and "truncated" in reason for state, reason in _states(outcome).values())


def test_review_missing_runtime_fails_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted_model(tmp_path / "m", monkeypatch, {}, backend="llama_cpp")
    model.install()
    outcome = _run(tmp_path, (EVIL,))
    ((state, reason),) = _states(outcome).values()
    assert state is State.FAILED
    assert "llama" in reason


def test_review_over_budget_is_deferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {"misbehave": {"choose:2": "hang"}}, seconds=3.0)
    deferred = (State.DEFERRED, "the budget of 3 s ran out")
    assert _states(outcome) == {b"app/db.py": (State.REVIEWED, ""), b"app/area.py": deferred, b"app/other.py": deferred}


def test_review_slow_loading_defers_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {"misbehave": {"load": "hang"}}, seconds=0.5)
    assert set(_states(outcome).values()) == {(State.DEFERRED, "the budget of 0.5 s ran out before the model was loaded")}


def test_review_without_time_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewer.review._model_session.Worker", lambda *_: pytest.fail("a worker was started"))
    outcome = _review(tmp_path, monkeypatch, {}, seconds=0.0)
    assert {state for state, _ in _states(outcome).values()} == {State.DEFERRED}


def test_review_crash_is_survived_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each worker crashes at its third question: the first at hunk three, the second never gets that far.
    outcome = _review(tmp_path, monkeypatch, {"misbehave": {"choose:3": "crash"}})
    assert {state for state, _ in _states(outcome).values()} == {State.REVIEWED}


def test_review_second_crash_fails_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {"misbehave": {"choose:2": "crash"}})
    states = _states(outcome)
    assert [state for state, _ in states.values()] == [State.REVIEWED, State.REVIEWED, State.FAILED]
    assert "signal 11" in states[b"app/other.py"][1]


@pytest.mark.parametrize("manner", ["crash", "exit", "garbage", "error"])
def test_review_broken_loading_fails_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str) -> None:
    outcome = _review(tmp_path, monkeypatch, {"misbehave": {"load": manner}})
    assert {state for state, _ in _states(outcome).values()} == {State.FAILED}


def test_review_refusal_fails_that_hunk_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {"misbehave": {"choose:2": "error"}})
    assert [state for state, _ in _states(outcome).values()] == [State.REVIEWED, State.FAILED, State.REVIEWED]


def test_review_in_a_thread_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_model(tmp_path / "m", monkeypatch, {}).install()
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(_run(tmp_path, (EVIL, FINE))))
    thread.start()
    thread.join()
    assert {state for state, _ in _states(outcomes[0]).values()} == {State.REVIEWED}


def test_review_short_hunks_go_before_long_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = make_hunk(b"long.py", *[f"+x{number} = {number}" for number in range(by_models.LONG + 1)])
    outcome = _review(tmp_path, monkeypatch, {"misbehave": {"choose:3": "hang"}}, [long, FINE, OTHER], seconds=3.0)
    assert [state for state, _ in _states(outcome).values()] == [State.REVIEWED, State.REVIEWED, State.DEFERRED]


def test_review_blank_additions_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _review(tmp_path, monkeypatch, {}, [make_hunk(b"a.py", "+", "+  ", " x")])
    assert _states(outcome) == {b"a.py": (State.SKIPPED, "adds nothing but blank lines")}


def test_finding_never_shows_a_suspected_secret() -> None:
    secret = next(defect for defect in TAXONOMY if defect.kind is Kind.SECRET)
    for text in ("+token = 'abc-hidden'", "+token: abc-hidden", '+f("abc-hidden")', "+token=abc-hidden"):
        hunk = make_hunk(b"a.py", text)
        assert "hidden" not in by_models._finding(hunk, secret, hunk.lines[0], "tiny").snippet


@pytest.mark.model
def test_review_with_the_real_model_reads_hunks_inside_the_budget(tmp_path: Path) -> None:
    real_model("openvino_genai")
    outcome = _run(tmp_path, (EVIL, FINE, OTHER), seconds=120.0, machine=MACHINE)
    assert {state for state, _ in _states(outcome).values()} == {State.REVIEWED}
    touched = {(hunk.path, line.new_number) for hunk in (EVIL, FINE, OTHER) for line in hunk.added}
    assert {(finding.path, finding.start_line) for finding in outcome.findings} <= touched
    assert {finding.confidence for finding in outcome.findings} <= {Confidence.LOW}
    again = _run(tmp_path, (EVIL, FINE, OTHER), seconds=120.0, machine=MACHINE)
    assert again.findings == outcome.findings
