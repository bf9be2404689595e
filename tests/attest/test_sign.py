"""Signing with git's own settings, without ever asking anything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from attesting import git_of, new_key, use_key
from conftest import Repo

from reviewer.attest import keys, sign, sshsig
from reviewer.attest.sign import sign as make
from reviewer.errors import AttestError, ToolMissingError

PAYLOAD = b"payload\0\xff"


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A private ssh-agent."""
    sock = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(sock)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(sock))
    while not sock.exists():
        assert process.poll() is None
    yield
    process.terminate()
    process.wait()


def add_to_agent(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(key.with_suffix(""))], check=True, capture_output=True)


def assert_verifies(signature: sshsig.Signature, key: Path, folder: Path) -> None:
    """Stock ssh-keygen accepts it for the key."""
    (folder / "sig").write_bytes(signature.armored)
    (folder / "allowed").write_text(f"dev@example.org {key.read_text()}")
    words = ["ssh-keygen", "-Y", "verify", "-n", sshsig.NAMESPACE, "-I", "dev@example.org", "-s", "sig", "-f", "allowed"]
    done = subprocess.run(words, cwd=folder, input=PAYLOAD, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("form", ["public file", "private file", "home", "relative", "of the command"])
def test_key_files(repo: Repo, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(os.environ["HOME"])
    key = new_key(home / "keys")
    settings = {
        "public file": str(key),
        "private file": str(key.with_suffix("")),
        "home": "~/keys/key.pub",
        "relative": os.path.relpath(key, repo.path),
    }
    if form == "of the command":
        monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'user.signingkey={key}'")
    else:
        repo.git("config", "user.signingKey", settings[form])
    assert_verifies(make(git_of(repo), PAYLOAD), key, tmp_path)


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("prefix", ["key::", ""])
def test_literal_key_whose_other_half_the_agent_has(repo: Repo, tmp_path: Path, prefix: str) -> None:
    key = new_key(tmp_path / "keys")
    add_to_agent(key)
    key.with_suffix("").unlink()
    repo.git("config", "user.signingKey", prefix + key.read_text().strip())
    assert_verifies(make(git_of(repo), PAYLOAD), key, tmp_path)
    assert keys.public_blob(keys.signing_key(git_of(repo))) == make(git_of(repo), PAYLOAD).public_key


@pytest.mark.usefixtures("agent")
def test_agent_stands_in_for_a_locked_file(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys", passphrase="secret")
    use_key(key)
    with pytest.raises(AttestError, match="locked"):
        make(git_of(repo), PAYLOAD)
    env = {**os.environ, "SSH_ASKPASS_REQUIRE": "force", "SSH_ASKPASS": str(_answering(tmp_path, "secret"))}
    subprocess.run(["ssh-add", "-q", str(key.with_suffix(""))], check=True, capture_output=True, env=env)
    assert_verifies(make(git_of(repo), PAYLOAD), key, tmp_path)


@pytest.mark.usefixtures("agent")
def test_agent_that_is_locked_leaves_a_reason_and_asks_nobody(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    add_to_agent(key)
    key.with_suffix("").unlink()
    use_key(key)
    assert_verifies(make(git_of(repo), PAYLOAD), key, tmp_path)
    env = {**os.environ, "SSH_ASKPASS_REQUIRE": "force", "SSH_ASKPASS": str(_answering(tmp_path, "secret"))}
    subprocess.run(["ssh-add", "-x"], check=True, capture_output=True, env=env)
    with pytest.raises(AttestError, match=r"the signing key is (not here|locked)"):
        make(git_of(repo), PAYLOAD)
    subprocess.run(["ssh-add", "-X"], check=True, capture_output=True, env=env)
    assert_verifies(make(git_of(repo), PAYLOAD), key, tmp_path)


def test_key_that_was_deleted_leaves_a_reason(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    use_key(key)
    make(git_of(repo), PAYLOAD)
    key.with_suffix("").unlink()
    key.unlink()
    with pytest.raises(AttestError, match="the signing key file is missing"):
        make(git_of(repo), PAYLOAD)


def _answering(folder: Path, answer: str) -> Path:
    script = folder / "askpass"
    script.write_text(f"#!/bin/sh\necho {answer}\n")
    script.chmod(0o755)
    return script


def test_nobody_is_asked_for_a_passphrase(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "askpass"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\necho secret\n")
    script.chmod(0o755)
    monkeypatch.setenv("SSH_ASKPASS", str(script))
    monkeypatch.setenv("DISPLAY", ":0")
    use_key(new_key(tmp_path / "keys", passphrase="secret"))
    with pytest.raises(AttestError, match="the signing key is locked"):
        make(git_of(repo), PAYLOAD)
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("", "no signing key"),
        ("0xDEADBEEF01234567", "no SSH signing key"),
        ("A Developer <dev@example.org>", "no SSH signing key"),
        ("/nowhere/id_ed25519.pub", "the signing key file is missing"),
        ("key::nonsense", "malformed"),
        ("ssh-ed25519 AAAA", "could not sign|not here|cannot be read"),
    ],
)
def test_settings_that_name_no_ssh_key(repo: Repo, setting: str, reason: str) -> None:
    repo.git("config", "user.signingKey", setting)
    with pytest.raises(AttestError, match=reason):
        make(git_of(repo), PAYLOAD)


def test_public_half_alone_cannot_sign(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    key.with_suffix("").unlink()
    use_key(key)
    with pytest.raises(AttestError, match="the signing key is not here"):
        make(git_of(repo), PAYLOAD)


def test_key_that_others_can_read_is_refused_by_ssh(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    key.with_suffix("").chmod(0o644)
    use_key(key)
    with pytest.raises(AttestError, match="cannot be read"):
        make(git_of(repo), PAYLOAD)


def test_default_key_command_is_not_run(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "gpg.ssh.defaultKeyCommand", f"touch {tmp_path}/ran")
    with pytest.raises(AttestError, match="no signing key"):
        make(git_of(repo), PAYLOAD)
    assert not (tmp_path / "ran").exists()


def test_program_comes_from_the_user_only(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    use_key(key)
    program = tmp_path / "signer"
    program.write_text(f'#!/bin/sh\ntouch {tmp_path}/ran\nexec ssh-keygen "$@"\n')
    program.chmod(0o755)
    repo.git("config", "gpg.ssh.program", str(program))
    assert_verifies(make(git_of(repo), PAYLOAD), key, tmp_path)
    assert not (tmp_path / "ran").exists()
    repo.git("config", "--global", "gpg.ssh.program", str(program))
    assert_verifies(make(git_of(repo), PAYLOAD), key, tmp_path)
    assert (tmp_path / "ran").exists()


def test_program_that_writes_nonsense(repo: Repo, tmp_path: Path) -> None:
    use_key(new_key(tmp_path / "keys"))
    repo.git("config", "--global", "gpg.ssh.program", "/bin/true")
    with pytest.raises(AttestError, match="no SSH signature"):
        make(git_of(repo), PAYLOAD)


def test_without_ssh_keygen(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_key(new_key(tmp_path / "keys"))

    def nowhere(name: str) -> Path:
        raise ToolMissingError(f"{name} is not installed")

    monkeypatch.setattr(sign.proc, "find_tool", nowhere)
    with pytest.raises(AttestError, match="ssh-keygen is missing"):
        make(git_of(repo), PAYLOAD)


def test_signer_that_hangs_is_ended(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_key(new_key(tmp_path / "keys"))
    program = tmp_path / "signer"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    repo.git("config", "--global", "gpg.ssh.program", str(program))
    monkeypatch.setattr(sign, "TIMEOUT", 0.2)
    with pytest.raises(AttestError, match="took too long"):
        make(git_of(repo), PAYLOAD)


def test_public_blob_of_a_private_file_without_its_public_half(repo: Repo, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys")
    blob = keys.parse_public(key.read_text())
    key.unlink()
    use_key(key.with_suffix(""))
    assert blob is not None
    assert keys.public_blob(keys.signing_key(git_of(repo))) == blob
