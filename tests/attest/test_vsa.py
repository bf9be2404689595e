"""SLSA summaries of what `hunkgate verify` proved."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from attested_history import attest_files, change_files
from attesting import use_key
from conftest import Repo

from reviewer import __version__
from reviewer.attest import sshsig, vsa
from reviewer.attest.sshsig import Signature
from reviewer.attest.statement import PAYLOAD_TYPE, pae

RESOURCE = ("--resource", "https://git.example.org/product")


@pytest.fixture
def history(repo: Repo, key: Path) -> Repo:
    """A first commit, a proven one and one that nothing proves."""
    change_files(repo, {"a.txt": "a 0\n"})
    repo.commit("start")
    attest_files(repo, key, {"a.txt": "a 1\n"})
    change_files(repo, {"b c.txt": "b 1\n"})
    repo.commit("in a hurry")
    return repo


def summaries(repo: Repo, *args: str) -> list[dict[str, Any]]:
    done = repo.hunkgate("verify", "HEAD~2..HEAD", "--format", "vsa", *args)
    assert done.returncode == 1, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def signature_of(envelope: dict[str, Any]) -> tuple[Signature, bytes]:
    (entry,) = envelope["signatures"]
    return sshsig.parse(base64.b64decode(entry["sig"])), base64.b64decode(envelope["payload"])


def test_summary_of_each_commit(history: Repo) -> None:
    proven, residual = summaries(history, *RESOURCE, "--verifier", "https://ci.example.org")
    assert proven["_type"] == "https://in-toto.io/Statement/v1"
    assert proven["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert proven["subject"] == [{"name": "commit", "digest": {"gitCommit": history.git("rev-parse", "HEAD~1")}}]
    told = proven["predicate"]
    assert told["verifier"] == {"id": "https://ci.example.org", "version": {"hunkgate": __version__}}
    assert (told["verificationResult"], told["verifiedLevels"]) == ("PASSED", ["HUNKGATE_EXACT"])
    assert told["resourceUri"] == RESOURCE[1]
    assert len(told["inputAttestations"]) == 1
    failed = residual["predicate"]
    assert (failed["verificationResult"], failed["verifiedLevels"]) == ("FAILED", ["FAILED"])
    assert failed["residualPaths"] == ["b%20c.txt"]
    assert failed["inputAttestations"] == []


def test_signed_summary_is_checked_by_stock_ssh_keygen(history: Repo, key: Path, tmp_path: Path) -> None:
    (tmp_path / "allowed").write_text(f"ci@example.org {key.read_text()}")
    for envelope in summaries(history, *RESOURCE, "--sign"):
        signature, payload = signature_of(envelope)
        (tmp_path / "signature").write_bytes(signature.armored)
        words = ["ssh-keygen", "-Y", "verify", "-n", vsa.NAMESPACE, "-I", "ci@example.org"]
        words += ["-f", str(tmp_path / "allowed"), "-s", str(tmp_path / "signature")]
        done = subprocess.run(words, input=pae(PAYLOAD_TYPE, payload), check=False, capture_output=True, timeout=60)
        assert (done.returncode, done.stdout[:4]) == (0, b"Good")


def test_summary_cannot_pass_for_a_review(history: Repo) -> None:
    signature, _ = signature_of(summaries(history, *RESOURCE, "--sign")[0])
    assert signature.namespace == vsa.NAMESPACE != sshsig.NAMESPACE


def test_repository_is_named_by_its_id(repo: Repo, key: Path) -> None:
    change_files(repo, {".hunkgate.toml": '[attest]\nrepository = "0b4c9c2f"\n'})
    repo.commit("start")
    repo.commit("empty")
    done = repo.hunkgate("verify", "HEAD~1..HEAD", "--format", "vsa")
    told = json.loads(done.stdout)["predicate"]
    assert told["resourceUri"] == "urn:hunkgate:repository:0b4c9c2f"
    assert len(told["policy"]["digest"]["hunkgatePolicySha256"]) == 64


def test_repository_without_a_name_is_asked_for_one(history: Repo) -> None:
    done = history.hunkgate("verify", "HEAD~1..HEAD", "--format", "vsa")
    assert (done.returncode, "--resource URI" in done.stderr) == (2, True)


def test_summary_that_cannot_be_signed_says_why(history: Repo, tmp_path: Path) -> None:
    use_key(tmp_path / "none.pub")
    done = history.hunkgate("verify", "HEAD~1..HEAD", "--format", "vsa", "--sign", *RESOURCE)
    assert done.returncode == 3
    assert "signing key" in done.stderr
    assert done.stdout == ""
