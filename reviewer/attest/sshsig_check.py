"""Checking an SSH signature in this process: the mathematics only, not whose key it is.

Formats: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig for the signature, PROTOCOL.u2f for keys in
hardware ("sk-"), PROTOCOL.certkeys for certificates, RFC 4253, 5656, 8332 and 8709 for keys and signatures of each kind.
A signature of another kind, or a Python without the package `cryptography`, is left to `ssh-keygen`.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from enum import Enum
from typing import Any

from reviewer.attest.sshsig import Signature

_CERTIFICATE = "-cert-v01@openssh.com"
_HARDWARE = ("sk-", "webauthn-sk-")
_USER_PRESENT = 0x01
"""Of the flags byte of a hardware key's signature: somebody touched it (PROTOCOL.u2f)."""

_ECDSA_HASHES = {"nistp256": "SHA256", "nistp384": "SHA384", "nistp521": "SHA512"}
_RSA_HASHES = {"rsa-sha2-256": "SHA256", "rsa-sha2-512": "SHA512"}
_CURVES = {"nistp256": "SECP256R1", "nistp384": "SECP384R1", "nistp521": "SECP521R1"}
_MIN_RSA_BITS = 1024
"""OpenSSH's own limit (SSH_RSA_MINIMUM_MODULUS_SIZE)."""


class Outcome(str, Enum):
    """What the mathematics says."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    """It cannot be told here; ssh-keygen may know."""


class UnreadableError(ValueError):
    """Bytes that are not of the form."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, taken apart; that inside of a certificate."""

    kind: str
    """Such as "ssh-ed25519", without the suffix of certificates."""
    fields: tuple[bytes, ...]

    @property
    def in_hardware(self) -> bool:
        return self.kind.startswith(_HARDWARE)

    @property
    def application(self) -> bytes:
        """What a hardware key was made for, such as "ssh:"."""
        return self.fields[-1]


class Checker:
    """Checks signatures; knows every key it has seen."""

    def __init__(self) -> None:
        self._loaded: dict[bytes, Any] = {}

    def check(self, signature: Signature, payload: bytes) -> Outcome:
        """Whether the signature is over the payload, by the key that it names."""
        try:
            key, parts = parse_key(signature.public_key), parts_of(signature)
            message = _signed(signature, parts, payload)
            if key.in_hardware:
                flags_and_counter = parts.trailer[:5]
                message = hashlib.sha256(key.application).digest() + flags_and_counter + hashlib.sha256(message).digest()
        except UnreadableError:
            return Outcome.UNKNOWN
        if parts.hash_algorithm not in ("sha256", "sha512"):
            return Outcome.BAD
        loaded = self._key(signature.public_key, key)
        if loaded is None or parts.kind not in _fitting(key.kind):
            return Outcome.UNKNOWN
        if len(parts.trailer) != (5 if key.in_hardware else 0):
            return Outcome.BAD
        return Outcome.GOOD if _verifies(loaded, key, parts, message) else Outcome.BAD

    def _key(self, blob: bytes, key: Key) -> Any:
        """The key in the form of the package, None if it cannot be had."""
        if blob not in self._loaded:
            self._loaded[blob] = _load(key)
        return self._loaded[blob]


def untouched(signature: Signature) -> bool:
    """Whether it was made by a hardware key without anybody touching it. `ssh-keygen -Y verify` does not mind."""
    try:
        parts = parts_of(signature)
    except UnreadableError:
        return True
    if not parts.kind.startswith(_HARDWARE) and not signature.key_type.startswith(_HARDWARE):
        return False
    return not parts.trailer or not parts.trailer[0] & _USER_PRESENT


@dataclass(frozen=True, slots=True)
class Parts:
    """What a signature consists of beside key and namespace."""

    hash_algorithm: str
    kind: str
    """Of the signature, such as "rsa-sha2-512"."""
    raw: bytes
    trailer: bytes
    """What follows: flags and counter of a hardware key."""


def parts_of(signature: Signature) -> Parts:
    """Take it further apart.

    Raises:
        UnreadableError
    """
    whole = _Reader(signature.blob, len(b"SSHSIG") + 4)
    for _key_namespace_reserved in range(3):
        whole.string()
    hash_algorithm = _text(whole.string())
    inner = _Reader(whole.string())
    return Parts(hash_algorithm, _text(inner.string()), inner.string(), inner.rest())


def parse_key(blob: bytes) -> Key:
    """A public key or certificate in SSH wire format.

    Raises:
        UnreadableError: it is malformed, or of a kind that is not known here.
    """
    reader = _Reader(blob)
    kind = _text(reader.string())
    certificate = kind.endswith(_CERTIFICATE)
    if certificate:
        # "sk-ssh-ed25519-cert-v01@openssh.com" certifies "sk-ssh-ed25519@openssh.com", "ssh-rsa-cert-v01@openssh.com" "ssh-rsa".
        kind = kind.removesuffix(_CERTIFICATE) + ("@openssh.com" if kind.startswith("sk-") else "")
        reader.string()
    fields = tuple(reader.string() for _ in range(_field_count(kind)))
    if not certificate and reader.rest():
        raise UnreadableError
    return Key(kind, fields)


def _field_count(kind: str) -> int:
    counts = {"ssh-ed25519": 1, "sk-ssh-ed25519@openssh.com": 2, "ssh-rsa": 2, "sk-ecdsa-sha2-nistp256@openssh.com": 3}
    if kind in counts:
        return counts[kind]
    if kind.removeprefix("ecdsa-sha2-") in _CURVES:
        return 2
    raise UnreadableError


def _fitting(kind: str) -> tuple[str, ...]:
    """The kinds of signature that are checked here for a kind of key."""
    return tuple(_RSA_HASHES) if kind == "ssh-rsa" else (kind,)


def _signed(signature: Signature, parts: Parts, payload: bytes) -> bytes:
    """The blob that is signed for a message (PROTOCOL.sshsig, "Signed Data"); the reserved field is empty in this version."""
    digest = hashlib.new("sha256" if parts.hash_algorithm == "sha256" else "sha512", payload).digest()
    fields = (signature.namespace.encode("utf-8"), b"", parts.hash_algorithm.encode("ascii"), digest)
    return b"SSHSIG" + b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def _load(key: Key) -> Any:
    """The key in the form of the package; None if the package is not there or refuses it."""
    try:
        ec, ed25519, rsa = (_package(f"hazmat.primitives.asymmetric.{name}") for name in ("ec", "ed25519", "rsa"))
    except ImportError:
        return None
    try:
        if "ed25519" in key.kind:
            return ed25519.Ed25519PublicKey.from_public_bytes(key.fields[0])
        if key.kind == "ssh-rsa":
            exponent, modulus = (_number(field) for field in key.fields)
            return None if modulus.bit_length() < _MIN_RSA_BITS else rsa.RSAPublicNumbers(exponent, modulus).public_key()
        curve = _text(key.fields[0])
        if f"ecdsa-sha2-{curve}" not in key.kind:
            return None
        return ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, _CURVES[curve])(), key.fields[1])
    except ValueError:
        return None


def _verifies(loaded: Any, key: Key, parts: Parts, message: bytes) -> bool:
    invalid = _package("exceptions").InvalidSignature
    try:
        if "ed25519" in key.kind:
            loaded.verify(parts.raw, message)
        elif key.kind == "ssh-rsa":
            padding = _package("hazmat.primitives.asymmetric.padding")
            # OpenSSH fills up a signature whose leading zeros were left out.
            filled = parts.raw.rjust((loaded.key_size + 7) // 8, b"\0")
            loaded.verify(filled, message, padding.PKCS1v15(), _hash(_RSA_HASHES[parts.kind]))
        else:
            ec = _package("hazmat.primitives.asymmetric.ec")
            loaded.verify(_dss(parts.raw), message, ec.ECDSA(_hash(_ECDSA_HASHES[_text(key.fields[0])])))
    except (invalid, ValueError):
        return False
    return True


def _dss(raw: bytes) -> Any:
    """The two numbers of an ECDSA signature (RFC 5656 section 3.1.2) as the package wants them."""
    reader = _Reader(raw)
    numbers = _number(reader.string()), _number(reader.string())
    if reader.rest():
        raise UnreadableError
    return _package("hazmat.primitives.asymmetric.utils").encode_dss_signature(*numbers)


def _hash(name: str) -> Any:
    return getattr(_package("hazmat.primitives.hashes"), name)()


def _package(name: str) -> Any:
    """A module of `cryptography`, imported when the first signature is checked: 20 ms."""
    return importlib.import_module(f"cryptography.{name}")


def _number(data: bytes) -> int:
    """An mpint (RFC 4251 section 5) that is not negative."""
    if data[:1] >= b"\x80":
        raise UnreadableError
    return int.from_bytes(data, "big")


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise UnreadableError from error


class _Reader:
    """Length-prefixed strings (RFC 4251 section 5), one after the other."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self._position = position

    def string(self) -> bytes:
        start = self._position + 4
        end = start + int.from_bytes(self._data[self._position : start], "big")
        if start > len(self._data) or end > len(self._data):
            raise UnreadableError
        self._position = end
        return self._data[start:end]

    def rest(self) -> bytes:
        return self._data[self._position :]
