"""Who is asked about which hunk, what a second look is worth, and what becomes of findings of the rules."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from make_hunk import make_hunk
from model_service import MACHINE, Larger, defect, examine, in_service, larger_in_service, suspicious
from scripted_model import ScriptedModel

from reviewer.records import Complexity, Confidence, Finding, Hunk, Kind, Machine, Policy, Profile, Severity, State, Task
from reviewer.review import by_models
from reviewer.review._others import Others
from reviewer.review.interface import Job, Outcome

BOTH = replace(MACHINE, larger_model="large")
SIMPLE = make_hunk(b"app/simple.py", "+    q = 'select ' + name")
COMPLEX = make_hunk(b"app/complex.py", "+    q = 'select ' + name", "+    return run(q)")
SAID = defect(1, "injection", "'select ' + name")


def run(
    folder: Path,
    *hunks: Hunk,
    machine: Machine = BOTH,
    levels: Mapping[bytes, Complexity] | None = None,
    findings: Sequence[Finding] = (),
    seconds: float = 60.0,
) -> Outcome:
    (folder / "private").mkdir(exist_ok=True)
    known = {b"app/complex.py": Complexity.COMPLEX, **(levels or {})}
    profiles = {(h.path, h.new_start): Profile(Task.CODE, known.get(h.path, Complexity.SIMPLE), ()) for h in hunks}
    policy, until = Policy(budget=seconds), time.monotonic() + seconds
    return by_models.review(Job(hunks, {}, folder / "private", profiles, policy, machine, until, others=Others.of(findings)))


def states(outcome: Outcome) -> dict[bytes, tuple[State, str]]:
    return {entry.path: (entry.state, entry.reason) for entry in outcome.coverage}


def pair(folder: Path, monkeypatch: pytest.MonkeyPatch, *small: Any, large: Sequence[Any] = ()) -> tuple[ScriptedModel, Larger]:
    first = in_service(folder / "m", monkeypatch, *small)
    return first, larger_in_service(first, *large)


def alarm(path: bytes = b"app/simple.py", line: int = 1, **fields: Any) -> Finding:
    made = Finding(
        "python-weak-hash", Kind.SECURITY, Severity.WARNING, Confidence.MEDIUM, path, line, line, 1, 0, "q", "The hash is weak.",
        "Use another.", "CWE-328", "rules",
    )  # fmt: skip
    return replace(made, **fields)


def test_complex_hunks_go_to_the_larger_model_and_simple_ones_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for model in pair(tmp_path, monkeypatch, *suspicious("select", SAID), large=suspicious("select", SAID)):
        examine(model, "review")
    outcome = run(tmp_path, SIMPLE, COMPLEX)
    assert {finding.path: finding.reviewer for finding in outcome.findings} == {
        b"app/simple.py": "models/tiny", b"app/complex.py": "models/large",
    }  # fmt: skip
    assert outcome.identities["models"].count(" | ") == 1


@pytest.mark.parametrize(("level", "expected"), [(Complexity.MEDIUM, "models/large"), (Complexity.SIMPLE, "models/tiny")])
def test_risky_hunks_go_to_the_larger_model_unless_they_are_simple(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: Complexity, expected: str
) -> None:
    for model in pair(tmp_path, monkeypatch, *suspicious("select", SAID), large=suspicious("select", SAID)):
        examine(model, "review")
    levels = {b"app/simple.py": level}
    other_kind = alarm(kind=Kind.BUG, cwe="")
    (finding,) = run(tmp_path, SIMPLE, levels=levels, findings=[other_kind]).findings
    assert finding.reviewer == expected
    (calm,) = run(tmp_path, SIMPLE, levels=levels).findings
    assert calm.reviewer == "models/tiny"


@pytest.mark.parametrize(("risk", "expected"), [(0.9, "models/large"), (0.5, "models/tiny"), (None, "models/tiny")])
def test_a_hunk_that_ranks_as_risky_goes_to_the_larger_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, risk: float | None, expected: str
) -> None:
    for model in pair(tmp_path, monkeypatch, *suspicious("select", SAID), large=suspicious("select", SAID)):
        examine(model, "review")
    (tmp_path / "private").mkdir()
    profiles = {(SIMPLE.path, SIMPLE.new_start): Profile(Task.CODE, Complexity.MEDIUM, (), risk=risk)}
    until = time.monotonic() + 60.0
    (finding,) = by_models.review(Job([SIMPLE], {}, tmp_path / "private", profiles, Policy(budget=60.0), BOTH, until)).findings
    assert finding.reviewer == expected


def test_a_second_look_confirms_or_silences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doubts = {"contains": "app/complex.py", "choose": "no"}
    first, second = pair(tmp_path, monkeypatch, *suspicious("select", SAID), large=[doubts])
    examine(first, "review")
    examine(second, "confirm")
    outcome = run(tmp_path, SIMPLE, COMPLEX)
    (finding,) = outcome.findings
    assert (finding.path, finding.confidence) == (b"app/simple.py", Confidence.MEDIUM)
    assert "and a second look agrees" in finding.message
    assert "statements of the model that did not stand a second look: 1" in outcome.notes
    assert set(states(outcome).values()) == {(State.REVIEWED, "")}


def test_a_second_look_that_fails_leaves_the_finding_unconfirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = in_service(tmp_path / "m", monkeypatch, *suspicious("select", SAID))
    second = larger_in_service(first, misbehave={"choose": "error"})
    examine(first, "review")
    examine(second, "confirm")
    outcome = run(tmp_path, SIMPLE)
    assert [finding.confidence for finding in outcome.findings] == [Confidence.LOW]
    assert "statements of the model that got no second look: 1" in outcome.notes
    assert states(outcome) == {b"app/simple.py": (State.REVIEWED, "")}


def test_only_the_larger_model_takes_a_second_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = pair(tmp_path, monkeypatch, *suspicious("select", SAID))
    examine(first, "review", "confirm")
    assert [finding.confidence for finding in run(tmp_path, SIMPLE).findings] == [Confidence.LOW]


def test_a_larger_model_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_service(tmp_path / "m", monkeypatch)
    examine(model, "review")
    outcome = run(tmp_path, SIMPLE, machine=replace(MACHINE, larger_model="deepseek-coder-6.7b-instruct"))
    assert any("deepseek-coder-6.7b-instruct is not installed" in note for note in outcome.notes)
    assert states(outcome) == {b"app/simple.py": (State.REVIEWED, "")}


@pytest.mark.parametrize("manner", ["crash", "blind"])
def test_when_the_usual_model_breaks_down_the_larger_one_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    script: dict[str, Any] = {"misbehave": {"choose": "crash"}} if manner == "crash" else {}
    first = in_service(tmp_path / "m", monkeypatch, *suspicious("select", SAID), awake=manner != "blind", **script)
    second = larger_in_service(first, *suspicious("select", SAID))
    for model in (first, second):
        examine(model, "review")
    outcome = run(tmp_path, SIMPLE)
    assert [finding.reviewer for finding in outcome.findings] == ["models/large"]
    assert states(outcome) == {b"app/simple.py": (State.REVIEWED, "")}
    alone = run(tmp_path, SIMPLE, machine=replace(MACHINE, cache=0))
    assert states(alone)[b"app/simple.py"][0] is State.FAILED


def test_triage_doubts_what_the_model_denies_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examine(in_service(tmp_path / "m", monkeypatch, {"contains": "The hash is weak.", "choose": "no"}), "triage")
    said = [
        alarm(),
        alarm(line=9, rule="elsewhere"),
        alarm(confidence=Confidence.HIGH, rule="certain"),
        alarm(kind=Kind.SECRET, rule="secret"),
        alarm(severity=Severity.INFO, rule="note"),
        alarm(message="The name is wrong.", rule="believed"),
    ]
    outcome = run(tmp_path, SIMPLE, findings=said)
    assert set(outcome.doubted) == {(b"app/simple.py", 1, "python-weak-hash")}
    assert re.fullmatch(r"A local model, tiny, doubts that \(probability 0\.\d\d\)\.", *outcome.doubted.values())
    # Nobody may review, so the hunk reads skipped; triage spoke all the same, and the identity says who.
    assert states(outcome)[b"app/simple.py"][0] is State.SKIPPED
    assert " triage=" in outcome.identities["models"]


def test_triage_without_a_pass_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examine(in_service(tmp_path / "m", monkeypatch, {"contains": "weak", "choose": "no"}), "review", refused="triage")
    assert run(tmp_path, SIMPLE, findings=[alarm()]).doubted == {}


def test_triage_that_comes_too_late_leaves_the_finding_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examine(in_service(tmp_path / "m", monkeypatch), "triage")
    outcome = run(tmp_path, SIMPLE, findings=[alarm()], seconds=0.0)
    assert outcome.doubted == {}
    assert "findings of the rules that no model judged: 1" in outcome.notes


@pytest.mark.parametrize(("risk", "found"), [(0.9, 1), (0.5, 1), (None, 1), (0.1, 0)])
def test_a_screen_is_heard_together_with_the_risk_of_the_hunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, risk: float | None, found: int
) -> None:
    # The script rejects with log-odds of 2.2; a rank of .1 takes 1.2 away from that.
    model = in_service(tmp_path / "m", monkeypatch, *suspicious("select", SAID))
    examine(model, "screen", "review", threshold=1.5)
    (tmp_path / "private").mkdir()
    profiles = {(SIMPLE.path, SIMPLE.new_start): Profile(Task.CODE, Complexity.SIMPLE, (), risk=risk)}
    until = time.monotonic() + 60.0
    outcome = by_models.review(Job([SIMPLE], {}, tmp_path / "private", profiles, Policy(budget=60.0), MACHINE, until))
    assert len(outcome.findings) == found
    assert states(outcome)[SIMPLE.path] == (State.REVIEWED, "")


def test_a_threshold_of_the_exam_decides_and_not_the_even_chance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The script is certain to nine in ten: log-odds of 2.2.
    model = in_service(tmp_path / "m", monkeypatch, *suspicious("select", SAID))
    examine(model, "review", threshold=2.0)
    assert len(run(tmp_path, SIMPLE).findings) == 1
    examine(model, "review", threshold=2.4)
    outcome = run(tmp_path, SIMPLE)
    # At such a threshold it misses what is planted too, so nothing that it says counts.
    assert outcome.findings == []
    assert states(run(tmp_path, COMPLEX, machine=MACHINE))[b"app/complex.py"][0] is State.FAILED


def test_a_long_hunk_is_reviewed_in_parts_and_its_worst_part_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = make_hunk(b"long.py", *[f"+value_{number} = compute(number, {number})" for number in range(300)])
    model = in_service(tmp_path / "m", monkeypatch, *suspicious("value_290", defect(1, "race", "compute")))
    examine(model, "review")
    outcome = run(tmp_path, long, machine=replace(MACHINE, cache=0))
    assert states(outcome) == {b"long.py": (State.REVIEWED, "")}
    assert [finding.start_line > 200 for finding in outcome.findings] == [True]
    broken = in_service(tmp_path / "m2", monkeypatch, misbehave={"choose:3": "error"})
    examine(broken, "review")
    assert states(run(tmp_path, long, machine=replace(MACHINE, cache=0)))[b"long.py"] == (
        State.FAILED,
        "the runtime refused; Try another one.",
    )
