"""What `hunkgate verify` says of real commits, honest ones and attacks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attesting import attesting, commit, git_of, new_key, run, signed_commit
from conftest import Repo, hunkgate

from reviewer.attest import delta, sshsig
from reviewer.attest.statement import signed_bytes
from reviewer.attest.trailer import Attested, found, trailers
from reviewer.objects import open_reader


@pytest.fixture
def gated(repo: Repo, key: Path) -> Repo:
    """A repository with an unproven first commit and a proven second one."""
    repo.stage("first.txt", "1\n")
    repo.commit("first")
    signed_commit(attesting(repo), "a.txt", "1\n")
    return repo


def verify(repo: Repo, span: str = "HEAD", *more: str, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The JSON of verify; the exit code fits it."""
    done = repo.hunkgate("verify", span, "--format", "json", *more, env=env)
    assert done.returncode in (0, 1), done.stderr
    proofs: list[dict[str, Any]] = json.loads(done.stdout)
    proven = all(
        proof["class"] != "RESIDUAL" and (proof["signature"] == "valid" or proof["class"] == "CLEAN-MERGE") for proof in proofs
    )
    assert done.returncode == (0 if proven else 1)
    return proofs


def assert_residual(proof: dict[str, Any], signature: str, reason: str, paths: list[str]) -> None:
    assert (proof["class"], proof["result"], proof["signature"]) == ("RESIDUAL", None, signature)
    assert proof["residual_paths"] == paths
    assert reason in "\n".join(proof["reasons"])


def message(repo: Repo, revision: str = "HEAD") -> str:
    return repo.git("log", "-1", "--format=%B", revision)


def rewritten(repo: Repo, text: str) -> dict[str, Any]:
    """What verify says of HEAD with another message."""
    repo.git("commit", "-q", "--amend", "--no-verify", "-m", text)
    return verify(repo)[0]


def test_exact(gated: Repo, key: Path) -> None:
    (proof,) = verify(gated)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], capture_output=True, check=True, text=True).stdout
    assert proof == {
        "commit": gated.git("rev-parse", "HEAD"),
        "class": "EXACT",
        "result": "pass",
        "signature": "valid",
        "signer": shown.split()[1],
        "principal": "your own key",
        "residual_paths": [],
        "reasons": [],
        "waivers": [],
        "generated": {"said": "silent", "models": [], "problems": []},
    }


def test_text(gated: Repo) -> None:
    done = gated.hunkgate("verify", "HEAD")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{gated.git('rev-parse', 'HEAD')[:12]} EXACT pass signed by your own key SHA256:")
    done = gated.hunkgate("verify", "HEAD~1")
    assert done.returncode == 1
    assert done.stdout == f"{gated.git('rev-parse', 'HEAD~1')[:12]} RESIDUAL - it has no attestation\n  not proven: first.txt\n"


def test_explain(gated: Repo) -> None:
    done = gated.hunkgate("verify", "HEAD", "--explain")
    assert done.stdout.count("\n  yes ") == 4
    (proof,) = verify(gated, "HEAD", "--explain")
    assert [check["passed"] for check in proof["checks"]] == [True] * 4
    assert gated.git("rev-parse", "HEAD^{tree}") in proof["checks"][2]["detail"]
    (statement,) = proof["statements"]
    assert (statement["signer"], statement["source"]) == (proof["signer"], "its own message")
    shown = gated.hunkgate("verify", "HEAD~1", "--explain").stdout
    assert "\n  no  can an attestation cover it                             it has no attestation\n" in shown


def test_range_is_oldest_first(gated: Repo) -> None:
    gated.stage("b.txt", "1\n")
    gated.commit("unproven")
    signed_commit(gated, "c.txt", "1\n")
    assert [proof["class"] for proof in verify(gated, "HEAD~3..HEAD")] == ["EXACT", "RESIDUAL", "EXACT"]
    assert "2 of 3 commits are proven" in gated.hunkgate("verify", "HEAD~3..HEAD").stdout
    assert verify(gated, "HEAD..HEAD") == []


def test_reword_stays_exact(gated: Repo) -> None:
    assert rewritten(gated, "another subject\n" + message(gated).partition("\n")[2])["class"] == "EXACT"


def test_am_and_rebase_onto_the_same_stay_exact(gated: Repo) -> None:
    patch = gated.git("format-patch", "-1", "--stdout")
    gated.git("reset", "-q", "--hard", "HEAD~1")
    done = run(gated, "git", "am", "-q", stdin=patch)
    assert done.returncode == 0, done.stderr
    assert verify(gated)[0]["class"] == "EXACT"


def test_unsigned(repo: Repo) -> None:
    signed_commit(attesting(repo), "a.txt", "1\n")
    (proof,) = verify(repo)
    assert (proof["class"], proof["result"], proof["signature"], proof["signer"]) == ("EXACT", "pass", "unsigned", None)
    assert proof["residual_paths"] == ["a.txt"]
    assert "EXACT unsigned pass" in repo.hunkgate("verify", "HEAD").stdout


def test_partial_is_proven_and_says_so(gated: Repo) -> None:
    gated.stage("b.txt", "1\n")
    commit(gated, "-m", "x", env={"TEST_RESULT": "incomplete"})
    assert verify(gated)[0]["result"] == "partial"


def test_root_commit_worktree_and_sha256(make_repo: Callable[..., Repo], key: Path, tmp_path: Path) -> None:
    for name, words in (("weak", ()), ("strong", ("--object-format=sha256",))):
        repo = attesting(make_repo(name, *words))
        signed_commit(repo, "a.txt", "1\n")
        repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / f"{name}-side"))
        signed_commit(Repo(tmp_path / f"{name}-side"), "a.txt", "2\n")
        assert [proof["class"] for proof in verify(repo, "side") + verify(repo, "main")] == ["EXACT", "EXACT"]


def test_odd_paths(gated: Repo) -> None:
    for path in (b"n\xff.txt", b"new\nline", b"a b", b"--x"):
        gated.write(path, "1\n")
    gated.git("add", "-A")
    assert commit(gated, "-m", "x").returncode == 0
    assert verify(gated)[0]["class"] == "EXACT"
    gated.git("commit", "-q", "--amend", "--no-verify", "-m", "bare")
    assert verify(gated)[0]["residual_paths"] == ["--x", "a b", "new\\nline", "n\\xff.txt"]


# whom to trust


def allowed_signers(repo: Repo, text: str) -> None:
    file = repo.path.parent / "allowed"
    file.write_text(text)
    repo.git("config", "gpg.ssh.allowedSignersFile", str(file))


def forget_the_own_key() -> None:
    subprocess.run(["git", "config", "--global", "--unset", "user.signingKey"], check=True)


def test_allowed_signer_is_named(gated: Repo, key: Path) -> None:
    allowed_signers(gated, f'dev@example.org namespaces="git,{sshsig.NAMESPACE}" {key.read_text()}')
    forget_the_own_key()
    assert verify(gated)[0]["principal"] == "dev@example.org"


def test_unknown_signer_is_not_trusted(gated: Repo) -> None:
    forget_the_own_key()
    assert_residual(verify(gated)[0], "untrusted", "allowedSignersFile is not set", ["a.txt"])
    allowed_signers(gated, "")
    assert_residual(verify(gated)[0], "untrusted", "does not vouch for the key", ["a.txt"])
    (gated.path.parent / "allowed").unlink()
    assert_residual(verify(gated)[0], "untrusted", "is missing", ["a.txt"])


@pytest.mark.parametrize("options", ['namespaces="git"', 'valid-before="20200101"', 'valid-after="20990101"'])
def test_key_that_is_not_allowed_for_this_or_now(gated: Repo, key: Path, options: str) -> None:
    allowed_signers(gated, f"dev@example.org {options} {key.read_text()}")
    (proof,) = verify(gated)
    assert_residual(proof, "untrusted", "", ["a.txt"])
    assert proof["signer"].startswith("SHA256:")
    assert proof["reasons"] != []


def test_revoked_key(gated: Repo, key: Path, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(tmp_path / "krl"), str(key)], check=True, capture_output=True)
    (tmp_path / "keys-list").write_text(key.read_text())
    for file in ("krl", "keys-list"):
        gated.git("config", "gpg.ssh.revocationFile", str(tmp_path / file))
        assert_residual(verify(gated)[0], "revoked", "revoked", ["a.txt"])
    (tmp_path / "keys-list").write_text(new_key(tmp_path / "other").read_text())
    assert verify(gated)[0]["class"] == "EXACT"


def test_missing_revocation_file_is_a_failure(gated: Repo) -> None:
    gated.git("config", "gpg.ssh.revocationFile", "/nowhere/krl")
    assert_residual(verify(gated)[0], "untrusted", "revoked keys (gpg.ssh.revocationFile) is missing", ["a.txt"])


# attacks


def test_attack_tampered_result(gated: Repo) -> None:
    gated.stage("b.txt", "1\n")
    commit(gated, "-m", "x", env={"TEST_RESULT": "warn"})
    proof = rewritten(gated, message(gated).replace(": v1 warn", ": v1 pass"))
    assert_residual(proof, "invalid", "not over this change and this statement", ["b.txt"])


@pytest.mark.parametrize("key_name", ["policy", "models", "findings"])
def test_attack_tampered_digest(gated: Repo, key_name: str) -> None:
    start, _, rest = message(gated).partition(f"{key_name}=")
    proof = rewritten(gated, f"{start}{key_name}={'A' * 43}{rest[43:]}")
    assert_residual(proof, "invalid", "not over this change and this statement", ["a.txt"])


def test_attack_tampered_time_and_engine(gated: Repo) -> None:
    proof = rewritten(gated, message(gated).replace("engine=hunkgate/", "engine=hunkgate/9"))
    assert_residual(proof, "invalid", "not over this change", ["a.txt"])


def test_attack_copied_trailer(gated: Repo) -> None:
    text = message(gated)
    gated.stage("evil.txt", "1\n")
    gated.commit(text)
    assert_residual(verify(gated)[0], "none", "for another change", ["evil.txt"])


def test_attack_copied_trailer_with_the_trees_of_the_new_commit(gated: Repo) -> None:
    text, old_tree, old_base = message(gated), *(gated.git("rev-parse", f"HEAD{up}^{{tree}}") for up in ("", "~1"))
    gated.stage("evil.txt", "1\n")
    text = text.replace(f"base={old_base}", f"base={old_tree}")
    text = text.replace(f"tree={old_tree}\n", f"tree={gated.git('write-tree')}\n", 1)
    gated.commit(text)
    assert_residual(verify(gated)[0], "invalid", "not over this change", ["evil.txt"])


def test_attack_smuggled_file_in_an_amend(gated: Repo) -> None:
    gated.stage("evil.txt", "1\n")
    gated.git("commit", "-q", "--amend", "--no-verify", "--no-edit")
    assert_residual(verify(gated)[0], "none", "for another change", ["evil.txt"])


def test_attack_smuggled_file_in_a_squash(gated: Repo) -> None:
    signed_commit(gated, "b.txt", "1\n")
    gated.git("reset", "-q", "--soft", "HEAD~2")
    gated.stage("evil.txt", "1\n")
    gated.commit(f"squash\n\n{message(gated, 'ORIG_HEAD')}\n\n{message(gated, 'ORIG_HEAD~1')}")
    assert_residual(verify(gated)[0], "none", "whole reviewed changes cover 2 of its 3 paths", ["evil.txt"])


def test_attack_same_tree_on_another_parent(gated: Repo) -> None:
    tree, text = gated.git("rev-parse", "HEAD^{tree}"), message(gated)
    gated.git("reset", "-q", "--hard", gated.git("commit-tree", "-m", text, tree))
    assert_residual(verify(gated)[0], "none", "for another change", ["first.txt"])


def test_attack_quoted_attestation(gated: Repo) -> None:
    quoted = "\n".join(f"> {line}" for line in message(gated).split("\n"))
    assert_residual(rewritten(gated, f"subject\n\n{quoted}"), "none", "no attestation", ["a.txt"])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (" engine=", " engine=hunkgate/9 engine=", "twice"),
        (": v1 pass", ": v1 splendid", "result word"),
        (": v1 pass", ": v3 pass", "version"),
        ("\n base=", "\nbase=", "no Review-Signature stands right below it"),
    ],
)
def test_attack_malformed_trailers(gated: Repo, old: str, new: str, reason: str) -> None:
    assert old in message(gated)
    assert_residual(rewritten(gated, message(gated).replace(old, new, 1)), "invalid", reason, ["a.txt"])


def resigned(repo: Repo, key: Path, namespace: str, repository: str = "") -> str:
    """HEAD's message, signed again by stock ssh-keygen for another purpose."""
    (item,) = found(message(repo).encode())
    assert isinstance(item, Attested)
    change = delta.between(open_reader(git_of(repo)), item.statement.base, item.statement.tree)
    words = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(key)]
    payload = signed_bytes(item.statement, change, repository)
    armored = subprocess.run(words, input=payload, capture_output=True, check=True, env=os.environ).stdout
    return "x\n\n" + "\n".join(trailers(Attested(item.statement, sshsig.dearmor(armored)))) + "\n"


def test_attack_wrong_namespace(gated: Repo, key: Path) -> None:
    assert rewritten(gated, resigned(gated, key, sshsig.NAMESPACE))["class"] == "EXACT"
    assert_residual(rewritten(gated, resigned(gated, key, "git")), "invalid", "another purpose: 'git'", ["a.txt"])


def test_attack_signature_of_another_key(gated: Repo, tmp_path: Path) -> None:
    other = new_key(tmp_path / "attacker")
    proof = rewritten(gated, resigned(gated, other, sshsig.NAMESPACE))
    assert_residual(proof, "untrusted", "", ["a.txt"])


def test_attack_replay_into_another_repository(make_repo: Callable[..., Repo], key: Path) -> None:
    """The same change of the same tree, attested in a repository that has another id."""
    ours, theirs = make_repo("ours"), make_repo("theirs")
    for repo, name in ((ours, "ours"), (theirs, "theirs")):
        repo.stage("a.txt", "1\n")
        repo.commit("first")
        repo.stage(".hunkgate.toml", f'[attest]\nrepository = "{name}"\n')
        repo.commit("policy")
        signed_commit(attesting(repo), "a.txt", "2\n")
        assert verify(repo)[0]["class"] == "EXACT"
    theirs.git("fetch", "-q", str(ours.path), "main")
    theirs.git("reset", "-q", "--hard", "HEAD~1")
    theirs.stage("a.txt", "2\n")
    theirs.commit(message(theirs, "FETCH_HEAD"))
    assert_residual(verify(theirs)[0], "none", "for another change", ["a.txt"])
    text = message(theirs)
    for up in ("", "~1"):
        text = text.replace(theirs.git("rev-parse", f"FETCH_HEAD{up}^{{tree}}"), theirs.git("rev-parse", f"HEAD{up}^{{tree}}"))
    assert_residual(rewritten(theirs, text), "invalid", "not over this change", ["a.txt"])


def test_commits_from_before_the_repository_had_an_id_stay_proven(gated: Repo) -> None:
    signed_commit(gated, ".hunkgate.toml", '[attest]\nrepository = "project"\n')
    signed_commit(gated, "a.txt", "2\n")
    assert [proof["class"] for proof in verify(gated, "HEAD~3..HEAD")] == ["EXACT"] * 3


def merged(gated: Repo, text: str) -> None:
    gated.git("checkout", "-qb", "side", "HEAD~1")
    signed_commit(gated, "side.txt", "1\n")
    gated.git("checkout", "-q", "main")
    gated.git("merge", "-q", "--no-ff", "-m", text, "side")


def test_clean_merge_needs_no_attestation(gated: Repo) -> None:
    merged(gated, "merge")
    (proof,) = verify(gated)
    assert (proof["class"], proof["result"], proof["signer"]) == ("CLEAN-MERGE", None, None)
    assert proof["residual_paths"] == proof["reasons"] == []


def test_attack_evil_merge_with_an_attestation_in_its_message(gated: Repo) -> None:
    merged(gated, message(gated))
    gated.stage("evil.txt", "1\n")
    gated.git("commit", "-q", "--amend", "--no-verify", "--no-edit")
    assert_residual(verify(gated)[0], "none", "more than git makes of its parents", ["evil.txt"])


def test_the_best_of_several_attestations_counts(gated: Repo) -> None:
    good = message(gated)
    other = message(gated).replace(": v1 pass", ": v1 warn")
    assert rewritten(gated, f"{other}\n\n{good}")["result"] == "pass"
    assert rewritten(gated, f"{good}\n\n{other}")["result"] == "pass"


def test_attack_unsigned_copy_beside_a_tampered_one_is_only_unsigned(gated: Repo) -> None:
    signature = "Review-Signature:" + message(gated).partition("Review-Signature:")[2]
    proof = rewritten(gated, message(gated).replace(signature, "Review-Signature: none (lost)"))
    assert (proof["class"], proof["signature"], proof["residual_paths"]) == ("EXACT", "unsigned", ["a.txt"])


# bad input


def test_shallow_clone(gated: Repo, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{gated.path}", str(tmp_path / "shallow")], check=True)
    (proof,) = verify(Repo(tmp_path / "shallow"))
    assert_residual(proof, "none", "shallow clone", ["a.txt", "first.txt"])


def test_no_such_commit(gated: Repo) -> None:
    for span in ("nothing", "HEAD..nothing", "--all"):
        done = gated.hunkgate("verify", "--", span)
        assert done.returncode in (2, 3)
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


def test_outside_of_a_repository(tmp_path: Path) -> None:
    done = hunkgate("verify", "HEAD", cwd=tmp_path)
    assert done.returncode == 3
    assert "not in a git repository" in done.stderr


def test_bare_repository(gated: Repo, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--bare", str(gated.path), str(tmp_path / "bare")], check=True)
    assert verify(Repo(tmp_path / "bare"))[0]["class"] == "EXACT"


def test_without_ssh_keygen_it_says_what_is_missing(gated: Repo, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(_which("git"))
    done = run(gated, _which("hunkgate"), "verify", "HEAD", env={"PATH": str(tools)})
    assert done.returncode == 3
    assert "ssh-keygen is not installed" in done.stderr


def _which(name: str) -> str:
    found_at = shutil.which(name)
    assert found_at is not None
    return found_at
