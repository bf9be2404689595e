"""The file of revoked keys: a KRL (KEY REVOCATION LISTS in ssh-keygen(1)), or a plain list of public keys.

A KRL is only ever written by `ssh-keygen -k`, and read by `ssh-keygen -Q`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from reviewer import proc
from reviewer.attest.key_files import rewrite
from reviewer.attest.key_times import shown
from reviewer.attest.keys import parse_public
from reviewer.attest.named_key import PublicKey
from reviewer.errors import AttestError, ToolFailedError, UsageError
from reviewer.private_folder import private_folder

LOG = ".log"
"""What is added to the name of a KRL for the list of what was revoked, when and why: a KRL cannot say it."""

_MAGIC = b"SSHKRL\n\0"
_TIMEOUT = 30.0
"""Seconds for one ssh-keygen."""


def revoke(path: Path, key: PublicKey | str, why: str, at: datetime) -> bool:
    """Add a key, a certificate or a fingerprint; the file is made, as a KRL, if it is missing.

    Args:
        key: a fingerprint if it is a text.
        why: one line; may be empty.

    Returns:
        Whether it was not revoked already.

    Raises:
        UsageError: a fingerprint cannot be added to a plain list of keys, nor a reason of several lines.
        AttestError: what is there is neither.
        StorageError
    """
    if not why.isprintable():
        raise UsageError("--why is one line of text")
    written = rewrite(path, lambda before: _with_key(before, key, why, at, str(path)))
    if written and _is_krl(path.read_bytes()):
        name = key if isinstance(key, str) else key.fingerprint
        what = key.kind + " " + key.comment if isinstance(key, PublicKey) else ""
        line = "\t".join([shown(at), name, what.strip(), why]) + "\n"
        rewrite(path.with_name(path.name + LOG), lambda before: (before or b"") + line.encode("utf-8", "replace"))
    return written


def revoked_among(content: bytes, blobs: Sequence[tuple[str, bytes]], name: str) -> frozenset[bytes]:
    """Which of some keys are revoked.

    Args:
        content: of the file of revoked keys.
        blobs: kind and key.
        name: what messages call the file.

    Raises:
        AttestError: it cannot be read.
    """
    if not _is_krl(content):
        listed = _listed(content, name)
        return frozenset(blob for _, blob in blobs if blob in listed)
    with private_folder() as folder:
        (folder / "krl").write_bytes(content)
        return frozenset(_queried(folder, blobs, name)) if blobs else frozenset()


def _with_key(before: bytes | None, key: PublicKey | str, why: str, at: datetime, name: str) -> bytes:
    if before and not _is_krl(before):
        return _longer_list(before, key, why, at, name)
    if before and isinstance(key, PublicKey) and revoked_among(before, [(key.kind, key.blob)], name):
        return before
    with private_folder() as folder:
        krl, more = folder / "krl", folder / "more"
        more.write_text(f"hash: {key}\n" if isinstance(key, str) else f"{key.kind} {key.line.split()[1]}\n", encoding="ascii")
        if before:
            krl.write_bytes(before)
        argv: list[str | Path] = [proc.find_tool("ssh-keygen"), "-q", "-k", *(["-u"] if before else []), "-f", krl, more]
        with _mapped(name):
            proc.run(argv, timeout=_TIMEOUT, detached=True)
        after = krl.read_bytes()
        return before if before and _said(folder, krl, name) == _said(folder, _file(folder, before), name) else after


def _said(folder: Path, krl: Path, name: str) -> list[bytes]:
    """What a KRL revokes, without the time at which it was made."""
    with _mapped(name):
        shown_ = proc.run([proc.find_tool("ssh-keygen"), "-Q", "-l", "-f", krl], timeout=_TIMEOUT, detached=True).out
    return sorted(line for line in shown_.split(b"\n") if not line.startswith(b"# Generated"))


def _file(folder: Path, content: bytes) -> Path:
    (folder / "before").write_bytes(content)
    return folder / "before"


def _longer_list(before: bytes, key: PublicKey | str, why: str, at: datetime, name: str) -> bytes:
    if isinstance(key, str):
        todo = "Name the key itself, or its file."
        raise UsageError("a plain list of revoked keys cannot hold a fingerprint", where=name, todo=todo)
    if key.blob in _listed(before, name):
        return before
    gap = b"" if before.endswith(b"\n") else b"\n"
    return before + gap + f"# revoked {shown(at)} {why}".rstrip().encode() + f"\n{key.line}\n".encode()


def _listed(content: bytes, name: str) -> frozenset[bytes]:
    found = set()
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            blob = parse_public(line)
            if blob is None:
                todo = (
                    "It has to be a KRL of ssh-keygen -k, or a list of public keys. Until it is, nothing can be verified by it."
                )
                raise AttestError("this is no public key", where=f"{name}:{number}", todo=todo)
            found.add(blob)
    return frozenset(found)


def _queried(folder: Path, blobs: Iterable[tuple[str, bytes]], name: str) -> Iterator[bytes]:
    files = {}
    for number, (kind, blob) in enumerate(blobs):
        files[f"{folder}/{number}.pub"] = blob
        Path(f"{folder}/{number}.pub").write_text(PublicKey(kind, blob, "", "").line + "\n", encoding="ascii")
    with _mapped(name):
        argv: list[str | Path] = [proc.find_tool("ssh-keygen"), "-Q", "-f", folder / "krl", *files]
        # 1: at least one of them is revoked
        said = proc.run(argv, timeout=_TIMEOUT, ok=(0, 1), detached=True).out.decode("utf-8", "replace").split("\n")
    answers = {line.split(".pub", 1)[0] + ".pub": line.rpartition(": ")[2] for line in said if ".pub" in line}
    if answers.keys() != files.keys():
        raise AttestError("ssh-keygen cannot read the revoked keys", where=name)
    yield from (blob for file, blob in files.items() if answers[file] == "REVOKED")


def _is_krl(content: bytes) -> bool:
    return content.startswith(_MAGIC)


@contextmanager
def _mapped(name: str) -> Iterator[None]:
    try:
        yield
    except ToolFailedError as error:
        said = error.stderr.decode("utf-8", "replace").strip()
        todo = "The file is as it was. If it is damaged, take it from a backup: without it nothing can be verified."
        raise AttestError(f"ssh-keygen cannot work on the revoked keys: {said}", where=name, todo=todo) from error
