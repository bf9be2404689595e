"""One line of a note: a DSSE envelope with a whole statement, from which the change can be told without any old object.

{"payload": "<base64>", "payloadType": "application/vnd.in-toto+json", "signatures": [{"keyid": "SHA256:...", "sig": "<base64>"}]}

The payload is the in-toto statement of docs/attestation.md, the signature the SSHSIG blob. See
https://github.com/secure-systems-lab/dsse/blob/master/envelope.md. The findings and the waivers whose digests the statement has
may stand beside them, as the members "findings" and "waivers", and what models wrote as "generated"; further members are for
others and are not read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.attest import generated as shares
from reviewer.attest.canonical import Json, canonical_json, path_bytes, path_text
from reviewer.attest.delta import Delta, DeltaEntry
from reviewer.attest.generated import Assisted
from reviewer.attest.sshsig import Signature, fingerprint, parse
from reviewer.attest.statement import PAYLOAD_TYPE, in_toto, parse_time
from reviewer.attest.waivers import Waiver, as_json, from_json
from reviewer.errors import AttestError
from reviewer.objects.interface import TreeChange
from reviewer.records.statement import Statement, Word


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed statement with everything that was signed."""

    statement: Statement
    delta: Delta
    repository: str
    """The id that the signer bound it to."""
    signature: Signature
    waivers: tuple[Waiver, ...] = ()
    """What stands beside it. Only if the statement has their digest are they those that it rests on."""
    generated: tuple[Assisted, ...] | None = ()
    """As in `trailer.Attested`."""


def write(envelope: Envelope, findings: bytes | None = None) -> bytes:
    """The envelope as one line of JSON, with its line feed.

    Args:
        findings: canonical JSON whose digest the statement has; None leaves it at the digest.
    """
    payload = canonical_json(in_toto(envelope.statement, envelope.delta, envelope.repository))
    signed = {"keyid": fingerprint(envelope.signature.key_digest), "sig": _base64(envelope.signature.blob)}
    line: dict[str, Json] = {"payload": _base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signed]}
    if envelope.waivers:
        line["waivers"] = [as_json(waiver) for waiver in envelope.waivers]
    if envelope.generated:
        line["generated"] = [shares.as_json(mark) for mark in envelope.generated]
    if findings is not None:
        line["findings"] = json.loads(findings)
    return canonical_json(line) + b"\n"


def read_findings(line: bytes, statement: Statement) -> dict[str, Any] | None:
    """The findings of a line; None if there are none, or others than the statement has the digest of.

    Args:
        line: one that `read` accepts.
        statement: what it holds.
    """
    findings = json.loads(line).get("findings")
    try:
        text = canonical_json(findings) if isinstance(findings, dict) else b""
    except (AttestError, RecursionError):
        return None
    return findings if hashlib.sha256(text).hexdigest() == statement.findings else None


def read(line: bytes) -> list[Envelope]:
    """What a line holds: one envelope for each of its signatures. Signatures are not checked.

    Raises:
        AttestError: the line is damaged, or its payload is not exactly a statement of ours.
    """
    try:
        outer = json.loads(line)
        payload = _bytes(outer["payload"])
        signatures = [parse(_bytes(entry["sig"])) for entry in outer["signatures"]]
        if outer["payloadType"] != PAYLOAD_TYPE:
            raise ValueError
        statement, delta, repository = _read_payload(json.loads(payload))
        # What was read must be all that is in it: otherwise something could hide there, or be read otherwise by others.
        if canonical_json(in_toto(statement, delta, repository)) != payload:
            raise ValueError
        waivers = tuple(from_json(item) for item in outer.get("waivers", ()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AttestError("it is not an envelope with a statement of this version") from error
    beside = _generated(outer.get("generated", []))
    return [Envelope(statement, delta, repository, signature, waivers, beside) for signature in signatures]


def _generated(content: object) -> tuple[Assisted, ...] | None:
    try:
        return tuple(shares.from_json(item) for item in content) if isinstance(content, list) else None
    except ValueError:
        return None


def _read_payload(content: Mapping[str, Any]) -> tuple[Statement, Delta, str]:
    predicate = content["predicate"]
    entries = tuple(_entry(change) for change in predicate["changes"])
    statement = Statement(
        result=Word(predicate["result"]),
        tree=_oid(predicate["tree"]),
        base=_oid(predicate["baseTree"]),
        engine=_text(predicate["engine"]),
        policy=_digest(predicate["policy"]),
        models=_digest(predicate["models"]),
        findings=_digest(predicate["findings"]),
        at=parse_time(predicate["time"]),
        waiver=_digest(predicate["waivers"]) if "waivers" in predicate else "",
        generated=_digest(predicate["generated"]) if "generated" in predicate else "",
        forced=tuple(_text(role) for role in predicate.get("forced", ())),
    )
    if statement.result is Word.WAIVED and not statement.waiver:
        raise ValueError
    return statement, Delta(tuple(sorted(entries, key=lambda entry: entry.change))), _text(predicate["repository"])


def _entry(change: Mapping[str, str]) -> DeltaEntry:
    path = path_bytes(change["path"])
    if path_text(path) != change["path"]:
        raise ValueError
    modes = (int(change["oldMode"], 8), int(change["newMode"], 8))
    told = TreeChange(path, *modes, _oid(change["oldOid"]), _oid(change["newOid"]), _text(change["status"]))
    return DeltaEntry(told, _hex(change["sha256"], 64) if "sha256" in change else "")


def _oid(text: str) -> str:
    return _hex(text, 40 if len(text) == 40 else 64)


def _digest(digest: Mapping[str, str]) -> str:
    return _hex(digest["sha256"], 64)


def _hex(text: str, length: int) -> str:
    if len(text) != length or text.strip("0123456789abcdef"):
        raise ValueError
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    """DSSE allows both alphabets of base64."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as error:
        raise ValueError from error
