"""Notes: whole statements beside the commits."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from attested_history import attest_files, attested, change_files, head_tree, paths_of, proof_of, statement_about
from conftest import Repo

from reviewer.attest import envelope
from reviewer.attest.delta import between
from reviewer.attest.envelope import Envelope
from reviewer.attest.notes import REF
from reviewer.attest.proof import Class
from reviewer.attest.target import Options
from reviewer.errors import AttestError
from reviewer.git import Git
from reviewer.objects.command import CommandReader


def line_about(repo: Repo, key: Path, base: str, tree: str) -> bytes:
    item = attested(repo, statement_about(base, tree), key)
    assert item.signature is not None
    change = between(CommandReader(Git(repo.path)), base, tree)
    return envelope.write(Envelope(item.statement, change, "", item.signature))


def note(repo: Repo, tree: str, *lines: bytes) -> None:
    """Stored as git stores notes."""
    words = ["git", "notes", "--ref", REF, "add", "-f", "-F", "-", tree]
    subprocess.run(words, cwd=repo.path, input=b"".join(lines), check=True, capture_output=True)


@pytest.fixture(params=["sha1", "sha256"])
def squashed(request: pytest.FixtureRequest, make_repo: Callable[..., Repo], key: Path, tmp_path: Path) -> Repo:
    """A clone with a squash of two reviewed commits, without their statements and without their objects; and notes."""
    repo = make_repo("origin", f"--object-format={request.param}")
    change_files(repo, {"a b.txt": "0\n", "c.txt": "0\n"})
    repo.commit("start")
    trees = [head_tree(repo)]
    for content in ("1\n", "2\n"):
        change_files(repo, {"a b.txt": content})
        repo.commit("part")
        trees.append(head_tree(repo))
    lines = [line_about(repo, key, base, tree) for base, tree in itertools.pairwise(trees)]
    repo.git("reset", "-q", "--soft", "HEAD~2")
    repo.commit("squash")
    subprocess.run(["git", "clone", "-q", f"file://{repo.path}", str(tmp_path / "clone")], check=True, capture_output=True)
    clone = Repo(tmp_path / "clone")
    (tmp_path / "lines").write_bytes(b"".join(lines))
    return clone


def lines_of(repo: Repo) -> list[bytes]:
    return (repo.path.parent / "lines").read_bytes().splitlines(keepends=True)


def test_notes_prove_a_squash_without_any_old_object(squashed: Repo) -> None:
    assert proof_of(squashed).klass is Class.RESIDUAL
    note(squashed, head_tree(squashed), *lines_of(squashed))
    proof = proof_of(squashed)
    assert (proof.klass, len(proof.used)) == (Class.COMPOSED, 2)
    assert proof.used[0].source.startswith("a note about tree ")


def test_a_damaged_line_is_told_and_the_others_count(squashed: Repo) -> None:
    first, second = lines_of(squashed)
    note(squashed, head_tree(squashed), first, b'{"payload": "cut\n', second)
    assert proof_of(squashed).klass is Class.COMPOSED
    note(squashed, head_tree(squashed), first, second[:-20] + b"\n")
    proof = proof_of(squashed)
    assert paths_of(proof) == ["a b.txt"]
    assert "line 2 of the note about tree" in "".join(proof.reasons)


def test_tampered_note_covers_nothing(squashed: Repo) -> None:
    """The content after the second change is replaced by the evil one's digests; the signature is the old one."""
    squashed.stage("a b.txt", "evil\n")
    squashed.commit("squash", "--amend", "-m", "squash")
    first, second = lines_of(squashed)
    (good,) = envelope.read(second)
    evil = between(CommandReader(Git(squashed.path)), head_tree(squashed, "HEAD~1"), head_tree(squashed))
    forged = envelope.write(Envelope(good.statement, evil, "", good.signature))
    note(squashed, head_tree(squashed), first, forged)
    proof = proof_of(squashed)
    assert (proof.klass, paths_of(proof)) == (Class.RESIDUAL, ["a b.txt"])


def test_another_ref(squashed: Repo) -> None:
    note(squashed, head_tree(squashed), *lines_of(squashed))
    squashed.git("update-ref", "refs/notes/fetched", REF)
    squashed.git("update-ref", "-d", REF)
    assert proof_of(squashed).klass is Class.RESIDUAL
    assert proof_of(squashed, "HEAD", Options(notes=["refs/notes/fetched"])).klass is Class.COMPOSED
    assert "there are no notes in refs/x" in proof_of(squashed, "HEAD", Options(notes=["refs/x"])).reasons


def test_envelope_round_trip_and_strictness(repo: Repo, key: Path) -> None:
    attest_files(repo, key, {"a.txt": "1\n"})
    line = line_about(repo, key, head_tree(repo, "HEAD~1"), head_tree(repo))
    (read,) = envelope.read(line)
    assert envelope.write(read) == line
    outer = json.loads(line)
    for key_, value in (("payloadType", "text/plain"), ("payload", outer["payload"][4:]), ("signatures", [{"sig": "AAAA"}])):
        with pytest.raises(AttestError):
            envelope.read(json.dumps({**outer, key_: value}).encode())
    for junk in (b"", b"[]", b"null", b"\xff", b'{"payload": 1}', b"[" * 100_000):
        with pytest.raises(AttestError):
            envelope.read(junk)


def test_a_payload_with_more_in_it_is_refused(repo: Repo, key: Path) -> None:
    import base64

    attest_files(repo, key, {"a.txt": "1\n"})
    outer = json.loads(line_about(repo, key, head_tree(repo, "HEAD~1"), head_tree(repo)))
    payload = json.loads(base64.b64decode(outer["payload"]))
    payload["predicate"]["hidden"] = "x"
    outer["payload"] = base64.b64encode(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()).decode()
    with pytest.raises(AttestError):
        envelope.read(json.dumps(outer).encode())
