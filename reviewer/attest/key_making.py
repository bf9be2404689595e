"""Making a signing key with ssh-keygen. A file that is there is never touched."""

from __future__ import annotations

from pathlib import Path

from reviewer import proc
from reviewer.errors import StorageError, ToolFailedError, UsageError

KINDS = ("ed25519", "ed25519-sk")
"""For `ssh-keygen -t`; "sk" is a hardware key (FIDO), which has to be touched for every signature."""

_TIMEOUT = 120.0
"""Seconds: a hardware key waits for a touch."""


def default_file(kind: str) -> Path:
    """A key of its own for signing: if it is revoked, no login is lost."""
    return Path.home() / ".ssh" / f"id_{kind.replace('-', '_')}_signing"


def public_half(file: Path) -> Path:
    """Where ssh-keygen puts the public half of a key."""
    return file.with_name(file.name + ".pub")


def make(kind: str, file: Path, comment: str, *, passphrase: bool) -> None:
    """Make a key.

    Args:
        kind: one of `KINDS`.
        passphrase: whether ssh-keygen asks for one, on our terminal.

    Raises:
        UsageError: one of the two files is there.
        ToolMissingError: there is no ssh-keygen.
        ToolFailedError: it could not make the key.
        StorageError: the folder cannot be made.
    """
    for path in (file, public_half(file)):
        if path.exists() or path.is_symlink():
            todo = "Choose another --file, or use the key that is there: git config --global user.signingKey FILE"
            raise UsageError("this file is there, and is never overwritten", where=str(path), todo=todo)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder: {error.strerror}", where=str(file.parent)) from error
    argv: list[str | Path] = [proc.find_tool("ssh-keygen"), "-q", "-t", kind, "-C", comment, "-f", file]
    try:
        _run(argv, passphrase=passphrase)
    except ToolFailedError as error:
        todo = (
            "Plug the hardware key in and touch it when it blinks."
            if kind.endswith("-sk")
            else "Is there room, and may you write there?"
        )
        raise ToolFailedError(error.what, where=str(file), todo=todo, code=error.code, stderr=error.stderr) from error


def _run(argv: list[str | Path], *, passphrase: bool) -> None:
    if not passphrase:
        proc.run([*argv, "-N", ""], timeout=_TIMEOUT, detached=True)
        return
    code = proc.replace_process(argv, env=proc.clean_environment())
    if code != 0:
        raise ToolFailedError(f"ssh-keygen ended with code {code}", code=code)
