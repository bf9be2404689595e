"""What others read: the DSSE envelope by securesystemslib, its signature by ssh-keygen, the statement by in-toto's definition."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from attested_history import attested, head_tree, proof_of, statement_about
from attesting import gate_hook, git_of, run
from conftest import Repo
from securesystemslib.dsse import Envelope

from reviewer.attest import delta, sshsig, vsa
from reviewer.attest.canonical import Json, canonical_json
from reviewer.attest.notes import REF, SUMMARIES
from reviewer.attest.statement import PAYLOAD_TYPE, in_toto, signed_bytes
from reviewer.attest.trailer import trailers
from reviewer.ci.former import Ended, Mark
from reviewer.ci.notes_shelf import notes_shelf
from reviewer.objects.command import CommandReader

SCHEMA = json.loads((Path(__file__).parent / "in_toto_statement.schema.json").read_text())
SETTING = vsa.Setting("urn:x:verifier", "urn:x:resource", "0" * 64, datetime(2026, 11, 22, tzinfo=timezone.utc))


def valid(statement: object) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(statement)


def verified(envelope: Envelope, key: Path, namespace: str, folder: Path) -> bool:
    """Whether ssh-keygen takes every signature of an envelope to be over what securesystemslib says was signed."""
    (folder / "allowed").write_text(f"dev@example.org {key.read_text()}")
    words = ["ssh-keygen", "-Y", "verify", "-n", namespace, "-I", "dev@example.org", "-s", "sig", "-f", "allowed"]
    found = []
    for signature in envelope.signatures.values():
        (folder / "sig").write_bytes(sshsig.parse(bytes.fromhex(signature.signature)).armored)
        done = subprocess.run(words, cwd=folder, input=envelope.pae(), capture_output=True, check=False)
        found.append(done.returncode == 0)
    return bool(found) and all(found)


def opened(line: str) -> Envelope:
    return Envelope.from_dict(json.loads(line))


@pytest.fixture(params=["sha1", "sha256"])
def noted(request: pytest.FixtureRequest, make_repo: Callable[..., Repo], key: Path) -> Repo:
    """A commit that went through the gate, with its note; a finding that blocks was waived."""
    repo = make_repo("noted", f"--object-format={request.param}")
    repo.stage(".hunkgate.toml", 'mode = "block"\nreviewers = ["rules"]\n[attest]\nstore = "notes"\n')
    repo.commit("settings")
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"):
        gate_hook(repo, name)
    repo.stage("a b.py", "def f():\n    return eval(input())\n")
    report = json.loads(repo.hunkgate("review", "--format", "json").stdout)
    repo.hunkgate("dismiss", report["findings"][0]["fingerprint"], "--why", "a calculator")
    done = run(repo, "git", "commit", "-qm", "x")
    assert done.returncode == 0, done.stderr
    return repo


def test_the_envelope_of_a_note_and_its_signature(noted: Repo, key: Path, tmp_path: Path) -> None:
    line = noted.git("notes", f"--ref={REF}", "show", "HEAD^{tree}")
    envelope = opened(line)
    assert verified(envelope, key, sshsig.NAMESPACE, tmp_path)
    assert not verified(envelope, key, vsa.NAMESPACE, tmp_path)
    altered = copy.copy(envelope)
    altered.payload = envelope.payload.replace(b"waived", b"passed")
    assert not verified(altered, key, sshsig.NAMESPACE, tmp_path)
    # What they write is what we wrote, but for the members that are ours.
    ours = json.loads(line)
    assert envelope.to_dict() == {name: ours[name] for name in ("payload", "payloadType", "signatures")}
    assert valid(json.loads(envelope.payload))


def test_what_a_trailer_signs_is_what_they_call_its_pae(repo: Repo, key: Path) -> None:
    repo.stage("a.txt", "1")
    base, tree = head_tree(repo), repo.git("write-tree")
    item = attested(repo, statement_about(base, tree), key)
    repo.commit("x\n\n" + "\n".join(trailers(item)))
    (used,) = proof_of(repo).used
    change = delta.between(CommandReader(git_of(repo)), base, tree)
    payload = canonical_json(in_toto(used.item.statement, change, ""))
    assert Envelope(payload, PAYLOAD_TYPE, {}).pae() == signed_bytes(used.item.statement, change, "")
    assert valid(json.loads(payload))


def test_summaries_and_marks(noted: Repo, key: Path, tmp_path: Path) -> None:
    oid = noted.git("rev-parse", "HEAD")
    one = vsa.summary_of(proof_of(noted), SETTING)
    shelf = notes_shelf(git_of(noted), SETTING)
    tree = head_tree(noted)
    about: dict[str, Json] = {"form": 1, "base": tree, "tree": tree, "policy": "0" * 64, "engine": "hunkgate/0"}
    shelf.put({**about, "paths": ["a%20b.py"], "findings": []}, Ended((oid,), passed=True))
    shelf.mark(Mark("0" * 64, oid, "r", b"a b.py", "2026-11-22T00:00:00Z"))
    empty = git_of(noted).empty_tree()
    lines = [vsa.signed(git_of(noted), one).decode()]
    lines += [noted.git("notes", f"--ref={SUMMARIES}", "show", about) for about in (tree, empty)]
    for line in lines:
        envelope = opened(line)
        assert verified(envelope, key, vsa.NAMESPACE, tmp_path)
        assert not verified(envelope, key, sshsig.NAMESPACE, tmp_path)
        assert valid(json.loads(envelope.payload))


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"subject": []},
        {"subject": [{"name": "x"}]},
        {"subject": [{"digest": {"sha256": "A" * 64}}]},
        {"predicateType": "review"},
        {"predicate": "x"},
    ],
)
def test_the_definition_is_strict(change: dict[str, Any]) -> None:
    good = {"_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": "0" * 64}}], "predicateType": "urn:x"}
    assert valid(good)
    assert not valid({**good, **change})
