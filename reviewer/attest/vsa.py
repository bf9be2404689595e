"""What verification came to, for others to build on: a SLSA Verification Summary Attestation (VSA) for each commit.

An in-toto Statement v1 with the predicate of https://slsa.dev/spec/v1.0/verification_summary. Its levels are our own, as that
page allows: HUNKGATE_EXACT and so on, after the class of the commit. A signed summary is a DSSE envelope like a note, in a
namespace of its own: no summary can pass for the attestation of a review.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reviewer import __version__
from reviewer.attest.canonical import Json, canonical_json, path_text, well_formed
from reviewer.attest.proof import Proof, Used
from reviewer.attest.sign import sign
from reviewer.attest.sshsig import fingerprint
from reviewer.attest.statement import PAYLOAD_TYPE, STATEMENT_TYPE, pae
from reviewer.attest.waivers import as_json
from reviewer.git import Git

PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"
SLSA_VERSION = "1.0"
NAMESPACE = "review-summary.v1@hunkgate"


@dataclass(frozen=True, slots=True)
class Setting:
    """Who verified what, by what."""

    verifier: str
    """URI of who vouches for the summary."""
    resource: str
    """URI of the repository."""
    policy: str
    """Sha256 (hex) of the policy's settings (`Policy.digest`); empty if several count, or none."""
    at: datetime
    """When: whole seconds, UTC."""


def summary_of(proof: Proof, setting: Setting) -> dict[str, Json]:
    """The statement about one commit."""
    predicate: dict[str, Json] = {
        **_common(setting),
        "inputAttestations": [_input(used) for used in proof.used if used.item.signature],
        "verificationResult": "PASSED" if proof.proven else "FAILED",
        "verifiedLevels": ["HUNKGATE_" + proof.klass.value.replace("-", "_")] if proof.proven else ["FAILED"],
        "residualPaths": [path_text(path) for path in proof.residual],
        "reasons": [well_formed(reason) for reason in proof.reasons],
        "waivers": [as_json(waiver) for waiver in proof.waivers],
    }
    return _statement([proof.commit], predicate)


def summary_of_run(commits: Sequence[str], setting: Setting, review: dict[str, Json], *, passed: bool) -> dict[str, Json]:
    """The statement about all commits of a run together.

    Args:
        commits: oids.
        review: what was looked at, for later runs; a member beside those of SLSA.
        passed: each commit is proven or was reviewed, and nothing blocks.
    """
    predicate: dict[str, Json] = {
        **_common(setting),
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": ["HUNKGATE_REVIEWED"] if passed else ["FAILED"],
        "review": review,
    }
    return _statement(commits, predicate)


def _common(setting: Setting) -> dict[str, Json]:
    policy: dict[str, Json] = {"uri": f"{setting.resource}#.hunkgate.toml"}
    if setting.policy:
        policy["digest"] = {"hunkgatePolicySha256": setting.policy}
    return {
        "verifier": {"id": setting.verifier, "version": {"hunkgate": __version__}},
        "timeVerified": setting.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resourceUri": setting.resource,
        "policy": policy,
        "slsaVersion": SLSA_VERSION,
    }


def _statement(commits: Sequence[str], predicate: dict[str, Json]) -> dict[str, Json]:
    subjects: list[Json] = [{"name": "commit", "digest": {"gitCommit": commit}} for commit in commits]
    return {"_type": STATEMENT_TYPE, "subject": subjects, "predicateType": PREDICATE_TYPE, "predicate": predicate}


def signed(git: Git, summary: dict[str, Json]) -> bytes:
    """A summary in a DSSE envelope, signed by the key of git's settings; one line of JSON with its line feed.

    Raises:
        AttestError: it could not be signed.
    """
    payload = canonical_json(summary)
    signature = sign(git, pae(PAYLOAD_TYPE, payload), NAMESPACE)
    entry: dict[str, Json] = {"keyid": fingerprint(signature.key_digest), "sig": _base64(signature.blob)}
    return canonical_json({"payload": _base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [entry]}) + b"\n"


def _input(used: Used) -> dict[str, Json]:
    """A statement that covers the commit or a part of it, told by the digest of its signature."""
    assert used.item.signature is not None
    return {"name": well_formed(used.source), "digest": {"sha256": hashlib.sha256(used.item.signature.blob).hexdigest()}}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
