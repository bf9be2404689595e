"""From a verdict to the statement about it: everything a person could look up becomes a digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reviewer import __version__
from reviewer.attest.canonical import Json, path_text, sha256_of, well_formed
from reviewer.attest.waivers import Waiver, digest_of
from reviewer.attest.waiving import waivers_of
from reviewer.errors import AttestError
from reviewer.records import CoverageEntry, Dismissed, Finding, JudgedFinding, Result, Verdict
from reviewer.records.statement import Statement, Word

ENGINE = f"hunkgate/{__version__}"

_WORDS = {Result.PASS: Word.PASS, Result.WARN: Word.WARN, Result.INCOMPLETE: Word.PARTIAL}


@dataclass(frozen=True, slots=True)
class Shown:
    """How texts are shown that may hold secrets: what is attested may be published, and the digest of a secret gives it away."""

    snippet: Callable[[Finding], str] = lambda finding: finding.snippet
    text: Callable[[str], str] = str


AS_IT_IS = Shown()


def statement_of(verdict: Verdict, at: datetime, shown: Shown = AS_IT_IS) -> Statement:
    """The statement about a verdict. Findings that block and that somebody silenced make it `waived`.

    Args:
        at: when it was reviewed; whole seconds, UTC.
        shown: hides secrets in the findings.

    Raises:
        AttestError: the verdict blocks, or is about patch text.
    """
    word = _WORDS.get(verdict.result)
    if word is None:
        raise AttestError("a review that blocks is never attested")
    if not verdict.change.tree or not verdict.change.base_tree:
        raise AttestError("only a change of a repository can be attested", where=verdict.change.source)
    waived = waived_in(verdict, shown)
    return Statement(
        result=Word.WAIVED if waived and word is not Word.PARTIAL else word,
        tree=verdict.change.tree,
        base=verdict.change.base_tree,
        engine=ENGINE,
        policy=verdict.policy.digest,
        models=sha256_of({"identities": [[well_formed(name), well_formed(text)] for name, text in _sorted(verdict)]}),
        findings=sha256_of(findings_json(verdict, shown)),
        at=at,
        waiver=digest_of(waived),
        forced=verdict.forced,
    )


def waived_in(verdict: Verdict, shown: Shown = AS_IT_IS) -> tuple[Waiver, ...]:
    """The waivers that the statement about a verdict has the digest of."""
    return waivers_of(verdict.findings, verdict.policy, shown.text)


def findings_json(verdict: Verdict, shown: Shown = AS_IT_IS) -> dict[str, Json]:
    """All that was found and looked at, as the data whose canonical JSON the attestation's `findings` is the digest of."""
    skipped = sorted((file.path, file.opaque) for file in verdict.change.files if file.opaque)
    coverage = sorted(
        verdict.coverage, key=lambda entry: (entry.path, entry.hunk, entry.reviewer, entry.state.value, entry.reason)
    )
    return {
        "findings": [_finding(judged, shown) for judged in verdict.findings],
        "coverage": [_coverage(entry, shown) for entry in coverage],
        "skipped": [{"path": path_text(path), "reason": well_formed(reason)} for path, reason in skipped],
        "dropped": verdict.dropped,
    }


def _sorted(verdict: Verdict) -> list[tuple[str, str]]:
    """Names of reviewers may hold any character, so they are values here, not keys."""
    return sorted(verdict.identities.items())


def _finding(judged: JudgedFinding, shown: Shown) -> dict[str, Json]:
    finding = judged.finding
    return {
        "rule": well_formed(finding.rule),
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "path": path_text(finding.path),
        "startLine": finding.start_line,
        "endLine": finding.end_line,
        "startColumn": finding.start_column,
        "endColumn": finding.end_column,
        "snippet": well_formed(shown.snippet(finding)),
        "message": well_formed(shown.text(finding.message)),
        "reviewer": well_formed(finding.reviewer),
        "also": [well_formed(rule) for rule in finding.also],
        "suppressed": well_formed(shown.text(finding.suppressed)),
        "dismissed": _dismissed(finding.dismissed, shown),
        "fingerprint": finding.fingerprint,
        "disposition": judged.disposition.value,
    }


def _dismissed(decision: Dismissed | None, shown: Shown) -> dict[str, Json]:
    """Empty if nobody dismissed it; a statement holds neither null nor booleans."""
    if decision is None:
        return {}
    words = {"why": decision.why, "who": decision.who, "on": decision.on, "until": decision.until}
    made: dict[str, Json] = {key: well_formed(shown.text(value)) for key, value in words.items()}
    return {**made, "decided": "in this change" if decision.by_change else "before"}


def _coverage(entry: CoverageEntry, shown: Shown) -> dict[str, Json]:
    return {
        "path": path_text(entry.path),
        "hunk": entry.hunk,
        "reviewer": well_formed(entry.reviewer),
        "state": entry.state.value,
        "reason": well_formed(shown.text(entry.reason)),
    }
