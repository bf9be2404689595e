"""Which findings a person wants mended: of what is staged or of all of the index, all of them or one by its id."""

from __future__ import annotations

import re
from dataclasses import replace

from reviewer import sources
from reviewer.errors import UsageError
from reviewer.git import Git
from reviewer.intake import changes, contents
from reviewer.proving.proposals import active
from reviewer.records import Finding, Verdict
from reviewer.sources import Sourced

SHORTEST = 8
"""Hex digits of a fingerprint that have to be given."""


def sourced_for(git: Git, *, everything: bool) -> Sourced:
    """What is staged; or all of the index, as if it were new. The policy is that of what is staged."""
    staged = sources.staged(git)
    if not everything:
        return staged
    change = changes.between(git, base_tree=git.empty_tree(), tree=staged.change.tree, source="all of the index")
    new, old = contents.from_git(git, change, limit=staged.policy.max_file_bytes)
    return replace(staged, change=change, contents=new, before=old)


def wanted_of(verdict: Verdict, fingerprint: str | None) -> list[Finding]:
    """The findings to mend; one that is named counts even if it was silenced.

    Raises:
        UsageError: there is no such finding, or more than one.
    """
    if fingerprint is None:
        return active(verdict)
    beginning = fingerprint.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST},32}}", beginning):
        raise UsageError(f"{fingerprint!r} is no id: give {SHORTEST} or more of its digits", todo="See: hunkgate review")
    found = [judged.finding for judged in verdict.findings if judged.finding.fingerprint.startswith(beginning)]
    if len(found) != 1:
        what = f"{beginning} is the beginning of {len(found)} ids" if found else f"there is no finding with the id {beginning}"
        raise UsageError(what, todo="Review to see the ids of what is staged: hunkgate review")
    return found
