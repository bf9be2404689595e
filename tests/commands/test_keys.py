"""hunkgate keys: what it writes is what `hunkgate verify` goes by, shown with really signed attestations."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from attested_history import attest_files, proof_of
from attesting import new_key, use_key
from conftest import Repo, hunkgate

from reviewer.attest.named_key import read_key
from reviewer.attest.proof import Class
from reviewer.attest.sshsig import NAMESPACE
from reviewer.attest.target import Options
from reviewer.attest.trust import Standing

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
NOW = datetime.now(timezone.utc)


@pytest.fixture
def files(repo: Repo, tmp_path: Path) -> tuple[Path, Path]:
    """A repository whose allowed signers and revoked keys lie outside of it."""
    signers, revoked = tmp_path / "signers", tmp_path / "revoked"
    repo.git("config", "gpg.ssh.allowedSignersFile", str(signers))
    repo.stage("a.txt", "a\n")
    repo.commit("start")
    return signers, revoked


def keys(repo: Repo, *args: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = repo.hunkgate("keys", *map(str, args))
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def listed(repo: Repo, *args: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(keys(repo, "list", "--format", "json", *args).stdout)["keys"]
    return shown


# what counts


def test_added_key_counts_and_revoked_key_does_not(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    commit = attest_files(repo, key, {"a.txt": "a 1\n"})
    assert proof_of(repo, commit).standing is Standing.UNTRUSTED
    keys(repo, "add", key, "--principal", "dev@example.org")
    proof = proof_of(repo, commit)
    assert (proof.klass, proof.principal) == (Class.EXACT, "dev@example.org")
    repo.git("config", "gpg.ssh.revocationFile", str(files[1]))
    assert proof_of(repo, commit).standing is Standing.UNTRUSTED  # the file is missing
    done = keys(repo, "revoke", proof.fingerprint, "--why", "stolen")
    assert "A revocation has no date" in done.stdout
    proof = proof_of(repo, commit)
    assert (proof.klass, proof.standing) == (Class.RESIDUAL, Standing.REVOKED)
    assert "revoked already" in keys(repo, "revoke", key).stdout
    assert [entry["state"] for entry in listed(repo)] == ["revoked"]
    again = keys(repo, "add", key, "--principal", "dev@example.org", "--signers", tmp_path / "other", code=2)
    assert "is revoked" in again.stderr
    assert not (tmp_path / "other").exists()


def test_added_key_counts_for_nothing_else(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    keys(repo, "add", key, "--principal", "dev@example.org")
    for namespace, good in ((NAMESPACE, True), ("git", False)):
        words = ["ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(key)]
        (tmp_path / "sig").write_bytes(subprocess.run(words, input=b"x", capture_output=True, check=True).stdout)
        words = ["ssh-keygen", "-Y", "verify", "-n", namespace, "-I", "dev@example.org"]
        words += ["-f", str(files[0]), "-s", str(tmp_path / "sig")]
        assert (subprocess.run(words, input=b"x", capture_output=True, check=False).returncode == 0) is good


def test_rotation_is_measured_by_the_time_of_receipt(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = new_key(tmp_path / "old"), new_key(tmp_path / "new")
    use_key(old)
    keys(repo, "add", old, "--principal", "dev@example.org")
    first = attest_files(repo, old, {"a.txt": "a 1\n"})
    at = NOW + timedelta(days=10)
    keys(repo, "rotate", "--old", read_key(str(old)).fingerprint, "--new", new, "--at", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    late = attest_files(repo, old, {"a.txt": "a 2\n"})
    fresh = attest_files(repo, new, {"a.txt": "a 3\n"})
    before, after = Options(at=at - timedelta(hours=1)), Options(at=at + timedelta(hours=1))
    assert [proof_of(repo, one, before).proven for one in (first, fresh)] == [True, False]
    assert [proof_of(repo, one, after).proven for one in (first, late, fresh)] == [False, False, True]
    assert proof_of(repo, late, after).standing is Standing.UNTRUSTED
    old_line, new_line = listed(repo)
    assert (old_line["own"], old_line["valid_before"]) == (True, new_line["valid_after"])
    assert [entry["state"] for entry in (old_line, new_line)] == ["counts", "not yet valid"]


def test_certificates_of_an_authority(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    authority, key = new_key(tmp_path / "ca"), new_key(tmp_path / "keys")
    keys(repo, "add", authority, "--cert-authority", "--principal", "*@example.org")
    words = [
        "ssh-keygen",
        "-q",
        "-s",
        str(authority.with_suffix("")),
        "-I",
        "laptop",
        "-n",
        "dev@example.org",
        "-z",
        "7",
        str(key),
    ]
    subprocess.run(words, check=True, capture_output=True)
    certificate = key.with_name("key-cert.pub")
    commit = attest_files(repo, certificate, {"a.txt": "a 1\n"})
    assert proof_of(repo, commit).proven
    assert "is a certificate" in keys(repo, "add", certificate, "--principal", "dev@example.org", code=2).stderr
    for number, what in enumerate((certificate, key, authority)):
        revoked = tmp_path / f"revoked-{number}"
        keys(repo, "revoke", what, "--revoked-keys", revoked)
        assert proof_of(repo, commit, Options(revoked=revoked)).standing is Standing.REVOKED
        other = attest_files(repo, key, {"a.txt": f"{number}\n"})
        assert not proof_of(repo, other).proven  # the key alone is nobody's


def test_revoking_a_fingerprint_that_nobody_has(repo: Repo, files: tuple[Path, Path]) -> None:
    done = keys(repo, "revoke", "SHA256:" + "A" * 43, "--revoked-keys", files[1])
    assert "No allowed signer has this key" in done.stdout
    assert "is not a fingerprint" in keys(repo, "revoke", "SHA256:AAAA", "--revoked-keys", files[1], code=2).stderr


# adding


def test_add_keeps_what_is_there_and_names_bad_lines(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    content = b"# the team\r\n\n  junk\nother@example.org\tbroken  \xff key"
    files[0].write_bytes(content)
    done = keys(repo, "add", new_key(tmp_path / "keys"), "--principal", "dev@example.org", "--valid-before", "2099-12-31")
    assert files[0].read_bytes().startswith(content + b"\n")
    assert b'valid-before="20991231000000Z"' in files[0].read_bytes()
    assert [f"{files[0]}:{line}:" in done.stderr for line in (1, 2, 3, 4)] == [False, False, True, True]
    shown = repo.hunkgate("keys", "list")
    assert shown.returncode == 1
    assert f"{files[0]}:3:" in shown.stderr


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["KEY", "--principal", "dev@example.org"], "is there already (SIGNERS:1)"),
        (["NEW", "--principal", "*@example.org"], "is a pattern"),
        (["NEW", "--principal", "a b"], "cannot be a principal"),
        (["NEW", "--principal", "a@b", "--valid-after", "soon"], "'soon' is not a time"),
        (["NEW", "--principal", "a@b", "--valid-after", "2026-02-01", "--valid-before", "2026-01-01"], "would never count"),
        (["nowhere.pub", "--principal", "a@b"], "cannot read the key"),
        (["ssh-ed25519 AAAA", "--principal", "a@b"], "the key is malformed"),
    ],
)
def test_add_that_is_refused(repo: Repo, files: tuple[Path, Path], tmp_path: Path, args: list[str], reason: str) -> None:
    key, new = new_key(tmp_path / "keys"), new_key(tmp_path / "new")
    keys(repo, "add", key, "--principal", "dev@example.org")
    before = files[0].read_bytes()
    words = [str({"KEY": key, "NEW": new}.get(word, word)) for word in args]
    assert reason.replace("SIGNERS", str(files[0])) in keys(repo, "add", *words, code=2).stderr
    assert files[0].read_bytes() == before


def test_without_settings_the_way_is_told(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    assert "git config gpg.ssh.allowedSignersFile" in keys(repo, "add", key, "--principal", "a@b", code=2).stderr
    assert "git config gpg.ssh.revocationFile" in keys(repo, "revoke", key, code=2).stderr
    assert "allowedSignersFile is not set" in keys(repo, "list", code=2).stderr
    done = keys(repo, "add", key, "--principal", "a@b", "--signers", ".hunkgate/allowed_signers")
    (command,) = re.findall(r"^  (git config .*)$", done.stdout, re.MULTILINE)
    assert "Commit it" in done.stdout
    subprocess.run(["sh", "-c", command], cwd=repo.path, check=True)
    assert [entry["state"] for entry in listed(repo)] == ["counts"]
    assert "is not among them" not in keys(repo, "list").stdout
    use_key(new_key(tmp_path / "mine"))
    assert "Your own signing key is not among them" in keys(repo, "list").stdout


def test_list_shows_nothing_that_a_terminal_obeys(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys").read_text()
    files[0].write_text(f"a\x1b[31m@x.org {key}")
    assert "\x1b" not in keys(repo, "list").stdout
    assert listed(repo)[0]["principals"] == ["a\\x1b[31m@x.org"]


def test_key_for_git_only_is_listed_as_such(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    files[0].write_text(f'a@x.org namespaces="git" {new_key(tmp_path / "keys").read_text()}')
    assert [entry["state"] for entry in listed(repo)] == ["not for attestations"]
    assert (
        "no line of" in keys(repo, "rotate", "--old", tmp_path / "keys/key.pub", "--new", new_key(tmp_path / "n"), code=2).stderr
    )


# init


def git_config(name: str) -> str:
    return subprocess.run(["git", "config", "--global", name], capture_output=True, text=True, check=False).stdout.strip()


def test_init_makes_a_key_once_and_configures_when_asked(tmp_path: Path) -> None:
    done = hunkgate("keys", "init", "--no-passphrase", cwd=tmp_path)
    file = Path(os.environ["HOME"], ".ssh", "id_ed25519_signing")
    assert done.returncode == 0, done.stderr
    assert f"git config --global user.signingKey {file}.pub" in done.stdout
    assert git_config("user.signingKey") == ""
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_bytes()
    done = hunkgate("keys", "init", "--no-passphrase", "--configure", cwd=tmp_path)
    assert (done.returncode, file.read_bytes()) == (0, before)
    assert [git_config("gpg.format"), git_config("user.signingKey")] == ["ssh", f"{file}.pub"]
    done = hunkgate("keys", "init", cwd=tmp_path)
    assert f"You have a signing key: {file}.pub" in done.stdout
    assert "git config" not in done.stdout


@pytest.mark.parametrize("half", ["key", "key.pub"])
def test_init_never_overwrites(tmp_path: Path, half: str) -> None:
    (tmp_path / half).write_text("mine")
    done = hunkgate("keys", "init", "--no-passphrase", "--file", str(tmp_path / "key"), cwd=tmp_path)
    assert done.returncode == 2
    assert "never overwritten" in done.stderr
    assert [path.name for path in tmp_path.glob("key*")] == [half]
    assert (tmp_path / half).read_text() == "mine"


def test_init_without_a_terminal_or_with_a_setting_of_no_use(tmp_path: Path) -> None:
    done = hunkgate("keys", "init", cwd=tmp_path)
    assert (done.returncode, "--no-passphrase" in done.stderr) == (2, True)
    subprocess.run(["git", "config", "--global", "user.signingKey", "0A1B2C3D"], check=True)
    done = hunkgate("keys", "init", "--no-passphrase", cwd=tmp_path)
    assert done.returncode == 3
    assert "no SSH signing key (0A1B2C3D)" in done.stderr
    done = hunkgate("keys", "init", "--no-passphrase", "--configure", "--file", str(tmp_path / "key"), cwd=tmp_path)
    assert "(was: 0A1B2C3D)" in done.stdout


def test_init_asks_for_a_passphrase(tmp_path: Path) -> None:
    ours, its = pty.openpty()
    words = ["hunkgate", "keys", "init", "--file", str(tmp_path / "key")]
    with subprocess.Popen(words, stdin=its, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        os.write(ours, b"open sesame\nopen sesame\n")
        out, err = process.communicate(timeout=120)
    os.close(ours)
    os.close(its)
    assert process.returncode == 0, out + err
    opened = [
        subprocess.run(["ssh-keygen", "-y", "-P", word, "-f", str(tmp_path / "key")], capture_output=True, check=False).returncode
        for word in ("", "open sesame")
    ]
    assert (opened[0] != 0, opened[1]) == (True, 0)


def test_init_of_a_hardware_key_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "key"
    done = hunkgate("keys", "init", "--no-passphrase", "--type", "ed25519-sk", "--file", str(file), cwd=tmp_path,
                    env={"SSH_SK_PROVIDER": "/nowhere"})  # fmt: skip
    assert done.returncode == 3
    assert "touch it when it blinks" in done.stderr
    assert not file.exists()


# the page


def test_the_commands_of_the_page_run(repo: Repo, tmp_path: Path) -> None:
    blocks = dict(
        re.findall(r"^<!-- runs: (\w+) -->\n```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    )
    assert list(blocks) == ["developer", "team", "rotate", "revoke", "authority"]
    for name in ("ana", "ben", "ana-new", "ca"):
        new_key(repo.path, name)
    subprocess.run(["hunkgate", "keys", "add", "ben.pub", "--principal", "x@y", "--signers", ".hunkgate/allowed_signers"],
                   cwd=repo.path, check=True, capture_output=True)  # fmt: skip
    for name, block in blocks.items():
        # There is no terminal here.
        script = block.replace("init --configure", "init --configure --no-passphrase")
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=repo.path, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        if name == "developer":
            (repo.path / ".hunkgate" / "allowed_signers").unlink()
        if name == "revoke":
            assert len(re.findall("  revoked$", done.stdout, re.MULTILINE)) == 1
    assert len((tmp_path / "revoked_keys.log").read_text().splitlines()) == 3


def test_the_page_names_every_field_of_the_list(repo: Repo, files: tuple[Path, Path], tmp_path: Path) -> None:
    keys(repo, "add", new_key(tmp_path / "keys"), "--principal", "dev@example.org")
    shown = json.loads(keys(repo, "list", "--format", "json").stdout)
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*shown, *shown["keys"][0]) if f"`{name}`" not in text] == []
