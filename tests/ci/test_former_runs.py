"""What a former run looked at is not looked at again, and nothing else is spared by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ci_job import Model, Target, attest, ci, make_target, plain
from conftest import Repo
from make_verdict import make_finding

from reviewer.ci.carried import finding_of, json_of
from reviewer.ci.sampling import chosen, parse_share
from reviewer.errors import UsageError
from reviewer.records import Confidence, Finding, Severity

FINE = "def area(width, height):\n    return width * height\n"
OTHER = "def volume(area, height):\n    return area * height\n"


@pytest.fixture
def target(repo: Repo, tmp_path: Path) -> Target:
    return make_target(repo, tmp_path)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def opinion(path: bytes = b"a.py", **fields: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "model-logic", "reviewer": "models/fake", "snippet": "    return width * height", "start_column": 1,
        "end_column": 0, "confidence": Confidence.LOW, "severity": Severity.WARNING, "cwe": "",
    }  # fmt: skip
    return make_finding(path, 2, **{**values, **fields})


def results(target: Target, state: Path, **fields: Any) -> list[str]:
    return [one.standing.value for one in ci(target, state=state, **fields).table.done]


def test_a_second_run_asks_no_model(target: Target, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    plain(target, "a.py", FINE)
    assert results(target, state) == ["reviewed here"]
    assert results(target, state) == ["reviewed by a former run"]
    assert model.asked == [[b"a.py"]]


def test_only_new_commits_are_looked_at(target: Target, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target, state)
    plain(target, "b.py", OTHER)
    assert results(target, state) == ["reviewed by a former run", "reviewed here"]
    assert model.asked == [[b"a.py"], [b"b.py"]]
    assert results(target, state) == ["reviewed by a former run"] * 2


def test_opinions_of_a_former_run_are_not_forgotten(target: Target, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch, [opinion()])
    plain(target, "a.py", FINE)
    results(target, state)
    model.findings = []
    plain(target, "b.py", OTHER)
    outcome = ci(target, state=state)
    assert [judged.finding.rule for judged in outcome.verdict.findings] == ["model-logic"]
    plain(target, "a.py", OTHER)
    assert ci(target, state=state).verdict.findings == ()


def test_a_part_of_what_was_looked_at_is_looked_at_again(target: Target, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole was fine because its second commit took back what the first one did."""
    model = Model(monkeypatch)
    first = plain(target, "a.py", FINE)
    plain(target, "a.py", OTHER)
    results(target, state)
    target.repo.git("reset", "-q", "--hard", first)
    assert results(target, state) == ["reviewed here"]
    assert model.asked == [[b"a.py"], [b"a.py"]]


def test_other_settings_of_the_target_make_a_summary_worthless(
    target: Target, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target, state)
    target.repo.git("checkout", "-q", "main")
    target.repo.stage(".hunkgate.toml", 'mode = "block"\n')
    target.repo.commit("settings")
    target.repo.git("checkout", "-q", "topic")
    assert results(target, state) == ["reviewed here"]
    assert len(model.asked) == 2


def test_a_revoked_key_is_noticed_in_spite_of_summaries(target: Target, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    attest(target, "a.py", FINE)
    plain(target, "b.py", OTHER)
    assert results(target, state) == ["proven", "reviewed here"]
    target.repo.git("checkout", "-q", "main")
    target.repo.stage(".hunkgate/revoked_keys", target.key.read_text())
    target.repo.commit("revoke")
    target.repo.git("checkout", "-q", "topic")
    assert results(target, state) == ["reviewed here", "reviewed by a former run"]
    assert model.asked == [[b"b.py"], [b"a.py"]]


def test_a_forged_summary_is_not_believed_if_there_is_a_secret(
    target: Target, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target, state)
    outcome = ci(target, state=state, secret=b"the server's")
    assert [one.standing.value for one in outcome.table.done] == ["reviewed here"]
    assert "are not believed" in " ".join(outcome.verdict.notes)
    assert results(target, state, secret=b"the server's") == ["reviewed by a former run"]
    assert results(target, state, secret=b"another") == ["reviewed here"]


@pytest.mark.parametrize(
    "change", [{"paths": ["a.py", "b.py"]}, {"findings": []}, {"mac": ""}, {"mac": None}, {"tree": "0" * 40}]
)
def test_a_changed_summary_is_not_believed(
    target: Target, state: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    Model(monkeypatch, [opinion()])
    plain(target, "a.py", FINE)
    results(target, state, secret=b"s")
    (file,) = state.iterdir()
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert results(target, state, secret=b"s") == ["reviewed here"]


@pytest.mark.parametrize("text", ["", "[", "[]", '{"form": 1}', "[" * 100_000, '{"paths": 3, "findings": {}}'])
def test_a_broken_summary_is_no_summary(target: Target, state: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target, state)
    (file,) = state.iterdir()
    file.write_text(text)
    assert results(target, state) == ["reviewed here"]


def test_a_folder_that_cannot_be_written_is_a_note(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    (tmp_path / "file").write_text("")
    outcome = ci(target, state=tmp_path / "file" / "state")
    assert [one.standing.value for one in outcome.table.done] == ["reviewed here"]
    assert "the next run will look at everything again" in " ".join(outcome.verdict.notes)


def test_nothing_is_kept_of_what_nobody_looked_at(target: Target, state: Path) -> None:
    plain(target, "a.py", FINE)
    assert results(target, state) == ["NOT PROVEN"]
    assert not state.exists()


def test_a_carried_finding_comes_back_as_it_was() -> None:
    finding = opinion(b"\xff a.py", message="ü", occurrence=2)
    assert finding_of(json.loads(json.dumps(json_of(finding)))) == finding


@pytest.mark.parametrize("change", [{"reviewer": "rules"}, {"kind": "x"}, {"start_line": "1"}, {"path": 3}, {"message": None}])
def test_a_carried_finding_of_another_form_is_none(change: dict[str, Any]) -> None:
    assert finding_of({**json_of(opinion()), **change}) is None


def test_the_sample_has_its_share_is_the_same_every_time_and_depends_on_the_secret() -> None:
    oids = [f"{number:040x}" for number in range(20_000)]
    first = [oid for oid in oids if chosen(oid, 0.05, b"secret")]
    assert first == [oid for oid in oids if chosen(oid, 0.05, b"secret")]
    # Three standard deviations of a binomial with 20,000 draws are 93.
    assert abs(len(first) - 1000) < 93
    other = [oid for oid in oids if chosen(oid, 0.05, b"")]
    assert len(set(first) & set(other)) < 120
    assert not any(chosen(oid, 0.0, b"") for oid in oids)
    assert all(chosen(oid, 1.0, b"") for oid in oids)


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0", 0.0), ("100%", 1.0), ("0.05", 0.05), ("2.5%", 0.025)])
def test_shares(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "-1%", "101%", "5", "nan", "inf", "1e-2", "five", "\u0665%"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(UsageError):
        parse_share(text)
