"""Verification where something is missing: each ends in a stated result."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from attested_history import attest_files, change_files, paths_of, proof_of, proofs_of, trailers_for
from attesting import new_key, use_key
from conftest import Repo

from reviewer.attest.merges import Merger
from reviewer.attest.proof import Class
from reviewer.attest.scratch import scratch
from reviewer.attest.trust import Standing
from reviewer.errors import GitError, ToolMissingError
from reviewer.git import Git


@pytest.fixture
def history(repo: Repo, tmp_path: Path) -> Repo:
    """Two attested commits, and a branch that is merged."""
    key = new_key(tmp_path / "keys")
    use_key(key)
    repo.git("config", "uploadpack.allowFilter", "true")
    change_files(repo, {"a.txt": "0\n", "b.txt": "0\n"})
    repo.commit("start")
    attest_files(repo, key, {"a.txt": "1\n"})
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    attest_files(repo, key, {"b.txt": "1\n"})
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "--no-verify", "-m", "merge", "side")
    return repo


def clone(repo: Repo, *words: str) -> Repo:
    folder = repo.path.parent / "clone"
    subprocess.run(["git", "clone", "-q", *words, f"file://{repo.path}", str(folder)], check=True, capture_output=True)
    return Repo(folder)


def test_history_is_proven(history: Repo) -> None:
    assert {proof.klass for proof in proofs_of(history, "main~1..main")} == {Class.EXACT, Class.CLEAN_MERGE}


def test_shallow_clone(history: Repo) -> None:
    shallow = clone(history, "--depth=2")
    proof = proof_of(shallow)
    assert (proof.klass, paths_of(proof)) == (Class.RESIDUAL, ["b.txt"])
    assert "shallow" in proof.reasons[0]
    assert "shallow" in proof_of(shallow, "HEAD~1").reasons[0]


def test_clone_without_contents(history: Repo) -> None:
    """SHA-1 repositories need the contents; nothing is fetched for them."""
    partial = clone(history, "--filter=blob:none", "--no-checkout")
    proof = proof_of(partial, "HEAD~1")
    assert (proof.klass, paths_of(proof)) == (Class.RESIDUAL, ["a.txt"])
    assert "partial clone" in proof.reasons[0]
    assert partial.git("rev-list", "--objects", "--all", "--missing=print").count("?") == 2


def test_clone_without_trees(history: Repo) -> None:
    partial = clone(history, "--filter=tree:0", "--no-checkout")
    with pytest.raises(GitError, match="not in this repository"):
        proof_of(partial, "HEAD~1")


def test_without_ssh_keygen(history: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(ToolMissingError, match="ssh-keygen is not installed"):
        proof_of(history, "HEAD~1")


def test_git_that_is_too_old_to_merge(history: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Merger, "supported", False)
    proof = proof_of(history)
    assert proof.klass is Class.RESIDUAL
    assert "git 2.39 or newer" in proof.reasons[0]
    assert proof_of(history, "HEAD~1").klass is Class.EXACT


def test_in_a_quarantine(history: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in pre-receive: new objects are in a folder of their own, refs cannot be written, and work goes on in between."""
    server = clone(history, "--bare", "--single-branch", "--branch=side")
    server.git("tag", "-d", *server.git("tag").split(), check=False)
    quarantine = tmp_path / "incoming path:with colon"
    quarantine.mkdir()
    monkeypatch.setenv("GIT_DIR", str(server.path))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(quarantine))
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(server.path / "objects"))
    monkeypatch.setenv("GIT_QUARANTINE_PATH", str(quarantine))
    names = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_") and "DIR" in name}
    pack = history.git("rev-parse", "main", "main~1", "main^{tree}", "main~1^{tree}", "main~1:a.txt")
    content = subprocess.run(
        ["git", "pack-objects", "--stdout", "-q"], cwd=history.path, input=pack.encode(), capture_output=True, check=True
    ).stdout
    os.environ.update(names)
    subprocess.run(["git", "unpack-objects", "-q"], input=content, check=True, cwd=server.path)
    tip = pack.split()[0]
    classes = [proof.klass for proof in proofs_of(server, f"side..{tip}")]
    assert sorted(classes) == [Class.CLEAN_MERGE, Class.EXACT]


def test_nothing_is_written_into_the_repository(history: Repo) -> None:
    before = history.git("count-objects", "-v")
    assert proof_of(history).klass is Class.CLEAN_MERGE
    with scratch(Git(history.path)) as view:
        view.git.run("hash-object", "-w", "--stdin", stdin=b"only there\n")
        assert view.git.commit_of(history.git("rev-parse", "HEAD")) is not None
    assert history.git("count-objects", "-v") == before
    assert not view.objects.exists()


def test_unsigned_is_no_proof(history: Repo, tmp_path: Path) -> None:
    text = history.git("log", "-1", "--format=%B", "HEAD~1")
    history.git("checkout", "-q", "HEAD~1")
    head, _, _ = text.partition("Review-Signature:")
    history.commit("x", "--amend", "-m", f"{head}Review-Signature: none (no signing key)")
    proof = proof_of(history)
    assert (proof.klass, proof.standing, proof.proven, paths_of(proof)) == (Class.EXACT, Standing.UNSIGNED, False, ["a.txt"])


def test_thousands_of_statements_in_one_message(history: Repo, tmp_path: Path) -> None:
    """They are read up to a limit, and the commit is not proven by junk."""
    key = tmp_path / "keys" / "key.pub"
    change_files(history, {"a.txt": "2\n"})
    junk = trailers_for(history, key, history.git("rev-parse", "HEAD^{tree}"), history.git("rev-parse", "HEAD^{tree}"))
    history.git("commit", "-q", "--no-verify", "-F", "-", check=False)
    message = tmp_path / "message"
    message.write_text("junk\n\n" + "\n\n".join([junk] * 3000))
    history.git("commit", "-q", "--no-verify", "-F", str(message))
    proof = proof_of(history)
    assert (proof.klass, paths_of(proof)) == (Class.RESIDUAL, ["a.txt"])
