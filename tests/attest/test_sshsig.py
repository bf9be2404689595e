from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from attesting import new_key
from hypothesis import given
from hypothesis import strategies as st

from reviewer.attest import sshsig
from reviewer.errors import AttestError


@pytest.fixture(params=["ed25519", "rsa", "ecdsa"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, bytes]:
    """A key and an armored signature by it, made by stock ssh-keygen."""
    key = new_key(tmp_path, kind=request.param)
    words = ["ssh-keygen", "-Y", "sign", "-n", sshsig.NAMESPACE, "-f", str(key)]
    return key, subprocess.run(words, input=b"payload", capture_output=True, check=True).stdout


def test_armor_is_that_of_ssh_keygen(made: tuple[Path, bytes]) -> None:
    key, armored = made
    signature = sshsig.dearmor(armored)
    assert signature.armored == armored
    assert signature.namespace == sshsig.NAMESPACE
    assert sshsig.parse(signature.blob) == signature
    assert key.read_text().startswith(signature.key_type + " ")


def test_fingerprint_is_that_of_ssh_keygen(made: tuple[Path, bytes]) -> None:
    key, armored = made
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], capture_output=True, check=True, text=True).stdout
    assert sshsig.fingerprint(sshsig.dearmor(armored).key_digest) == shown.split()[1]


def test_a_signature_cut_anywhere_is_refused(made: tuple[Path, bytes]) -> None:
    blob = sshsig.dearmor(made[1]).blob
    for end in range(len(blob)):
        with pytest.raises(AttestError):
            sshsig.parse(blob[:end])
    with pytest.raises(AttestError):
        sshsig.parse(blob + b"\0")


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    for data in (noise, b"SSHSIG\0\0\0\1" + noise):
        try:
            parsed = sshsig.parse(data)
        except AttestError:
            continue
        assert parsed.blob == data
        assert parsed.key_type.isascii()


@pytest.mark.parametrize("text", [b"", b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", b"\xff", b"error: no"])
def test_other_output_is_no_signature(text: bytes) -> None:
    with pytest.raises(AttestError):
        sshsig.dearmor(text)
