"""The user's own SSH signing key, as git's settings name it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path

from reviewer import proc
from reviewer.attest import settings
from reviewer.errors import AttestError, ToolError
from reviewer.git import Git

_PUBLIC = re.compile(r"(?P<type>(?:ssh-|ecdsa-|sk-)[A-Za-z0-9@.-]+) +(?P<blob>[A-Za-z0-9+/]+=*)(?: .*)?")

_TIMEOUT = 10.0
"""Seconds to read a key file."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Either a file, or the public key itself, whose other half ssh-agent has."""

    file: Path | None
    literal: str
    """"<type> <base64>"; empty if there is a file."""


def signing_key(git: Git) -> SigningKey:
    """The key that git would sign with. gpg.ssh.defaultKeyCommand is never run.

    Raises:
        AttestError: there is none; says why in a few words.
    """
    setting = settings.path(git, "user.signingKey")
    if not setting:
        raise AttestError("no signing key", todo="Choose one: git config --global user.signingKey ~/.ssh/id_ed25519.pub")
    literal = setting.removeprefix("key::")
    if literal != setting or setting.startswith("ssh-"):
        if not _PUBLIC.fullmatch(literal):
            raise AttestError("user.signingKey is malformed")
        return SigningKey(None, literal)
    file = git.folder / setting
    if not file.is_file():
        # An OpenPGP or X.509 key id, or a file that is gone: both look like a name.
        reason = "the signing key file is missing" if "/" in setting or setting.endswith(".pub") else "no SSH signing key"
        raise AttestError(reason, where=setting)
    return SigningKey(file, "")


def public_blob(key: SigningKey) -> bytes | None:
    """The public key in SSH wire format; None if it cannot be told without a passphrase."""
    if key.file is None:
        return parse_public(key.literal)
    beside = key.file if key.file.suffix == ".pub" else key.file.with_name(key.file.name + ".pub")
    try:
        return parse_public(beside.read_text("utf-8", "replace"))
    except OSError:
        return _from_private(key.file)


def parse_public(text: str) -> bytes | None:
    """The key of a public key line ("<type> <base64> [comment]"), None if it is none."""
    match = _PUBLIC.fullmatch(text.strip())
    try:
        return base64.b64decode(match["blob"], validate=True) if match else None
    except binascii.Error:
        return None


def _from_private(file: Path) -> bytes | None:
    try:
        shown = proc.run([proc.find_tool("ssh-keygen"), "-y", "-P", "", "-f", file], timeout=_TIMEOUT, detached=True)
    except ToolError:
        return None
    return parse_public(shown.out.decode("utf-8", "replace"))
