"""The mathematics of signatures, held against ssh-keygen on good and on tampered ones."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from attesting import new_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.attest.sshsig import NAMESPACE, Signature, dearmor, parse
from reviewer.attest.sshsig_check import Checker, Outcome, untouched
from reviewer.errors import AttestError

PAYLOAD = b"DSSEv1 4 kind 7 payload"

library = pytest.importorskip("cryptography", reason="without it every signature is left to ssh-keygen")

KINDS = ("ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa-2048")


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def keygen_agrees(folder: Path, signature: Signature, payload: bytes) -> bool:
    """What ssh-keygen says of the signature."""
    file = folder / "checked.sig"
    file.write_bytes(signature.armored)
    words = ["ssh-keygen", "-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(file)]
    return subprocess.run(words, input=payload, capture_output=True, timeout=60, check=False).returncode == 0


def made_by_keygen(folder: Path, kind: str) -> Signature:
    name, _, bits = kind.partition("-")
    folder.mkdir(parents=True)
    size = ["-b", bits] if bits else []
    subprocess.run(["ssh-keygen", "-q", "-t", name, *size, "-N", "", "-f", str(folder / "key")], check=True, timeout=60)
    words = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(folder / "key")]
    return dearmor(subprocess.run(words, input=PAYLOAD, capture_output=True, check=True, timeout=60).stdout)


def made_by_hardware(kind: str, flags: int = 1, namespace: str = NAMESPACE) -> Signature:
    """What a FIDO key would sign (PROTOCOL.u2f)."""
    digest = hashlib.sha512(PAYLOAD).digest()
    signed = b"SSHSIG" + string(namespace.encode()) + string(b"") + string(b"sha512") + string(digest)
    counted = bytes([flags]) + (7).to_bytes(4, "big")
    message = hashlib.sha256(b"ssh:").digest() + counted + hashlib.sha256(signed).digest()
    fields, raw = ed25519(message) if kind == "sk-ssh-ed25519@openssh.com" else ecdsa(message)
    public = b"".join(map(string, [kind.encode(), *fields, b"ssh:"]))
    inner = string(kind.encode()) + string(raw) + counted
    parts = [public, namespace.encode(), b"", b"sha512", inner]
    return parse(b"SSHSIG" + (1).to_bytes(4, "big") + b"".join(map(string, parts)))


def ed25519(message: bytes) -> tuple[list[bytes], bytes]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return [key.public_key().public_bytes_raw()], key.sign(message)


def ecdsa(message: bytes) -> tuple[list[bytes], bytes]:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    numbers = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return [b"nistp256", point], b"".join(string(mpint(number)) for number in numbers)


def mpint(number: int) -> bytes:
    """RFC 4251 section 5: with a leading zero where the first bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


HARDWARE = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")


@pytest.mark.parametrize("kind", KINDS)
def test_good_signature(tmp_path: Path, kind: str) -> None:
    signature = made_by_keygen(tmp_path / "keys", kind)
    assert Checker().check(signature, PAYLOAD) is Outcome.GOOD
    assert Checker().check(signature, PAYLOAD + b" ") is Outcome.BAD
    assert not untouched(signature)


@pytest.mark.parametrize("kind", HARDWARE)
@pytest.mark.parametrize("flags", [0, 1, 4, 5])
def test_hardware_signature_agrees_with_keygen_and_its_touch_is_seen(tmp_path: Path, kind: str, flags: int) -> None:
    signature = made_by_hardware(kind, flags)
    assert Checker().check(signature, PAYLOAD) is Outcome.GOOD
    assert keygen_agrees(tmp_path, signature, PAYLOAD), "stock ssh-keygen does not mind that nobody touched the key"
    assert Checker().check(signature, b"other") is Outcome.BAD
    assert untouched(signature) is not bool(flags & 1)


def certified(folder: Path) -> Signature:
    """By a key with a certificate of a certificate authority."""
    key, authority = new_key(folder / "user"), new_key(folder / "ca")
    words = ["ssh-keygen", "-q", "-s", str(authority.with_suffix("")), "-I", "id", "-n", "dev@example.org", str(key)]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    (folder / "user" / "key.pub").write_bytes((folder / "user" / "key-cert.pub").read_bytes())
    words = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(folder / "user" / "key-cert.pub")]
    (folder / "user" / "key-cert").write_bytes((folder / "user" / "key").read_bytes())
    (folder / "user" / "key-cert").chmod(0o600)
    return dearmor(subprocess.run(words, input=PAYLOAD, capture_output=True, check=True, timeout=60).stdout)


def test_certificate(tmp_path: Path) -> None:
    signature = certified(tmp_path)
    assert "-cert-" in signature.key_type
    assert Checker().check(signature, PAYLOAD) is Outcome.GOOD
    assert Checker().check(signature, b"other") is Outcome.BAD
    assert keygen_agrees(tmp_path, signature, PAYLOAD)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Signature]]:
    folder = tmp_path_factory.mktemp("corpus")
    signatures = [made_by_keygen(folder / kind, kind) for kind in KINDS]
    return folder, [*signatures, *(made_by_hardware(kind) for kind in HARDWARE)]


@settings(
    max_examples=int(os.environ.get("HUNKGATE_TEST_EXAMPLES", "60")), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.data())
def test_tampered_signatures_are_judged_as_ssh_keygen_judges_them(corpus: tuple[Path, list[Signature]], data: Any) -> None:
    """What cannot be told here is left to ssh-keygen; what can is the same."""
    folder, signatures = corpus
    blob = bytearray(data.draw(st.sampled_from(signatures)).blob)
    for _ in range(data.draw(st.integers(0, 2))):
        position = data.draw(st.integers(10, len(blob) - 1))
        operation = data.draw(st.sampled_from(("flip", "cut", "insert")))
        if operation == "flip":
            blob[position] ^= 1 << data.draw(st.integers(0, 7))
        elif operation == "cut":
            del blob[position]
        else:
            blob.insert(position, data.draw(st.integers(0, 255)))
    try:
        signature = parse(bytes(blob))
    except AttestError:
        return
    if signature.namespace != NAMESPACE:
        return
    outcome = Checker().check(signature, PAYLOAD)
    if outcome is not Outcome.UNKNOWN:
        assert (outcome is Outcome.GOOD) == keygen_agrees(folder, signature, PAYLOAD)


def test_without_the_package_it_is_left_to_ssh_keygen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signature = made_by_keygen(tmp_path / "keys", "ed25519")
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.asymmetric.ec", None)
    assert Checker().check(signature, PAYLOAD) is Outcome.UNKNOWN
