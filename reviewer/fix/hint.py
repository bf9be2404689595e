"""The last line of a report: the one command that mends what can be mended."""

from __future__ import annotations

from reviewer.records import Disposition, Verdict

_ACTIVE = (Disposition.BLOCKS, Disposition.WARNS, Disposition.NOTES)

COMMAND = "hunkgate fix --apply"


def hint(verdict: Verdict) -> str:
    """One line; empty if no finding that counts has a fix. Whether a fix is right is only proven by that command."""
    number = sum(judged.finding.fix is not None for judged in verdict.findings if judged.disposition in _ACTIVE)
    if not number:
        return ""
    return f"{number} of these {'has' if number == 1 else 'have'} a fix; to put in what is proven to mend: {COMMAND}\n"
