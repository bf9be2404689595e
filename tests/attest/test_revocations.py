"""The file of revoked keys, and that no file is ever half written."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
from attesting import new_key

from reviewer.attest.key_files import rewrite
from reviewer.attest.named_key import PublicKey, fingerprint_in, read_key
from reviewer.attest.revocations import revoke, revoked_among
from reviewer.errors import AttestError, StorageError, UsageError

AT = datetime(2026, 11, 22, 8, 30, tzinfo=timezone.utc)


def stock_says_revoked(krl: Path, key: Path) -> bool:
    return subprocess.run(["ssh-keygen", "-Q", "-f", str(krl), str(key)], capture_output=True, check=False).returncode == 1


def keys(folder: Path, count: int) -> list[tuple[Path, PublicKey]]:
    files = [new_key(folder, f"k{number}") for number in range(count)]
    return [(file, read_key(str(file))) for file in files]


def test_keys_and_fingerprints_are_added_to_a_krl(tmp_path: Path) -> None:
    (one, first), (two, second), (three, third) = keys(tmp_path / "keys", 3)
    krl = tmp_path / "new" / "krl"
    assert revoke(krl, first, "stolen", AT)
    assert revoke(krl, second.fingerprint, "", AT)
    assert [stock_says_revoked(krl, file) for file in (one, two, three)] == [True, True, False]
    blobs = [(key.kind, key.blob) for key in (first, second, third)]
    assert revoked_among(krl.read_bytes(), blobs, "krl") == {first.blob, second.blob}
    before = krl.read_bytes()
    assert not revoke(krl, first, "again", AT)
    assert not revoke(krl, second.fingerprint, "again", AT)
    assert krl.read_bytes() == before
    log = (tmp_path / "new" / "krl.log").read_text().splitlines()
    assert log[0] == f"2026-11-22T08:30:00Z\t{first.fingerprint}\tssh-ed25519 dev@example.org\tstolen"
    assert len(log) == 2


def test_plain_list_stays_one(tmp_path: Path) -> None:
    (_, first), (_, second) = keys(tmp_path / "keys", 2)
    listed = tmp_path / "list"
    listed.write_text(f"# ours\n{first.line}")
    assert revoke(listed, second, "lost", AT)
    assert listed.read_text() == f"# ours\n{first.line}\n# revoked 2026-11-22T08:30:00Z lost\n{second.line}\n"
    assert not revoke(listed, second, "lost", AT)
    with pytest.raises(UsageError, match="cannot hold a fingerprint"):
        revoke(listed, second.fingerprint, "", AT)


@pytest.mark.parametrize("content", [b"SSHKRL\n\0 cut", b"no key at all\n"])
def test_damaged_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    ((_, key),) = keys(tmp_path / "keys", 1)
    file = tmp_path / "revoked"
    file.write_bytes(content)
    with pytest.raises(AttestError) as raised:
        revoke(file, key, "", AT)
    assert raised.value.where.startswith(str(file))
    assert file.read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys", "revoked"]


def test_reason_of_several_lines_is_refused(tmp_path: Path) -> None:
    ((_, key),) = keys(tmp_path / "keys", 1)
    with pytest.raises(UsageError):
        revoke(tmp_path / "krl", key, "one\ntwo", AT)
    assert not (tmp_path / "krl").exists()


# writing


def test_rewriting_keeps_mode_and_follows_links(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"one")
    file.chmod(0o640)
    link.symlink_to("file")
    assert rewrite(link, lambda before: (before or b"") + b" two")
    assert (file.read_bytes(), file.stat().st_mode & 0o777, link.is_symlink()) == (b"one two", 0o640, True)
    assert not rewrite(link, lambda before: before or b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_two_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one")

    def change(before: bytes | None) -> bytes:
        with pytest.raises(StorageError, match="somebody else"):
            rewrite(file, lambda _: b"other")
        return (before or b"") + b" two"

    assert rewrite(file, change)
    assert file.read_bytes() == b"one two"


def test_failure_leaves_the_file_and_no_lock(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one")

    def fail(before: bytes | None) -> bytes:
        raise UsageError("no")

    with pytest.raises(UsageError):
        rewrite(file, fail)
    assert file.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208 - a list of names


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        rewrite(tmp_path / "file" / "x", lambda _: b"x")


# the key that is named


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        ("", "no key in the file", ""),
        ("# only a comment\n", "no key in the file", ""),
        ("KEY\n# x\nKEY\n", "2 keys in the file", ":3"),
        ("\nssh-ed25519 AAAA\n", "malformed", ":2"),
        ("ssh-dss AAAAB3NzaC1kc3M=\n", "malformed, cut, or of a kind", ":1"),
        ("ssh-rsa BLOB\n", "the key is ssh-ed25519, and the line calls it ssh-rsa", ":1"),
        ("hello\n", "no SSH public key", ":1"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "a private key", ""),
    ],
)
def test_malformed_key_file(tmp_path: Path, content: str, reason: str, line: str) -> None:
    words = new_key(tmp_path / "keys").read_text().split()
    file = tmp_path / "file"
    file.write_text(content.replace("KEY\n", " ".join(words) + "\n").replace("BLOB", words[1]))
    with pytest.raises(UsageError, match=reason) as raised:
        read_key(str(file))
    assert raised.value.where == f"{file}{line}"
    assert raised.value.todo


@pytest.mark.parametrize("name", ["nothing", "", "a\0b", "ssh-ed25519 !!!"])
def test_no_key_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        read_key(name)


def test_short_rsa_key_is_refused() -> None:
    modulus = b"\0" + b"\xff" * 64
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-rsa", b"\1\0\1", modulus))
    with pytest.raises(UsageError, match="does not accept"):
        read_key(PublicKey("ssh-rsa", blob, "", "").line)


def test_private_key_stands_for_its_public_half(tmp_path: Path) -> None:
    public = new_key(tmp_path)
    assert read_key(str(public.with_suffix(""))).blob == read_key(public.read_text()).blob


def test_fingerprints() -> None:
    digest = "SHA256:" + "a" * 43
    assert fingerprint_in(digest) == fingerprint_in(digest + "=") == digest
    assert fingerprint_in("key.pub") is None
    for text in ("SHA256:abc", "MD5:00:11", digest + "aa"):
        with pytest.raises(UsageError):
            fingerprint_in(text)
