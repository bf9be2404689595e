"""The bytes that are signed: an in-toto Statement v1 about the delta, in canonical JSON, inside DSSE's PAE."""

from __future__ import annotations

from datetime import datetime, timezone

from reviewer.attest.canonical import Json, canonical_json, path_text
from reviewer.attest.delta import Delta, DeltaEntry
from reviewer.records.statement import Statement

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
"""See https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md"""

PREDICATE_TYPE = "https://github.com/hunkgate/hunkgate/review-attestation/v1"
"""Described in docs/attestation.md."""

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""See https://github.com/in-toto/attestation/blob/main/spec/v1/envelope.md"""

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(timezone.utc).strftime(_TIME)


def parse_time(text: str) -> datetime:
    """The moment that `time_text` wrote.

    Raises:
        ValueError: it is not of that form.
    """
    moment = datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    if time_text(moment) != text:
        raise ValueError("not a time")
    return moment


def signed_bytes(statement: Statement, delta: Delta, repository: str) -> bytes:
    """What the signature is over. Needs nothing but the commit, its trailer, and the repository's own id.

    Args:
        repository: `Policy.repository` of the one who signs or verifies, never of what is verified.
    """
    return pae(PAYLOAD_TYPE, canonical_json(in_toto(statement, delta, repository)))


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding of DSSE v1 (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md)."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def in_toto(statement: Statement, delta: Delta, repository: str) -> dict[str, Json]:
    """The statement as JSON data."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "delta", "digest": {"sha256": delta.digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": _predicate(statement, delta, repository),
    }


def _predicate(statement: Statement, delta: Delta, repository: str) -> dict[str, Json]:
    predicate: dict[str, Json] = {
        "repository": repository,
        "baseTree": statement.base,
        "tree": statement.tree,
        "changes": [_change(entry) for entry in delta.entries],
        "engine": statement.engine,
        "policy": {"sha256": statement.policy},
        "models": {"sha256": statement.models},
        "findings": {"sha256": statement.findings},
        "result": statement.result.value,
        "time": time_text(statement.at),
    }
    for key, digest in (("waivers", statement.waiver), ("generated", statement.generated)):
        if digest:
            predicate[key] = {"sha256": digest}
    if statement.forced:
        predicate["forced"] = list(statement.forced)
    return predicate


def _change(entry: DeltaEntry) -> dict[str, Json]:
    change = entry.change
    described: dict[str, Json] = {
        "path": path_text(change.path),
        "status": change.status,
        "oldMode": f"{change.old_mode:06o}",
        "newMode": f"{change.new_mode:06o}",
        "oldOid": change.old_oid,
        "newOid": change.new_oid,
    }
    if entry.sha256:
        described["sha256"] = entry.sha256
    return described
