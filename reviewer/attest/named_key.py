"""The key that somebody names: itself, its fingerprint, or a file."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from reviewer import proc
from reviewer.attest.allowed_signers import blob_of
from reviewer.attest.sshsig import fingerprint
from reviewer.errors import ToolFailedError, UsageError

_PRINT = re.compile(r"SHA256:(?P<digest>[A-Za-z0-9+/]{43})=?")
_LITERAL = re.compile(r"(?P<kind>(?:ssh-|ecdsa-|sk-)[A-Za-z0-9@.-]+)[ \t]+(?P<blob>\S+)(?:[ \t]+(?P<comment>.*))?", re.DOTALL)
_MAX_BYTES = 64 * 1024
_TIMEOUT = 10.0
"""Seconds for one ssh-keygen."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key or certificate."""

    kind: str
    blob: bytes
    comment: str
    source: str
    """Where it was read, as file:line; "the command line"."""

    @property
    def is_certificate(self) -> bool:
        return "-cert-v0" in self.kind

    @property
    def fingerprint(self) -> str:
        return fingerprint(hashlib.sha256(self.blob).hexdigest())

    @property
    def line(self) -> str:
        """As it stands in files."""
        return " ".join([self.kind, base64.b64encode(self.blob).decode("ascii"), self.comment]).rstrip()


def fingerprint_in(text: str) -> str | None:
    """The fingerprint that it is, None if it is none.

    Raises:
        UsageError: it begins like one.
    """
    match = _PRINT.fullmatch(text)
    if match is None and text.startswith(("SHA256:", "MD5:")):
        raise UsageError(f"{text!r} is not a fingerprint", todo="It is SHA256: and 43 characters, as of: hunkgate keys list")
    return f"SHA256:{match['digest']}" if match else None


def read_key(text: str) -> PublicKey:
    """The key that is meant by a public key line or the name of a file.

    Raises:
        UsageError: it is malformed; names file and line.
        ToolMissingError: there is no ssh-keygen.
    """
    if _LITERAL.fullmatch(text.strip()):
        return _parsed(text, "the command line")
    path = Path(text).expanduser()
    content = _content(path)
    if content.startswith("-----BEGIN") or "PRIVATE KEY-----" in content[:200]:
        path = path.with_name(path.name + ".pub")
        if not path.is_file():
            todo = f"Name the public half. To make it: ssh-keygen -y -f {text} > {path}"
            raise UsageError("this is a private key, and its public half is not beside it", where=text, todo=todo)
        content = _content(path)
    lines = [(number, line) for number, line in enumerate(content.split("\n"), 1) if line.strip() and line.strip()[0] != "#"]
    if len(lines) != 1:
        what = "there is no key in the file" if not lines else f"there are {len(lines)} keys in the file"
        where = f"{path}:{lines[1][0]}" if lines else str(path)
        raise UsageError(what, where=where, todo="Name one: give its line, in quotes, instead of the file.")
    return _parsed(lines[0][1], f"{path}:{lines[0][0]}")


def _parsed(text: str, source: str) -> PublicKey:
    match = _LITERAL.fullmatch(text.strip())
    todo = "It looks like this: ssh-ed25519 AAAAC3Nza... you@example.org"
    if match is None:
        raise UsageError("this is no SSH public key", where=source, todo=todo)
    try:
        blob = blob_of(match["kind"], match["blob"])
    except ValueError as error:
        raise UsageError(str(error), where=source, todo=todo) from error
    comment = "".join(letter for letter in match["comment"] or "" if letter.isprintable()).strip()
    key = PublicKey(match["kind"], blob, comment, source)
    try:
        proc.run([proc.find_tool("ssh-keygen"), "-l", "-f", "-"], stdin=f"{key.line}\n".encode(), timeout=_TIMEOUT, detached=True)
    except ToolFailedError as error:
        raise UsageError("ssh-keygen does not accept the key", where=source, todo="It may be too short, or damaged.") from error
    return key


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(
            f"cannot read the key: {reason}", where=str(path), todo="Name a public key, or a file that has one."
        ) from error
