"""pre-commit: review what is about to be committed, and remember the verdict for the attestation."""

from __future__ import annotations

from reviewer import config, pipeline, registry, sources
from reviewer.attest import ledger
from reviewer.attest.summary import AS_IT_IS, Shown
from reviewer.fix.hint import hint
from reviewer.git import Git
from reviewer.judge import exit_code
from reviewer.records import Verdict
from reviewer.report import _streams
from reviewer.report._masking import masks_of
from reviewer.report._progress import StatusLine


def run(args: list[str]) -> int:
    """0 lets the commit go on; 1 blocks it; 3 if the policy wants a complete review and got none. Git passes no arguments."""
    git = Git()
    sourced = sources.staged(git)
    with StatusLine() as progress:
        verdict = pipeline.review(sourced, config.load_machine(), progress)
    if sourced.policy.attest:
        ledger.remember(git, verdict, _without_secrets(verdict))
    _streams.say(registry.load("reviewer.report", "terminal").render(verdict, _streams.view()) + hint(verdict))
    return exit_code(verdict)


def _without_secrets(verdict: Verdict) -> Shown:
    """How findings are attested: as reports show them, and without what looks like a secret of somewhere else."""
    if not verdict.findings:
        return AS_IT_IS
    masks, redact = masks_of(verdict), registry.load("reviewer.review", "by_secrets").redact
    return Shown(lambda finding: redact(masks.snippet(finding)), lambda text: redact(masks.text(text)))
