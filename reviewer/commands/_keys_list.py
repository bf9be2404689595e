"""What 'hunkgate keys list' shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reviewer.attest import revocations
from reviewer.attest.allowed_signers import Problem, Signer, Signers
from reviewer.attest.key_files import content_of
from reviewer.attest.key_times import shown
from reviewer.attest.keys import public_blob, signing_key
from reviewer.attest.sshsig_check import Key, UnreadableError, parse_key
from reviewer.errors import AttestError
from reviewer.git import Git
from reviewer.records import printable


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file of signers, and what it is worth now."""

    signer: Signer
    revoked: bool
    own: bool
    state: str
    """"counts", or why it does not."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All of it."""

    path: Path
    revoked_path: Path | None
    missing: bool
    """Whether the file of revoked keys is set, and not there: then nothing counts."""
    rows: Sequence[Row]
    problems: Sequence[Problem]
    own_known: bool | None
    """Whether the user's own key is in the file; None if there is no such key."""


def listing(git: Git, path: Path, signers: Signers, revoked_path: Path | None, at: datetime) -> Listing:
    """What the files say at a time.

    Raises:
        AttestError: the revoked keys cannot be read.
        StorageError
    """
    content = content_of(revoked_path) if revoked_path else None
    keys = [(signer.kind, signer.blob) for signer in signers.signers]
    gone = revocations.revoked_among(content, keys, str(revoked_path)) if content is not None else frozenset()
    own = _own(git)
    missing = revoked_path is not None and content is None
    rows = [_row(signer, signer.blob in gone, own, at, missing=missing) for signer in signers.signers]
    known = any(row.own for row in rows) if own is not None else None
    return Listing(path, revoked_path, missing, rows, signers.problems, known)


def as_json(shown_: Listing) -> str:
    """Documented in docs/keys.md."""
    document = {
        "signers": str(shown_.path),
        "revoked_keys": str(shown_.revoked_path) if shown_.revoked_path else None,
        "revoked_keys_missing": shown_.missing,
        "keys": [_entry(row) for row in shown_.rows],
        "problems": [{"line": problem.number, "what": problem.what} for problem in shown_.problems],
    }
    return json.dumps(document, indent=2) + "\n"


def as_text(shown_: Listing) -> str:
    """A table, and what is odd about it."""
    cells = [("PRINCIPAL", "TYPE", "FINGERPRINT", "VALID (UTC)", "NAMESPACES", "STATE"), *map(_cells, shown_.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    if shown_.missing:
        lines.append(f"The file of revoked keys is missing, so nobody is trusted: {shown_.revoked_path}")
    if shown_.own_known is False:
        lines.append("Your own signing key is not among them.")
    return "\n".join(lines) + "\n"


def _row(signer: Signer, revoked: bool, own: Key | None, at: datetime, *, missing: bool) -> Row:
    mine = own is not None and parse_key(signer.blob) == own
    return Row(signer, revoked, mine, next(_objections(signer, revoked, at, missing), "counts"))


def _objections(signer: Signer, revoked: bool, at: datetime, missing: bool) -> Iterator[str]:
    if revoked:
        yield "revoked"
    if not signer.for_attestations:
        yield "not for attestations"
    if not signer.valid(at):
        yield "not yet valid" if signer.valid_after and at < signer.valid_after else "expired"
    if missing:
        yield "no revocation file"


def _own(git: Git) -> Key | None:
    """The user's own key; that inside of a certificate."""
    try:
        blob = public_blob(signing_key(git))
        return parse_key(blob) if blob else None
    except (AttestError, UnreadableError):
        return None


def _entry(row: Row) -> dict[str, object]:
    signer = row.signer
    return {
        "line": signer.number,
        "principals": signer.whose.split(","),
        "type": signer.kind,
        "fingerprint": signer.fingerprint,
        "comment": _safe(signer.comment),
        "valid_after": shown(signer.valid_after) if signer.valid_after else None,
        "valid_before": shown(signer.valid_before) if signer.valid_before else None,
        "namespaces": _safe(signer.namespaces).split(",") if signer.namespaces is not None else None,
        "cert_authority": signer.cert_authority,
        "revoked": row.revoked,
        "own": row.own,
        "state": row.state,
    }


def _cells(row: Row) -> tuple[str, ...]:
    signer = row.signer
    kind = signer.kind + (" (authority)" if signer.cert_authority else "")
    state = row.state + (", yours" if row.own else "")
    namespaces = _safe(signer.namespaces) if signer.namespaces is not None else "all"
    return signer.whose, kind, signer.fingerprint, _validity(signer), namespaces, state


def _validity(signer: Signer) -> str:
    words = [f"from {shown(signer.valid_after)}"] if signer.valid_after else []
    words += [f"until {shown(signer.valid_before)}"] if signer.valid_before else []
    return " ".join(words) or "always"


def _safe(text: str) -> str:
    """Without anything that a terminal obeys: the file may be a stranger's."""
    return printable(text.encode("utf-8", "surrogateescape"))
