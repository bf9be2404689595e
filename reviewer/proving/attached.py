"""Proven mends go with a verdict, for reports that carry fixes along."""

from __future__ import annotations

from dataclasses import replace

from reviewer.fix.shown import suggestion
from reviewer.git import Git
from reviewer.proving.proposals import proven
from reviewer.records import Machine, Mend, Verdict
from reviewer.sources import Sourced


def with_proven_mends(git: Git, sourced: Sourced, verdict: Verdict, machine: Machine) -> Verdict:
    """The verdict with the mends of its findings that hold. Costs another review if any finding has a fix.

    Args:
        sourced: what the verdict is about; in the repository.

    Raises:
        GitError, StorageError: the mended change cannot be made or reviewed.
    """
    fixes = proven(git, sourced, verdict, machine)
    findings = {judged.finding.fingerprint: judged.finding for judged in verdict.findings}
    mends = {}
    for fingerprint, fix in fixes.items():
        finding = findings[fingerprint]
        mends[fingerprint] = Mend(fix, suggestion(sourced.contents[finding.path].data, fix, finding.start_line))
    return replace(verdict, mends=mends)
