"""Signed summaries in a ref of notes: what a run proved is not reviewed again, and only what this machine signed is believed."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from attesting import new_key, use_key
from ci_job import Model, Target, attest, ci, make_target, plain
from conftest import Repo
from make_verdict import make_finding

from reviewer.attest import sshsig, vsa
from reviewer.attest.canonical import canonical_json
from reviewer.attest.notes import SUMMARIES
from reviewer.attest.statement import pae
from reviewer.errors import AttestError
from reviewer.records import Confidence, Severity

FINE = "def area(width, height):\n    return width * height\n"
OTHER = "def volume(area, height):\n    return area * height\n"


@pytest.fixture
def target(repo: Repo, tmp_path: Path) -> Target:
    return make_target(repo, tmp_path)


@pytest.fixture
def server(target: Target, tmp_path: Path) -> Path:
    """The key of the machine that runs the job; no developer has it."""
    key = new_key(tmp_path / "server")
    use_key(key)
    return key


def results(target: Target, **fields: Any) -> list[str]:
    return [one.standing.value for one in ci(target, summaries=True, **fields).table.done]


def lines(target: Target, revision: str = "topic^{tree}") -> list[dict[str, Any]]:
    shown = target.repo.git("notes", f"--ref={SUMMARIES}", "show", revision, check=False)
    return [json.loads(line) for line in shown.split("\n") if line]


def statement_in(line: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.b64decode(line["payload"]))
    return read


def replace_lines(target: Target, *texts: str) -> None:
    words = ["git", "notes", f"--ref={SUMMARIES}", "add", "-f", "-F", "-", "topic^{tree}"]
    subprocess.run(words, cwd=target.repo.path, input="\n".join(texts).encode(), check=True, capture_output=True)


def test_a_second_run_asks_no_model(target: Target, server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    plain(target, "a.py", FINE)
    assert results(target) == ["reviewed here"]
    assert results(target) == ["reviewed by a former run"]
    plain(target, "b.py", OTHER)
    assert results(target) == ["reviewed by a former run", "reviewed here"]
    assert model.asked == [[b"a.py"], [b"b.py"]]
    assert not (target.repo.path / ".git/hunkgate/ci").exists()


def test_a_summary_is_a_vsa_that_stock_tools_verify(
    target: Target, server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Model(monkeypatch)
    oids = [plain(target, "a.py", FINE), plain(target, "b.py", OTHER)]
    results(target)
    (line,) = lines(target)
    statement = statement_in(line)
    assert statement["predicateType"] == vsa.PREDICATE_TYPE
    assert [subject["digest"]["gitCommit"] for subject in statement["subject"]] == oids
    assert statement["predicate"]["verificationResult"] == "PASSED"
    assert statement["predicate"]["review"]["paths"] == ["a.py", "b.py"]
    (tmp_path / "sig").write_bytes(sshsig.parse(base64.b64decode(line["signatures"][0]["sig"])).armored)
    (tmp_path / "allowed").write_text(f"ci@example.org {server.read_text()}")
    words = ["ssh-keygen", "-Y", "verify", "-n", vsa.NAMESPACE, "-I", "ci@example.org", "-s", "sig", "-f", "allowed"]
    signed = pae(line["payloadType"], base64.b64decode(line["payload"]))
    assert subprocess.run(words, cwd=tmp_path, input=signed, capture_output=True, check=False).returncode == 0
    assert subprocess.run(words, cwd=tmp_path, input=signed[:-1], capture_output=True, check=False).returncode != 0


def test_a_run_that_did_not_pass_says_so(target: Target, server: Path) -> None:
    attest(target, "a.py", FINE)
    plain(target, "b.py", OTHER)
    assert results(target) == ["proven", "NOT PROVEN"]
    (line,) = lines(target)
    predicate = statement_in(line)["predicate"]
    assert (predicate["verificationResult"], predicate["verifiedLevels"], predicate["review"]["paths"]) == (
        "FAILED",
        ["FAILED"],
        [],
    )


def test_the_same_outcome_is_written_once(target: Target, server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target)
    results(target)
    assert len(lines(target)) == 1


def test_what_models_said_is_carried(target: Target, server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = make_finding(
        b"a.py", 2, rule="model-logic", reviewer="models/fake", snippet="    return width * height", start_column=1, end_column=0,
        confidence=Confidence.LOW, severity=Severity.WARNING, cwe="",
    )  # fmt: skip
    model = Model(monkeypatch, [said])
    plain(target, "a.py", FINE)
    results(target)
    model.findings = []
    outcome = ci(target, summaries=True)
    assert [judged.finding.rule for judged in outcome.verdict.findings] == ["model-logic"]


def test_a_revoked_developer_is_noticed_in_spite_of_summaries(
    target: Target, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Model(monkeypatch)
    attest(target, "a.py", FINE)
    assert results(target) == ["proven"]
    target.repo.git("checkout", "-q", "main")
    target.repo.stage(".hunkgate/revoked_keys", target.key.read_text())
    target.repo.commit("revoke")
    target.repo.git("checkout", "-q", "topic")
    assert results(target) == ["reviewed here"]


def forged(line: dict[str, Any]) -> str:
    statement = statement_in(line)
    statement["predicate"]["review"]["paths"] = ["a.py", "b.py"]
    return json.dumps({**line, "payload": base64.b64encode(canonical_json(statement)).decode()})


def unsigned(line: dict[str, Any]) -> str:
    return json.dumps({**line, "signatures": []})


def no_base64(line: dict[str, Any]) -> str:
    return json.dumps({**line, "payload": "%"})


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (forged, "the signature is not over this change and this statement"),
        (unsigned, "nobody signed it"),
        (no_base64, "is not a signed summary"),
        (lambda _: "[" * 5000, "is not a signed summary"),
        (lambda _: "{}", "is not a signed summary"),
        (lambda line: json.dumps({**line, "payloadType": "text/plain"}), "is not a signed summary"),
    ],
)
def test_a_forged_summary_is_ignored_with_a_reason(
    target: Target, server: Path, monkeypatch: pytest.MonkeyPatch, make: Any, why: str
) -> None:
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target)
    (line,) = lines(target)
    replace_lines(target, make(line))
    outcome = ci(target, summaries=True)
    assert [one.standing.value for one in outcome.table.done] == ["reviewed here"]
    assert any("not believed" in note and why in note for note in outcome.verdict.notes), outcome.verdict.notes


def test_a_summary_that_a_developer_signed_is_ignored_with_a_reason(
    target: Target, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    use_key(target.key)
    assert results(target) == ["reviewed here"]
    use_key(server)
    outcome = ci(target, summaries=True)
    assert [one.standing.value for one in outcome.table.done] == ["reviewed here"]
    assert any("was not signed by this machine's key" in note for note in outcome.verdict.notes)


def test_an_attestation_cannot_pass_for_a_summary(target: Target, server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same key, another purpose."""
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target)
    (line,) = lines(target)
    payload = base64.b64decode(line["payload"])
    words = ["ssh-keygen", "-Y", "sign", "-q", "-n", sshsig.NAMESPACE, "-f", str(server)]
    signed = subprocess.run(words, input=pae(line["payloadType"], payload), capture_output=True, check=True).stdout
    line["signatures"] = [{"sig": base64.b64encode(sshsig.dearmor(signed).blob).decode()}]
    replace_lines(target, json.dumps(line))
    outcome = ci(target, summaries=True)
    assert [one.standing.value for one in outcome.table.done] == ["reviewed here"]
    assert any("made for another purpose" in note for note in outcome.verdict.notes)


def test_a_summary_of_other_settings_says_nothing(target: Target, server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target)
    target.repo.git("checkout", "-q", "main")
    target.repo.stage(".hunkgate.toml", 'mode = "block"\n')
    target.repo.commit("settings")
    target.repo.git("checkout", "-q", "topic")
    assert results(target) == ["reviewed here"]


def test_jobs_share_summaries_by_push_and_fetch(
    target: Target, server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(monkeypatch)
    plain(target, "a.py", FINE)
    results(target)
    hub, other = tmp_path / "hub.git", tmp_path / "other"
    subprocess.run(["git", "clone", "-q", "--bare", str(target.repo.path), str(hub)], check=True, timeout=60)
    target.repo.git("remote", "add", "origin", str(hub))
    assert f"pushed {SUMMARIES} to origin" in target.repo.hunkgate("notes", "push", "--summaries").stdout
    subprocess.run(["git", "clone", "-q", str(hub), str(other)], check=True, timeout=60)
    second = Target(Repo(other), target.key)
    second.repo.git("branch", "-q", "main", "origin/main", check=False)
    second.repo.git("checkout", "-q", "topic")
    assert "notes about 1 trees are new here" in second.repo.hunkgate("notes", "fetch", "--summaries").stdout
    assert results(second) == ["reviewed by a former run"]
    assert len(model.asked) == 1


def test_without_a_key_the_job_says_so(target: Target) -> None:
    target.repo.git("config", "--global", "--unset", "user.signingKey")
    plain(target, "a.py", FINE)
    with pytest.raises(AttestError, match="no signing key"):
        ci(target, summaries=True)
    done = target.repo.hunkgate("ci", "--base", "main", "--summaries")
    assert done.returncode == 3
    assert "no signing key" in done.stderr


def test_the_two_places_exclude_each_other(target: Target) -> None:
    for words in (["--no-state"], ["--state", "x"]):
        done = target.repo.hunkgate("ci", "--base", "main", "--summaries", *words)
        assert done.returncode == 2
        assert "--summaries stands in the place of" in done.stderr


def test_the_command_writes_and_reads_them(target: Target, server: Path) -> None:
    attest(target, "a.py", FINE)
    done = target.repo.hunkgate("ci", "--base", "main", "--summaries", "--full-share", "0")
    assert done.returncode == 0, done.stderr
    assert statement_in(lines(target)[0])["predicate"]["verificationResult"] == "PASSED"
