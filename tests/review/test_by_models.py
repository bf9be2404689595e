"""The model reviewer with real worker processes that answer from a script."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from make_hunk import make_hunk
from model_service import FORCED, MACHINE, defect, examine, in_service, suspicious
from real_model import MACHINE as REAL
from real_model import real_model
from scripted_model import scripted_model

from reviewer.engine import access
from reviewer.records import Confidence, EngineUse, Finding, Hunk, Kind, Machine, Policy, Severity, State
from reviewer.review import _model_roles as roles
from reviewer.review import by_models
from reviewer.review._others import Others
from reviewer.review.interface import Job, Outcome, PrivateFile

EVIL = make_hunk(b"app/db.py", " def find(c, name):", "+    q = 'select ' + name", "+    return c.execute(q)", start=10)
FINE = make_hunk(b"app/area.py", "-    return 3 * r", "+    return math.pi * r")
OTHER = make_hunk(b"app/other.py", "+    return 1")
INJECTION = suspicious("select ' + name", defect(2, "injection", "c.execute(q)", "the name becomes part of the query"))


def run(
    folder: Path,
    hunks: Sequence[Hunk] = (EVIL, FINE, OTHER),
    *,
    seconds: float = 60.0,
    machine: Machine = FORCED,
    findings: Sequence[Finding] = (),
    files: Mapping[bytes, PrivateFile] | None = None,
) -> Outcome:
    private = folder / "private"
    private.mkdir(exist_ok=True)
    policy = Policy(budget=seconds)
    job = Job(hunks, files or {}, private, {}, policy, machine, time.monotonic() + seconds, others=Others.of(findings))
    return by_models.review(job)


def states(outcome: Outcome) -> dict[bytes, tuple[State, str]]:
    assert {entry.reviewer for entry in outcome.coverage} <= {"models"}
    made = {entry.path: (entry.state, entry.reason) for entry in outcome.coverage}
    assert len(made) == len(outcome.coverage)
    return made


def all_in(state: State, reason: str = "") -> dict[bytes, tuple[State, str]]:
    return dict.fromkeys([b"app/db.py", b"app/area.py", b"app/other.py"], (state, reason))


def uncached(machine: Machine = FORCED) -> Machine:
    return replace(machine, cache=0)


def test_review_states_what_the_model_wrote_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_service(tmp_path / "m", monkeypatch, *INJECTION)
    examine(model, "screen", "review")
    outcome = run(tmp_path, machine=MACHINE)
    (finding,) = outcome.findings
    assert (finding.rule, finding.kind, finding.cwe) == ("model-injection", Kind.SECURITY, "CWE-74")
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LOW)
    assert (finding.path, finding.start_line, finding.snippet) == (b"app/db.py", 12, "    return c.execute(q)")
    assert finding.reviewer == "models/tiny"
    assert finding.message.startswith("A local model suspects that outside text becomes part")
    assert finding.message.endswith('It says: "the name becomes part of the query"')
    assert states(outcome) == all_in(State.REVIEWED)
    assert outcome.identities["models"] == (
        f"tiny {model.entry.sha256} scripted screen={roles.prompt_digest('screen')} review={roles.prompt_digest('review')}"
    )
    assert "was loaded in" in outcome.notes[0]


def test_review_a_model_without_an_exam_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    monkeypatch.setattr(access, "start", lambda *_, **__: pytest.fail("the model was started"))
    outcome = run(tmp_path, machine=MACHINE)
    reason = "tiny has not taken the exam for review on scripted: hunkgate models qualify tiny --role review"
    assert states(outcome) == all_in(State.SKIPPED, reason)
    assert (list(outcome.findings), dict(outcome.identities), list(outcome.notes)) == ([], {}, [])


def test_review_a_refused_role_is_not_asked_and_shows_its_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examine(in_service(tmp_path / "m", monkeypatch, *INJECTION), "screen", refused="review")
    ((state, reason),) = set(states(run(tmp_path, machine=MACHINE)).values())
    assert state is State.SKIPPED
    assert reason.startswith("tiny is refused as review with AUC 0.50 (least 0.62")


def test_review_without_a_pass_as_screen_every_hunk_is_reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_service(tmp_path / "m", monkeypatch, *INJECTION, misbehave={"choose:5": "error"})
    examine(model, "review", refused="screen")
    outcome = run(tmp_path, machine=MACHINE)
    # One planted, three hunks: a fifth choice would be a screening.
    assert states(outcome) == all_in(State.REVIEWED)
    assert len(outcome.findings) == 1


def test_review_forced_roles_speak_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    outcome = run(tmp_path)
    (finding,) = outcome.findings
    assert finding.message.startswith("A local model that is forced to speak (it has not passed the exam) suspects")
    assert outcome.identities["models"].endswith(" forced=screen,review")


def test_review_is_deterministic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    first, second = (run(tmp_path, machine=uncached()) for _ in range(2))
    assert (first.findings, first.coverage, first.identities) == (second.findings, second.coverage, second.identities)


def test_review_answers_out_of_the_cache_start_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    first = run(tmp_path)
    monkeypatch.setattr(access, "start", lambda *_, **__: pytest.fail("the model was started"))
    second = again(tmp_path, [EVIL, FINE, OTHER])
    assert (first.findings, first.coverage, first.identities) == (second.findings, second.coverage, second.identities)
    assert second.notes == []


@pytest.mark.parametrize("other", ["machine", "hunk", "path", "policy", "prompt", "budget"])
def test_review_answers_are_kept_for_the_very_same_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    in_service(tmp_path / "m", monkeypatch)
    run(tmp_path, [FINE])
    hunk, policy = FINE, Policy(budget=1.0)
    if other == "machine":
        in_service(tmp_path / "m2", monkeypatch, certainty=0.8)
    elif other == "hunk":
        hunk = make_hunk(b"app/area.py", "-    return 3 * r", "+    return math.tau * r")
    elif other == "path":
        hunk = replace(FINE, path=b"app/volume.py")
    elif other == "prompt":
        monkeypatch.setattr(roles, "CEILING", 1500)
    elif other == "policy":
        policy = Policy(disabled_rules=("model-race",))
    ((state, _),) = states(again(tmp_path, [hunk], policy)).values()
    assert state is (State.REVIEWED if other == "budget" else State.DEFERRED)


def again(folder: Path, hunks: Sequence[Hunk], policy: Policy | None = None) -> Outcome:
    """A review without time: only what is kept can be answered."""
    return by_models.review(Job(hunks, {}, folder / "private", {}, policy or Policy(), FORCED, time.monotonic() - 1))


def test_review_a_model_that_misses_the_planted_defect_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION, awake=False)
    outcome = run(tmp_path)
    assert states(outcome) == all_in(State.FAILED, "tiny missed a planted defect as screen: not reviewed")
    assert outcome.findings == []
    assert set(states(again(tmp_path, [EVIL, FINE, OTHER])).values()) != {(State.REVIEWED, "")}


def test_review_without_a_model_is_skipped(tmp_path: Path) -> None:
    assert {state for state, _ in states(run(tmp_path, machine=Machine(model=""))).values()} == {State.SKIPPED}


def test_review_model_not_installed_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_model(tmp_path / "m", monkeypatch, {})
    assert states(run(tmp_path)) == all_in(State.SKIPPED, "model tiny is not installed: hunkgate models pull tiny")


def test_review_unknown_model_fails_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch)
    outcome = run(tmp_path, machine=replace(FORCED, model="tinny"))
    assert all(state is State.FAILED and "'tiny'" in reason for state, reason in states(outcome).values())


def test_review_truncated_weights_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_service(tmp_path / "m", monkeypatch)
    with model.store.weights(model.entry).open("r+b") as stream:
        stream.truncate(20)
    assert all(state is State.FAILED and "truncated" in reason for state, reason in states(run(tmp_path)).values())


def test_review_missing_runtime_fails_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_model(tmp_path / "m", monkeypatch, {}, backend="llama_cpp").install()
    ((state, reason),) = set(states(run(tmp_path)).values())
    assert state is State.FAILED
    assert "llama" in reason


@pytest.mark.parametrize("manner", ["hang", "late"])
def test_review_over_budget_is_deferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str) -> None:
    # The first choice is about what is planted, the second about the first hunk.
    in_service(tmp_path / "m", monkeypatch, misbehave={"choose:3": manner})
    deferred = (State.DEFERRED, "the budget of 3 s ran out")
    made = states(run(tmp_path, seconds=3.0))
    assert sorted(made.values()) == sorted([(State.REVIEWED, ""), deferred, deferred])


def test_review_slow_loading_defers_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"load": "hang"})
    assert states(run(tmp_path, seconds=0.5)) == all_in(State.DEFERRED, "the budget of 0.5 s ran out before the model was loaded")


def test_review_what_does_not_fit_is_deferred_and_the_rest_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reviewer.models.exam.results import Speed

    model = in_service(tmp_path / "m", monkeypatch)
    examine(model, "screen", "review", speed=Speed(prefill=10.0, decode=1.0))
    long = make_hunk(b"long.py", *[f"+value_{number} = compute(number, {number})" for number in range(60)])
    made = states(run(tmp_path, [long, OTHER], machine=MACHINE, seconds=30.0))
    assert made[b"app/other.py"] == (State.REVIEWED, "")
    # The speed that the exam measured holds until the model was seen at work; then the long one fits, too.
    assert made[b"long.py"] in [(State.REVIEWED, ""), (State.DEFERRED, "does not fit into what is left of the budget of 30 s")]


def test_review_without_time_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch)
    monkeypatch.setattr(access, "start", lambda *_, **__: pytest.fail("the model was started"))
    assert {state for state, _ in states(run(tmp_path, seconds=0.0)).values()} == {State.DEFERRED}


def test_review_crash_is_survived_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each worker crashes at its fourth question: the first at hunk three, the second never gets that far.
    in_service(tmp_path / "m", monkeypatch, misbehave={"choose:4": "crash"})
    assert states(run(tmp_path)) == all_in(State.REVIEWED)


def test_review_second_crash_fails_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"choose:3": "crash", "choose:1": "chatter"})
    seven = [make_hunk(f"{name}.py".encode(), f"+    return {name}") for name in "abcdefg"]
    made = states(run(tmp_path, seven)).values()
    # The first worker answers for one hunk besides the planted one, the second for two.
    assert sorted(state for state, _ in made) == [State.FAILED] * 4 + [State.REVIEWED] * 3
    assert all("signal 11" in reason for state, reason in made if state is State.FAILED)


@pytest.mark.parametrize("manner", ["crash", "exit", "garbage", "error"])
def test_review_broken_loading_fails_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"load": manner})
    assert {state for state, _ in states(run(tmp_path)).values()} == {State.FAILED}


def test_review_refusal_fails_that_hunk_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"choose:2": "error"})
    assert sorted(state for state, _ in states(run(tmp_path)).values()) == [State.FAILED, State.REVIEWED, State.REVIEWED]


def test_review_in_a_thread_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch)
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(run(tmp_path)))
    thread.start()
    thread.join()
    assert states(outcomes[0]) == all_in(State.REVIEWED)


def test_review_blank_additions_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch)
    outcome = run(tmp_path, [make_hunk(b"a.py", "+", "+  ", " x")])
    assert states(outcome) == {b"a.py": (State.SKIPPED, "adds nothing but blank lines")}


def test_review_what_the_rules_found_is_not_said_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    (made,) = run(tmp_path).findings
    known = replace(made, reviewer="rules", rule="python-sql-string", start_line=11, end_line=11, cwe="CWE-89")
    outcome = run(tmp_path, findings=[known])
    assert outcome.findings == []
    assert "statements of the model that repeated what others found: 1" in outcome.notes
    elsewhere = replace(known, start_line=15, end_line=15)
    assert len(run(tmp_path, findings=[elsewhere]).findings) == 1


def test_review_statements_without_a_place_are_dropped_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = suspicious("select ' + name", defect(1, "race", "not in the change"), defect(2, "injection", "'select ' + name"))
    in_service(tmp_path / "m", monkeypatch, *said)
    outcome = run(tmp_path)
    # The quote stands in line 11 alone, so the statement is about that line.
    assert [finding.start_line for finding in outcome.findings] == [11]
    assert "statements of the model that held on to no new line: 1" in outcome.notes


def test_review_low_verdict_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules: list[dict[str, Any]] = [{"contains": "select ' + name", "choose": "reject"}]
    in_service(tmp_path / "m", monkeypatch, *rules, misbehave={"write": "error"})
    assert states(run(tmp_path)) == all_in(State.REVIEWED)


@pytest.mark.model
def test_review_with_the_real_model_reads_hunks_inside_the_budget(tmp_path: Path) -> None:
    real_model("openvino_genai")
    machine = replace(REAL, engine=EngineUse.OFF, forced_roles=("screen", "review"), cache=0)
    first, second = (run(tmp_path, seconds=240.0, machine=machine) for _ in range(2))
    touched = {(hunk.path, line.new_number) for hunk in (EVIL, FINE, OTHER) for line in hunk.added}
    assert {(finding.path, finding.start_line) for finding in first.findings} <= touched
    assert {finding.confidence for finding in first.findings} <= {Confidence.LOW}
    # Whether it finds the planted defect is its own affair; that it says the same twice is ours.
    assert (first.findings, first.coverage) == (second.findings, second.coverage)
