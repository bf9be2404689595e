"""Whose signature counts: git's allowed signers, and the user's own key.

Who may sign is decided by `ssh-keygen` itself, once for each key; whether a signature is over the payload is then calculated
here (`sshsig_check`), so that ten thousand signatures of five people need a dozen processes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from reviewer import proc
from reviewer.attest import settings
from reviewer.attest.keys import public_blob, signing_key
from reviewer.attest.sshsig import NAMESPACE, Signature
from reviewer.attest.sshsig_check import Checker, Outcome, untouched
from reviewer.errors import AttestError
from reviewer.git import Git
from reviewer.private_folder import private_folder

OWN = "your own key"
"""What stands in place of a principal if only the user's own settings vouch for the key."""

ALLOWED_SETTING = "gpg.ssh.allowedSignersFile"
REVOKED_SETTING = "gpg.ssh.revocationFile"

_TIMEOUT = 20.0
"""Seconds for one ssh-keygen."""

_ANY_CODE = range(256)


class Standing(str, Enum):
    """What a signature is worth here."""

    VALID = "valid"
    UNSIGNED = "unsigned"
    REFUSED = "refused"
    """The signature counts, but not what was signed: another policy, an old engine, too long ago."""
    UNTRUSTED = "untrusted"
    """It is what it says, but nobody here vouches for the key, or not then, or not for attestations."""
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
class KeyFile:
    """A file about keys that the settings name."""

    name: str
    """What messages call it: the setting or option, and where it is."""
    content: bytes | None
    """None if it is missing."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What decides about signatures here. Made by `trust_of`."""

    allowed: KeyFile | None
    """Who may sign (ALLOWED SIGNERS in ssh-keygen(1))."""
    revoked: tuple[KeyFile, ...]
    """Which keys are revoked: each is a list of public keys, or a KRL, and a key that one of them names is revoked."""
    own: bytes | None = field(repr=False)
    """The user's own public key, in SSH wire format."""
    at: datetime | None = None
    """When keys have to be valid; now if None."""
    namespace: str = NAMESPACE
    """What signatures have to be made for."""
    _checker: Checker = field(default_factory=Checker, repr=False, compare=False)
    _decided: dict[bytes, Checked] = field(default_factory=dict, repr=False, compare=False)
    """What was decided about each public key: none of it depends on what was signed."""

    def check(self, signature: Signature, payload: bytes) -> Checked:
        """Check a signature over the payload.

        Raises:
            ToolMissingError: there is no ssh-keygen.
            StorageError: there is no room for temporary files.
        """
        if signature.namespace != self.namespace:
            return Checked(Standing.INVALID, "", f"the signature was made for another purpose: {signature.namespace[:60]!r}")
        if not self._is_over(signature, payload):
            return Checked(Standing.INVALID, "", "the signature is not over this change and this statement")
        if untouched(signature):
            what = "the hardware key signed without being touched (its user-presence flag is not set)"
            return Checked(Standing.UNTRUSTED, "", what)
        decided = self._decided.get(signature.public_key)
        if decided is None:
            decided = self._decided[signature.public_key] = self._decide(signature, payload)
        return decided

    def _is_over(self, signature: Signature, payload: bytes) -> bool:
        outcome = self._checker.check(signature, payload)
        if outcome is not Outcome.UNKNOWN:
            return outcome is Outcome.GOOD
        with private_folder() as folder:
            return _Keygen(folder, signature, payload).says("check-novalidate")

    def _decide(self, signature: Signature, payload: bytes) -> Checked:
        missing = next((file for file in self.revoked if file.content is None), None)
        if missing is not None:
            return Checked(Standing.UNTRUSTED, "", f"the file of revoked keys ({missing.name}) is missing")
        with private_folder() as folder:
            return _decision(self, folder, _Keygen(folder, signature, payload, self.at))


def trust_of(git: Git, *, files: Mapping[str, Sequence[KeyFile]] | None = None, at: datetime | None = None) -> Trust:
    """What git's settings say about whom to trust.

    Args:
        files: by setting, what counts instead of the file that git's settings name. Only one file can say who may sign.

    Raises:
        GitError
    """
    try:
        own = public_blob(signing_key(git))
    except AttestError:
        own = None
    named = {setting: configured_file(git, setting) for setting in (ALLOWED_SETTING, REVOKED_SETTING)}
    named.update(files or {})
    return Trust(next(iter(named[ALLOWED_SETTING]), None), tuple(named[REVOKED_SETTING]), own, at)


def configured_file(git: Git, setting: str) -> Sequence[KeyFile]:
    """The file that a setting of git names; none if it is unset."""
    name = settings.path(git, setting)
    return (key_file(git.folder / name, setting),) if name else ()


def key_file(path: Path, name: str) -> KeyFile:
    """A file about keys."""
    try:
        return KeyFile(name, path.read_bytes())
    except OSError:
        return KeyFile(name, None)


def distrusted(file: KeyFile, why: str) -> KeyFile:
    """The same file as one that does not count."""
    return replace(file, name=f"{file.name}, {why}", content=None)


class _Keygen:
    """One signature, checked by `ssh-keygen -Y` in a folder of its own."""

    def __init__(self, folder: Path, signature: Signature, payload: bytes, at: datetime | None = None) -> None:
        self._program = proc.find_tool("ssh-keygen")
        self._payload = payload
        self._file = folder / "signature"
        self._file.write_bytes(signature.armored)
        # Without a zone the time is local, as the times in allowed signers files are.
        self._time = ("-O", f"verify-time={at.astimezone().strftime('%Y%m%d%H%M%S')}") if at else ()
        self.signature = signature

    def principals(self, allowed: Path) -> list[str]:
        argv: tuple[str | Path, ...] = (self._program, "-Y", "find-principals", "-s", self._file, "-f", allowed, *self._time)
        found = proc.run(argv, timeout=_TIMEOUT, ok=_ANY_CODE, detached=True)
        return found.out.decode("utf-8", "replace").split("\n")[:-1] if found.code == 0 else []

    def says(self, operation: str, *more: str | Path) -> bool:
        time = self._time if operation == "verify" else ()
        words: tuple[str | Path, ...] = ("-Y", operation, "-n", self.signature.namespace, "-s", self._file, *more, *time)
        return proc.run((self._program, *words), stdin=self._payload, timeout=_TIMEOUT, ok=_ANY_CODE, detached=True).code == 0


def _decision(trust: Trust, folder: Path, keygen: _Keygen) -> Checked:
    reasons = []
    lists = [_written(folder / f"revoked{number}", file.content or b"") for number, file in enumerate(trust.revoked)]
    for signers, principal, shown in _candidates(trust, folder, keygen):
        verified = ("-f", signers, "-I", principal)
        if not keygen.says("verify", *verified):
            reasons.append(f"the allowed signers file does not let {principal} sign attestations with this key {_when(trust)}")
        elif not all(keygen.says("verify", *verified, "-r", revoked) for revoked in lists):
            return Checked(Standing.REVOKED, shown, "the key is revoked")
        else:
            return Checked(Standing.VALID, shown, "")
    return Checked(Standing.UNTRUSTED, "", reasons[0] if reasons else _unknown(trust))


def _candidates(trust: Trust, folder: Path, keygen: _Keygen) -> Iterator[tuple[Path, str, str]]:
    """Files of signers, whom to look for in them, and what to call them.

    The user vouches for the own key only where the team's file does not speak of it: an expired key stays expired.
    """
    key = base64.b64encode(keygen.signature.public_key)
    if trust.allowed is not None and trust.allowed.content is not None:
        for number, text in enumerate(_apart(trust.allowed.content, key)):
            allowed = _written(folder / f"allowed{number}", text)
            for principals in keygen.principals(allowed):
                # A line may name several: "a@example.org,b@example.org".
                yield allowed, principals.split(",")[0], principals
        if key in trust.allowed.content:
            return
    if trust.own == keygen.signature.public_key:
        own = _written(folder / "own", b"own %s %s\n" % (keygen.signature.key_type.encode("ascii"), key))
        yield own, "own", OWN


def _apart(allowed: bytes, key: bytes) -> Iterator[bytes]:
    """The lines with the key one by one, and all others together.

    `ssh-keygen -Y find-principals` stops at the first line with the key, also if that line is for other namespaces.
    """
    lines = allowed.split(b"\n")
    yield from (line + b"\n" for line in lines if key in line)
    others = [line for line in lines if line.strip() and key not in line]
    if others:
        yield b"\n".join(others) + b"\n"


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _unknown(trust: Trust) -> str:
    if trust.allowed is None:
        return f"nobody here vouches for the key: git's {ALLOWED_SETTING} is not set, and it is not your own"
    if trust.allowed.content is None:
        return f"the allowed signers file ({trust.allowed.name}) is missing"
    return f"the allowed signers file does not vouch for the key {_when(trust)}"


def _when(trust: Trust) -> str:
    return f"at {trust.at:%Y-%m-%d %H:%M:%SZ}" if trust.at else "now"
