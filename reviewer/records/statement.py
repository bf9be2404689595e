"""What an attestation says about one change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Word(str, Enum):
    """The result of a review that let the commit through. A review that blocks is never attested."""

    PASS = "pass"
    WARN = "warn"
    WAIVED = "waived"
    """Findings that block were waived by a person who may do so."""
    PARTIAL = "partial"
    """Some hunks were deferred or failed: somebody has to finish them."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that a commit's trailer says; with the commit itself it is enough to rebuild what was signed."""

    result: Word
    tree: str
    """Oid of the tree that was reviewed."""
    base: str
    """Oid of the tree it was compared with."""
    engine: str
    """Name and version, such as "hunkgate/0.1.0"."""
    policy: str
    """Sha256 (hex) of the policy: `Policy.digest`."""
    models: str
    """Sha256 (hex) of what exactly each reviewer was: `Verdict.identities`."""
    findings: str
    """Sha256 (hex) of findings, coverage and skipped files."""
    at: datetime
    """When it was reviewed; UTC, whole seconds."""
    waiver: str = ""
    """Sha256 (hex) of the waivers; empty if there are none."""
    generated: str = ""
    """Sha256 (hex) of the records of generated code; empty if there are none."""
    forced: tuple[str, ...] = ()
    """Roles in which a model spoke whose exam it has not passed, sorted."""
