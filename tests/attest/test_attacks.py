"""Attacks on verification, each built for real: what it gets, and the reason that is told.

Those on a single commit's trailers are in tests/commands/test_verify.py.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from attested_history import (
    attest_files,
    attested,
    change_files,
    head_tree,
    paths_of,
    proof_of,
    proofs_of,
    statement_about,
    trailers_for,
)
from attesting import new_key, use_key
from conftest import Repo

from reviewer.attest import sshsig, trailer
from reviewer.attest.delta import between
from reviewer.attest.proof import Class, Proof
from reviewer.attest.statement import signed_bytes
from reviewer.attest.target import Options
from reviewer.attest.trailer import Attested
from reviewer.attest.trust import Standing
from reviewer.config import load_policy_text
from reviewer.git import Git
from reviewer.objects.command import CommandReader

POLICY = "disabled_rules = []\n"


@pytest.fixture
def start(repo: Repo, key: Path) -> Repo:
    """A repository with a first commit."""
    change_files(repo, {"a.txt": "a 0\n", "b.txt": "b 0\n", "c.txt": "c 0\n"})
    repo.commit("start")
    return repo


def refused(proof: Proof, reason: str, paths: list[str]) -> None:
    assert (proof.klass, proof.proven) == (Class.RESIDUAL, False)
    assert paths_of(proof) == paths
    assert reason in "; ".join(proof.reasons)


def message_of(repo: Repo, *revisions: str) -> str:
    return "\n\n".join(repo.git("log", "-1", "--format=%B", revision) for revision in revisions)


def alternatives(repo: Repo, key: Path) -> None:
    """Two branches that change the same two files in different ways, each reviewed."""
    for name in ("one", "two"):
        repo.git("checkout", "-q", "-b", name, "main")
        attest_files(repo, key, {"a.txt": f"a {name}\n", "b.txt": f"b {name}\n"})
    repo.git("checkout", "-q", "main")


def test_mix_of_two_reviewed_commits_never_reviewed_together(start: Repo, key: Path) -> None:
    alternatives(start, key)
    change_files(start, {"a.txt": "a one\n", "b.txt": "b two\n"})
    start.commit("mix\n\n" + message_of(start, "one", "two"))
    refused(proof_of(start), "another change", ["a.txt", "b.txt"])
    refused(proof_of(start, "HEAD", Options(statements_from=["one", "two"])), "another change", ["a.txt", "b.txt"])


def test_mix_through_a_third_commit(start: Repo, key: Path) -> None:
    """b comes from a reviewed change that started elsewhere."""
    attest_files(start, key, {"b.txt": "b 1\n", "c.txt": "c 1\n"})
    start.git("branch", "one")
    attest_files(start, key, {"b.txt": "b 2\n"})
    start.git("branch", "two")
    start.git("reset", "-q", "--hard", "HEAD~2")
    change_files(start, {"b.txt": "b 2\n"})
    start.commit("without c\n\n" + message_of(start, "one", "two"))
    refused(proof_of(start), "another change", ["b.txt"])


def test_part_of_a_reviewed_commit(start: Repo, key: Path) -> None:
    alternatives(start, key)
    change_files(start, {"a.txt": "a one\n"})
    start.commit(message_of(start, "one"))
    refused(proof_of(start), "another change", ["a.txt"])


def test_parts_that_cancel_elsewhere(start: Repo, key: Path) -> None:
    """A part alone does not fit: it also changed c, which the commit does not."""
    start.git("checkout", "-q", "-b", "side")
    attest_files(start, key, {"c.txt": "c other\n"})
    attest_files(start, key, {"a.txt": "a 1\n", "c.txt": "c 1\n"})
    attest_files(start, key, {"c.txt": "c other\n"})
    start.git("checkout", "-q", "main")
    change_files(start, {"a.txt": "a 1\n"})
    start.commit(message_of(start, "side~1"))
    refused(proof_of(start), "another change", ["a.txt"])
    start.commit("x", "--amend", "-m", message_of(start, "side~1", "side"))
    assert proof_of(start).klass is Class.REPLAY, "both together change a only, as a squash of them would"


def test_paths_that_git_could_take_for_something_else(start: Repo, key: Path) -> None:
    """A change that adds and one that removes odd paths are looked up in the parent's tree."""
    odd = {":(bad)x": "1\n", ":/y": "1\n", "*": "1\n", "-z": "1\n"}
    for path, content in odd.items():
        start.write(path, content)
    start.write("a.txt", "a 1\n")
    start.git("add", "-A")
    base, tree = head_tree(start), start.git("write-tree")
    start.commit("one\n\n" + trailers_for(start, key, base, tree))
    for path in odd:
        (start.path / path).unlink()
    start.git("add", "-A")
    start.commit("two\n\n" + trailers_for(start, key, tree, start.git("write-tree")))
    text = message_of(start, "HEAD", "HEAD~1")
    start.git("reset", "-q", "--soft", "HEAD~2")
    start.commit(text)
    assert proof_of(start).klass is Class.COMPOSED


def test_squash_of_reviewed_and_unreviewed_commits(start: Repo, key: Path) -> None:
    attest_files(start, key, {"a.txt": "a 1\n"})
    change_files(start, {"a.txt": "a 2\n", "new.txt": "evil\n"})
    start.commit("unreviewed")
    attest_files(start, key, {"b.txt": "b 1\n"})
    text = message_of(start, "HEAD", "HEAD~2")
    start.git("reset", "-q", "--soft", "HEAD~3")
    start.commit(text)
    refused(proof_of(start), "cover 1 of its 3 paths", ["a.txt", "new.txt"])


def test_smuggled_mode(start: Repo, key: Path) -> None:
    attest_files(start, key, {"a.txt": "a 1\n"})
    start.git("update-index", "--chmod=+x", "a.txt")
    start.commit("x", "--amend", "-m", message_of(start, "HEAD"))
    refused(proof_of(start), "another change", ["a.txt"])


def test_unreviewed_deletion_in_a_squash(start: Repo, key: Path) -> None:
    attest_files(start, key, {"a.txt": "a 1\n"})
    attest_files(start, key, {"a.txt": "a 2\n"})
    text = message_of(start, "HEAD", "HEAD~1")
    start.git("reset", "-q", "--soft", "HEAD~2")
    start.git("rm", "-q", "c.txt")
    start.commit(text)
    refused(proof_of(start), "cover 1 of its 2 paths", ["c.txt"])


def test_change_beside_a_replay(start: Repo, key: Path) -> None:
    """What the replay touches must be as it left it; what it does not touch is residual."""
    lines = [f"{number}\n" for number in range(20)]
    change_files(start, {"long.txt": "".join(lines)})
    start.commit("long")
    start.git("checkout", "-q", "-b", "topic")
    attest_files(start, key, {"long.txt": "".join(["new\n", *lines[1:]]), "b.txt": "b 1\n"})
    start.git("checkout", "-q", "main")
    attest_files(start, key, {"long.txt": "".join([*lines[:19], "upstream\n"])})
    start.git("checkout", "-q", "topic")
    start.git("rebase", "-q", "main")
    assert proof_of(start).klass is Class.REPLAY
    start.stage("evil.txt", "evil\n")
    start.commit("x", "--amend", "-m", message_of(start, "HEAD"))
    refused(proof_of(start), "cover 2 of its 3 paths", ["evil.txt"])
    start.stage("long.txt", "".join(["new\n", *lines[1:18], "evil\n", "upstream\n"]))
    start.commit("x", "--amend", "-m", message_of(start, "HEAD"))
    refused(proof_of(start), "another change", ["b.txt", "evil.txt", "long.txt"])


def test_merge_attributes_of_the_repository_do_not_count(start: Repo, key: Path) -> None:
    """With merge=ours a merge that drops one side would look like git's own; so would one by a driver."""
    lines = [f"{number}\n" for number in range(20)]
    change_files(start, {"long.txt": "".join(lines), ".gitattributes": "*.txt merge=union\n"})
    start.commit("attributes")
    (start.path / ".git" / "info").mkdir(exist_ok=True)
    (start.path / ".git" / "info" / "attributes").write_text("*.txt merge=union\n")
    start.git("checkout", "-q", "-b", "topic")
    attest_files(start, key, {"long.txt": "".join(["topic\n", *lines[1:]])})
    start.git("checkout", "-q", "main")
    attest_files(start, key, {"long.txt": "".join(["main\n", *lines[1:]])})
    start.git("merge", "-q", "--no-verify", "-m", "merge", "topic")
    assert (start.path / "long.txt").read_text().startswith("main\ntopic\n")
    refused(proof_of(start), "conflicts", ["long.txt"])


def test_merge_that_drops_a_side(start: Repo, key: Path) -> None:
    start.git("checkout", "-q", "-b", "topic")
    attest_files(start, key, {"a.txt": "a 1\n"})
    start.git("checkout", "-q", "main")
    attest_files(start, key, {"b.txt": "b 1\n"})
    start.git("merge", "-q", "--no-verify", "-s", "ours", "-m", "merge", "topic")
    refused(proof_of(start), "more than git makes of its parents", ["a.txt"])


# what is asked of a statement


def governed(repo: Repo, key: Path, policy: str, files: dict[str, str | None]) -> None:
    """A commit that is attested under a policy."""
    change_files(repo, files)
    base, tree = head_tree(repo), repo.git("write-tree")
    statement = statement_about(base, tree, policy=load_policy_text(policy.encode(), "policy"))
    repo.commit("change\n\n" + "\n".join(trailer.trailers(attested(repo, statement, key))))


def test_old_policy(start: Repo, key: Path) -> None:
    old, new = POLICY, POLICY.replace("[]", '["python/x"]')
    start.stage(".hunkgate.toml", old)
    start.commit("policy")
    start.git("branch", "old")
    start.git("checkout", "-q", "-b", "topic")
    governed(start, key, old, {"a.txt": "a 1\n"})
    assert proof_of(start).klass is Class.EXACT
    start.git("checkout", "-q", "main")
    start.stage(".hunkgate.toml", new)
    start.commit("new policy")
    start.git("checkout", "-q", "topic")
    start.git("rebase", "-q", "main")
    (proof,) = proofs_of(start, "main..topic")
    refused(proof, "under another policy than that of", ["a.txt"])
    assert proof.standing is Standing.REFUSED
    (proof,) = proofs_of(start, "main..topic", Options(policy_from=["main", "old"]))
    assert proof.klass is Class.DELTA


def test_policy_changed_in_the_same_push(start: Repo, key: Path) -> None:
    loose = POLICY.replace("[]", '["python/x"]')
    start.stage(".hunkgate.toml", POLICY)
    start.commit("policy")
    start.git("branch", "target")
    governed(start, key, POLICY, {".hunkgate.toml": loose})
    governed(start, key, loose, {"a.txt": "a 1\n"})
    change, after = proofs_of(start, "target..main")
    assert change.klass is Class.EXACT
    refused(after, "under another policy than that of", ["a.txt"])


def test_signers_changed_in_the_same_push(start: Repo, key: Path, tmp_path: Path) -> None:
    attacker = new_key(tmp_path / "attacker")
    start.git("config", "gpg.ssh.allowedSignersFile", "signers")
    use_key(tmp_path / "none.pub")
    start.stage("signers", f"dev@example.org {key.read_text()}")
    start.commit("signers")
    start.git("branch", "target")
    start.stage("signers", f"dev@example.org {key.read_text()}evil@example.org {attacker.read_text()}")
    start.commit("let me in")
    attest_files(start, attacker, {"a.txt": "a 1\n"})
    attest_files(start, key, {"a.txt": "a 2\n"})
    _, forged, honest = proofs_of(start, "target..main")
    refused(forged, "does not vouch for the key", ["a.txt"])
    assert (honest.klass, honest.principal) == (Class.EXACT, "dev@example.org")


def test_signers_brought_by_the_push(start: Repo, tmp_path: Path) -> None:
    attacker = new_key(tmp_path / "attacker")
    start.git("config", "gpg.ssh.allowedSignersFile", "signers")
    start.stage("signers", f"evil@example.org {attacker.read_text()}")
    start.commit("signers")
    attest_files(start, attacker, {"a.txt": "a 1\n"})
    refused(proofs_of(start, "HEAD~2..HEAD")[1], "which the commits to be verified bring themselves", ["a.txt"])


@pytest.mark.parametrize(("minimum", "counts"), [("hunkgate/0.0.1", True), ("hunkgate/99.0", False), ("other/0.0.1", False)])
def test_downgraded_engine(start: Repo, key: Path, minimum: str, counts: bool) -> None:
    attest_files(start, key, {"a.txt": "a 1\n"})
    proof = proof_of(start, "HEAD", Options(engine_minimum=minimum))
    assert proof.proven is counts
    if not counts:
        refused(proof, f"at least {minimum} is required", ["a.txt"])


def dated(repo: Repo, key: Path, at: datetime) -> None:
    change_files(repo, {"a.txt": "a 1\n"})
    statement = replace(statement_about(head_tree(repo), repo.git("write-tree")), at=at)
    repo.commit("change\n\n" + "\n".join(trailer.trailers(attested(repo, statement, key))))


@pytest.mark.parametrize(("days", "reason"), [(31, "longer ago than 30 days"), (-3, "after it was received"), (29, "")])
def test_age(start: Repo, key: Path, days: int, reason: str) -> None:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    dated(start, key, now - timedelta(days=days))
    assert proof_of(start).proven
    proof = proof_of(start, "HEAD", Options(max_age=timedelta(days=30)))
    assert proof.proven is not bool(reason)
    assert reason in "".join(proof.reasons)


def test_key_that_expired_before_the_commits_were_received(start: Repo, key: Path, tmp_path: Path) -> None:
    """The time of receipt counts, not the one that the signer names."""
    file = tmp_path / "allowed"
    file.write_text(f'dev@example.org valid-before="20250101" {key.read_text()}')
    dated(start, key, datetime(2024, 6, 1, tzinfo=timezone.utc))
    refused(proof_of(start, "HEAD", Options(allowed=file)), "does not vouch for the key", ["a.txt"])
    then = Options(allowed=file, at=datetime(2024, 6, 2, tzinfo=timezone.utc))
    assert proof_of(start, "HEAD", then).klass is Class.EXACT


def test_revoked_key_covers_nothing_in_a_squash(start: Repo, key: Path, tmp_path: Path) -> None:
    other = new_key(tmp_path / "other")
    use_key(other)
    (tmp_path / "allowed").write_text("".join(f"dev@example.org {k.read_text()}" for k in (key, other)))
    (tmp_path / "revoked").write_text(other.read_text())
    attest_files(start, key, {"a.txt": "a 1\n"})
    attest_files(start, other, {"b.txt": "b 1\n"})
    text = message_of(start, "HEAD", "HEAD~1")
    start.git("reset", "-q", "--soft", "HEAD~2")
    start.commit(text)
    allowed = Options(allowed=tmp_path / "allowed")
    assert proof_of(start, "HEAD", allowed).klass is Class.COMPOSED
    refused(proof_of(start, "HEAD", replace(allowed, revoked=tmp_path / "revoked")), "the key is revoked", ["b.txt"])
    missing = replace(allowed, revoked=tmp_path / "nothing")
    refused(proof_of(start, "HEAD", missing), "is missing", ["a.txt", "b.txt"])


def test_key_revoked_after_the_range_began(start: Repo, key: Path, tmp_path: Path) -> None:
    stranger = new_key(tmp_path / "stranger")
    for setting, name in (("gpg.ssh.allowedSignersFile", "signers"), ("gpg.ssh.revocationFile", "revoked")):
        start.git("config", setting, name)
    use_key(tmp_path / "none.pub")
    start.stage("signers", f"dev@example.org {key.read_text()}")
    start.stage("revoked", stranger.read_text())
    start.commit("keys")
    attest_files(start, key, {"a.txt": "a 1\n"})
    assert proofs_of(start, "HEAD~1..HEAD")[0].klass is Class.EXACT
    start.stage("revoked", key.read_text())
    refused(proofs_of(start, "HEAD~1..HEAD")[0], "the key is revoked", ["a.txt"])


def test_revocation_taken_back_by_the_push(start: Repo, key: Path, tmp_path: Path) -> None:
    for setting, name in (("gpg.ssh.allowedSignersFile", "signers"), ("gpg.ssh.revocationFile", "revoked")):
        start.git("config", setting, name)
    use_key(tmp_path / "none.pub")
    start.stage("signers", f"dev@example.org {key.read_text()}")
    start.stage("revoked", key.read_text())
    start.commit("keys")
    start.stage("revoked", new_key(tmp_path / "other").read_text())
    start.commit("let me back in")
    attest_files(start, key, {"a.txt": "a 1\n"})
    refused(proofs_of(start, "HEAD~2..HEAD")[1], "the key is revoked", ["a.txt"])


def test_key_with_several_lines_counts_by_the_one_for_attestations(start: Repo, key: Path, tmp_path: Path) -> None:
    """`ssh-keygen -Y find-principals` names only the first of them."""
    file = tmp_path / "allowed"
    lines = [f'git@example.org namespaces="git" {key.read_text()}', f"dev@example.org {key.read_text()}"]
    attest_files(start, key, {"a.txt": "a 1\n"})
    file.write_text(lines[0])
    refused(proof_of(start, "HEAD", Options(allowed=file)), "does not let git@example.org sign attestations", ["a.txt"])
    file.write_text("# both\n\n" + "".join(lines))
    proof = proof_of(start, "HEAD", Options(allowed=file))
    assert (proof.klass, proof.principal) == (Class.EXACT, "dev@example.org")


@pytest.mark.parametrize("flags", [0, 1])
def test_hardware_key_that_nobody_touched(start: Repo, tmp_path: Path, flags: int) -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private: Any = ed25519.Ed25519PrivateKey.generate()
    change_files(start, {"a.txt": "a 1\n"})
    statement = statement_about(head_tree(start), start.git("write-tree"))
    change = between(CommandReader(Git(start.path)), statement.base, statement.tree)
    signature = by_hardware(private, signed_bytes(statement, change, ""), flags)
    start.commit("change\n\n" + "\n".join(trailer.trailers(Attested(statement, signature))))
    allowed = tmp_path / "allowed"
    allowed.write_text(f"dev@example.org {signature.key_type} {base64.b64encode(signature.public_key).decode()}\n")
    proof = proof_of(start, "HEAD", Options(allowed=allowed))
    if flags:
        assert (proof.klass, proof.principal) == (Class.EXACT, "dev@example.org")
    else:
        refused(proof, "without being touched", ["a.txt"])


def by_hardware(private: Any, payload: bytes, flags: int) -> sshsig.Signature:
    """As a FIDO key signs (PROTOCOL.u2f)."""

    def string(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    kind, namespace = b"sk-ssh-ed25519@openssh.com", sshsig.NAMESPACE.encode()
    digest = hashlib.sha512(payload).digest()
    signed = b"SSHSIG" + b"".join(map(string, [namespace, b"", b"sha512", digest]))
    counted = bytes([flags]) + (1).to_bytes(4, "big")
    raw = private.sign(hashlib.sha256(b"ssh:").digest() + counted + hashlib.sha256(signed).digest())
    public = b"".join(map(string, [kind, private.public_key().public_bytes_raw(), b"ssh:"]))
    inner = string(kind) + string(raw) + counted
    return sshsig.parse(b"SSHSIG\0\0\0\1" + b"".join(map(string, [public, namespace, b"", b"sha512", inner])))


def test_statement_of_another_repository_whose_objects_are_here(make_repo: Callable[..., Repo], key: Path) -> None:
    """Its base tree says that it is its own repository; only bases of what is verified may say so."""
    theirs, ours = make_repo("theirs"), make_repo("ours")
    for repo in (theirs, ours):
        change_files(repo, {"a.txt": "a 0\n"})
        repo.commit("start")
    theirs.stage(".hunkgate.toml", '[attest]\nrepository = "theirs"\n')
    theirs.commit("policy")
    change_files(theirs, {"a.txt": "a 1\n"})
    base, tree = head_tree(theirs), theirs.git("write-tree")
    statement = statement_about(base, tree)
    change = between(CommandReader(Git(theirs.path)), base, tree)
    words = ["ssh-keygen", "-Y", "sign", "-q", "-n", sshsig.NAMESPACE, "-f", str(key)]
    signed = subprocess.run(words, input=signed_bytes(statement, change, "theirs"), capture_output=True, check=True).stdout
    text = "change\n\n" + "\n".join(trailer.trailers(Attested(statement, sshsig.dearmor(signed))))
    theirs.commit(text)
    ours.git("fetch", "-q", str(theirs.path), "main")
    change_files(ours, {"a.txt": "a 1\n"})
    ours.commit(text)
    refused(proof_of(ours), "another change", ["a.txt"])
    change_files(ours, {"b.txt": "b\n"})
    ours.commit(f"squash\n\n{text}", "--amend", "-m", f"squash\n\n{text}")
    refused(proof_of(ours), "does not count", ["a.txt", "b.txt"])


def test_tampered_statement_in_a_squash(start: Repo, key: Path) -> None:
    base = head_tree(start)
    change_files(start, {"a.txt": "a 1\n"})
    warned = trailers_for(start, key, base, start.git("write-tree"))
    start.commit("one\n\n" + warned.replace(": v1 pass", ": v1 warn"))
    attest_files(start, key, {"b.txt": "b 1\n"})
    text = message_of(start, "HEAD", "HEAD~1")
    start.git("reset", "-q", "--soft", "HEAD~2")
    start.commit(text)
    refused(proof_of(start), "the signature is not over this change and this statement", ["a.txt"])


def test_malformed_tree_with_the_same_path_twice(start: Repo, key: Path) -> None:
    entries = [line for line in start.git("ls-tree", "HEAD").split("\n") if "\ta.txt" not in line]
    blobs = [subprocess.run(["git", "hash-object", "-w", "--stdin"], cwd=start.path, input=text, capture_output=True, check=True)
             .stdout.decode().strip() for text in (b"good\n", b"evil\n")]  # fmt: skip
    raw = b"".join(b"100644 a.txt\0" + bytes.fromhex(blob) for blob in blobs)
    raw += b"".join(b"100644 " + line.partition("\t")[2].encode() + b"\0" + bytes.fromhex(line.split()[2]) for line in entries)
    words = ["git", "hash-object", "-t", "tree", "--literally", "-w", "--stdin"]
    tree = subprocess.run(words, cwd=start.path, input=raw, capture_output=True, check=True).stdout.decode().strip()
    commit = start.git("commit-tree", "-p", "HEAD", "-m", "x", tree)
    refused(proof_of(start, commit), "the same path twice", ["a.txt", "a.txt"])
