"""Whose signature counts: git's allowed signers, and the user's own key."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from reviewer import proc
from reviewer.attest import settings
from reviewer.attest.keys import public_blob, signing_key
from reviewer.attest.sshsig import NAMESPACE, Signature
from reviewer.errors import AttestError, StorageError
from reviewer.git import Git

OWN = "your own key"
"""What stands in place of a principal if only the user's own settings vouch for the key."""

_TIMEOUT = 20.0
"""Seconds for one ssh-keygen."""

_ANY_CODE = range(256)


class Standing(str, Enum):
    """What a signature is worth here."""

    VALID = "valid"
    UNSIGNED = "unsigned"
    UNTRUSTED = "untrusted"
    """It is what it says, but nobody here vouches for the key, or not now, or not for attestations."""
    REVOKED = "revoked"
    INVALID = "invalid"
    """It was made for something else."""
    NONE = "none"
    """There is no attestation."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came out of checking one signature."""

    standing: Standing
    principal: str
    """Who vouches or signed, as the allowed signers file names them; `OWN`; empty if nobody."""
    reason: str
    """In words; empty if it is valid."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What decides about signatures here. Made by `trust_of`."""

    allowed: Path | None
    """Git's gpg.ssh.allowedSignersFile."""
    revoked: Path | None
    """Git's gpg.ssh.revocationFile."""
    own: bytes | None = field(repr=False)
    """The user's own public key, in SSH wire format."""

    def check(self, signature: Signature, payload: bytes) -> Checked:
        """Check a signature over the payload, now.

        Raises:
            ToolMissingError: there is no ssh-keygen.
            StorageError: there is no room for temporary files.
        """
        if signature.namespace != NAMESPACE:
            return Checked(Standing.INVALID, "", f"the signature was made for another purpose: {signature.namespace[:60]!r}")
        if self.revoked is not None and not self.revoked.is_file():
            return Checked(Standing.UNTRUSTED, "", "the file of revoked keys (gpg.ssh.revocationFile) is missing")
        with _private_folder() as folder:
            return _Check(folder, signature, payload).run(self)


def trust_of(git: Git) -> Trust:
    """What git's settings say about whom to trust.

    Raises:
        GitError
    """
    try:
        own = public_blob(signing_key(git))
    except AttestError:
        own = None
    files = [settings.path(git, key) for key in ("gpg.ssh.allowedSignersFile", "gpg.ssh.revocationFile")]
    allowed, revoked = (git.folder / name if name else None for name in files)
    return Trust(allowed, revoked, own)


class _Check:
    """One signature, checked by `ssh-keygen -Y` in a folder of its own."""

    def __init__(self, folder: Path, signature: Signature, payload: bytes) -> None:
        self._keygen = proc.find_tool("ssh-keygen")
        self._signature = signature
        self._payload = payload
        self._file = folder / "signature"
        self._own_signers = folder / "own"
        self._key_text = base64.b64encode(signature.public_key).decode("ascii")
        self._file.write_bytes(signature.armored)

    def run(self, trust: Trust) -> Checked:
        if not self._says("check-novalidate"):
            return Checked(Standing.INVALID, "", "the signature is not over this change and this statement")
        reasons = []
        for signers, principal, shown in self._candidates(trust):
            verified = ("-f", signers, "-I", principal)
            if not self._says("verify", *verified):
                reasons.append(f"the allowed signers file does not let {principal} sign attestations with this key now")
            elif trust.revoked and not self._says("verify", *verified, "-r", trust.revoked):
                return Checked(Standing.REVOKED, shown, "the key is revoked")
            else:
                return Checked(Standing.VALID, shown, "")
        return Checked(Standing.UNTRUSTED, "", reasons[0] if reasons else _unknown(trust))

    def _candidates(self, trust: Trust) -> Iterator[tuple[Path, str, str]]:
        """Files of signers, whom to look for in them, and what to call them.

        The user vouches for the own key only where the team's file does not speak of it: an expired key stays expired.
        """
        if trust.allowed is not None and trust.allowed.is_file():
            for principal in self._principals(trust.allowed):
                yield trust.allowed, principal, principal
            if self._key_text in trust.allowed.read_text("utf-8", "replace"):
                return
        if trust.own == self._signature.public_key:
            self._own_signers.write_text(f"own {self._signature.key_type} {self._key_text}\n", encoding="ascii")
            yield self._own_signers, "own", OWN

    def _principals(self, allowed: Path) -> list[str]:
        argv: tuple[str | Path, ...] = (self._keygen, "-Y", "find-principals", "-s", self._file, "-f", allowed)
        found = proc.run(argv, timeout=_TIMEOUT, ok=_ANY_CODE, detached=True)
        return found.out.decode("utf-8", "replace").split("\n")[:-1] if found.code == 0 else []

    def _says(self, operation: str, *more: str | Path) -> bool:
        argv: tuple[str | Path, ...] = (self._keygen, "-Y", operation, "-n", NAMESPACE, "-s", self._file, *more)
        return proc.run(argv, stdin=self._payload, timeout=_TIMEOUT, ok=_ANY_CODE, detached=True).code == 0


def _unknown(trust: Trust) -> str:
    if trust.allowed is None:
        return "nobody here vouches for the key: git's gpg.ssh.allowedSignersFile is not set, and it is not your own"
    if not trust.allowed.is_file():
        return "the allowed signers file (gpg.ssh.allowedSignersFile) is missing"
    return "the allowed signers file does not vouch for the key now"


@contextmanager
def _private_folder() -> Iterator[Path]:
    try:
        with tempfile.TemporaryDirectory(prefix="hunkgate-") as folder:
            yield Path(folder)
    except OSError as error:
        raise StorageError(f"cannot make temporary files: {error.strerror}", todo="Free some space.") from error
