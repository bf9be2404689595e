"""The form of an SSH signature, as `ssh-keygen -Y sign` writes it.

See https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from reviewer.errors import AttestError

NAMESPACE = "review-attestation.v1@hunkgate"
"""What our signatures are for: one made for a commit, a file or anything else is no attestation."""

_MAGIC = b"SSHSIG"
_VERSION = 1
_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_ARMOR_WIDTH = 70


@dataclass(frozen=True, slots=True)
class Signature:
    """An SSH signature, taken apart."""

    blob: bytes
    """The whole of it."""
    public_key: bytes
    """In SSH wire format; a certificate if the key was certified."""
    namespace: str

    @property
    def key_type(self) -> str:
        return _string(self.public_key, 0)[0].decode("ascii")

    @property
    def key_digest(self) -> str:
        """Sha256 (hex) of the public key."""
        return hashlib.sha256(self.public_key).hexdigest()

    @property
    def armored(self) -> bytes:
        """As a file that `ssh-keygen -Y verify -s` reads."""
        text = base64.b64encode(self.blob).decode("ascii")
        lines = [text[start : start + _ARMOR_WIDTH] for start in range(0, len(text), _ARMOR_WIDTH)]
        return "\n".join([_BEGIN, *lines, _END, ""]).encode("ascii")


def fingerprint(key_digest: str) -> str:
    """A key's name as OpenSSH prints it: SHA256: and base64 without padding.

    Args:
        key_digest: sha256 of the public key, hex.
    """
    return "SHA256:" + base64.b64encode(bytes.fromhex(key_digest)).decode("ascii").rstrip("=")


def parse(blob: bytes) -> Signature:
    """Take a signature apart.

    Raises:
        AttestError: it is malformed.
    """
    try:
        if not blob.startswith(_MAGIC) or int.from_bytes(blob[6:10], "big") != _VERSION:
            raise ValueError
        public_key, position = _string(blob, 10)
        namespace, position = _string(blob, position)
        for _reserved_hash_signature in range(3):
            _, position = _string(blob, position)
        if position != len(blob):
            raise ValueError
        signature = Signature(blob, public_key, namespace.decode("utf-8"))
        if not signature.key_type:
            raise ValueError
    except ValueError as error:
        raise AttestError("the SSH signature is malformed") from error
    return signature


def dearmor(text: bytes) -> Signature:
    """Read the file that `ssh-keygen -Y sign` writes.

    Raises:
        AttestError: it is malformed.
    """
    lines = text.decode("ascii", "replace").strip().splitlines()
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise AttestError("the signing program wrote no SSH signature")
    try:
        return parse(base64.b64decode("".join(lines[1:-1]), validate=True))
    except binascii.Error as error:
        raise AttestError("the SSH signature is malformed") from error


def _string(data: bytes, position: int) -> tuple[bytes, int]:
    """A length-prefixed string (RFC 4251 section 5) and where it ends."""
    start = position + 4
    end = start + int.from_bytes(data[position:start], "big")
    if len(data[position:start]) != 4 or end > len(data):
        raise ValueError
    return data[start:end], end
