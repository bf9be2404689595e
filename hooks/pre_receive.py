"""pre-receive: on a server, let nothing onto a guarded branch that is not proven to be reviewed.

What is asked stands in the server's own file (`reviewer.config.server`); the policy and the keys are those of the target before
the push. The deterministic reviewers look again at what the push changes as a whole: no attestation saves that. Models are not
asked. Nothing is written to the repository, which git keeps in quarantine meanwhile.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from reviewer import config, pipeline, registry, sources
from reviewer.attest import waiving
from reviewer.attest.proof import Proof
from reviewer.attest.requirements import parse_age, parse_engine
from reviewer.attest.target import Options, Span, commits_of, verifier_for
from reviewer.commands.verify import summary
from reviewer.config.server import Demand, ServerRules, guarded, load_server
from reviewer.errors import ExitCode
from reviewer.git import Git
from reviewer.judge import exit_code
from reviewer.records import Verdict, printable
from reviewer.records.policy import Waived
from reviewer.report import _streams
from reviewer.report._text import safe

_SHOWN = 20
"""Commits named; the rest is counted."""

_LONGEST = 400
"""Characters of a waiver."""

_SHOWN_PATHS = 5
"""Paths named for each of them."""


@dataclass(frozen=True, slots=True)
class Update:
    """One ref that is being pushed to."""

    ref: str
    """Full name."""
    old: str
    """Oid; zeros if there is no such ref yet."""
    new: str
    """Oid; zeros if it is being deleted."""


def run(args: list[str]) -> int:
    """0 takes the push, 1 refuses all of it. Git passes no arguments; standard input has a line for each ref.

    Raises:
        ConfigError: the server's settings, or the target's, are malformed: the push is refused.
    """
    git = Git()
    rules = load_server(Path(git.line("rev-parse", "--absolute-git-dir")))
    default_branch = git.completed("symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).out.decode("utf-8", "replace").strip()
    refused = False
    for update in _updates():
        if guarded(rules, update.ref, default_branch) and update.new.strip("0"):
            refused |= _is_refused(git, rules, update, default_branch)
    if refused:
        _streams.say("hunkgate: this push is refused. What each line means: docs/server.md of hunkgate.\n")
    return ExitCode.BLOCK if refused else ExitCode.OK


def _updates() -> Iterator[Update]:
    """What git says on standard input: "<old oid> <new oid> <ref>"."""
    for line in sys.stdin.buffer.read().split(b"\n"):
        words = os.fsdecode(line).split(" ", 2)
        if len(words) == 3:
            yield Update(words[2], words[0], words[1])


def _is_refused(git: Git, rules: ServerRules, update: Update, default_branch: str) -> bool:
    tip = git.commit_of(update.new)
    if tip is None:
        # A tag of a blob or a tree: there is no commit to prove.
        return False
    start = git.commit_of(update.old) if update.old.strip("0") else git.commit_of(default_branch)
    if start is None:
        _streams.say(f"hunkgate: {update.ref}: nothing was here before, so nothing can say what this push must prove\n")
        return False
    span = Span(f"{start}..{tip}", start, tip, is_range=True)
    # Both are looked at always: who mends one thing should not meet the next one afterwards.
    demands = ((rules.unproven, _unproven), (rules.findings, _found))
    complaints = [(demand, look(git, rules, span)) for demand, look in demands if demand is not Demand.OFF]
    for _, said in complaints:
        _streams.say(f"hunkgate: {update.ref}: {said}" if said else "")
    return any(said and demand is Demand.BLOCK for demand, said in complaints)


def _unproven(git: Git, rules: ServerRules, span: Span) -> str:
    """What to say about commits that nothing proves; empty if all are proven."""
    oids = commits_of(git, span)
    verifier = verifier_for(git, span, _options(rules))
    proofs = verifier.verify_all(oids)
    if verifier.requirements.waived is Waived.WARN:
        _streams.say("".join(f"hunkgate: {line}\n" for line in _waived(proofs)))
    unproven = [proof for proof in proofs if not proof.proven]
    if not unproven:
        return ""
    lines = [f"{len(unproven)} of {len(oids)} commits are not proven to be reviewed"]
    lines += [line for proof in unproven[:_SHOWN] for line in _about(proof)]
    if len(unproven) > _SHOWN:
        lines.append(f"  and {len(unproven) - _SHOWN} more")
    lines.append(f"  In your clone, 'hunkgate verify {span.start[:12]}..HEAD --explain' says more. Commit with the hooks that")
    lines.append("  'hunkgate init' installs; 'git rebase --exec' or an amend of each commit runs them again.")
    return "\n".join(lines) + "\n"


def _waived(proofs: Sequence[Proof]) -> list[str]:
    """What the pusher should know others will see."""
    found = [(proof.commit[:12], waiver) for proof in proofs for waiver in proof.waivers]
    lines = [f"{oid} rests on a waiver: {safe(waiver.told, _LONGEST)}" for oid, waiver in found[:_SHOWN]]
    return [*lines, *([f"and {len(found) - _SHOWN} more waivers"] if len(found) > _SHOWN else [])]


def _about(proof: Proof) -> list[str]:
    paths = [printable(path) for path in proof.residual[:_SHOWN_PATHS]]
    more = len(proof.residual) - len(paths)
    named = f"    not proven: {', '.join(paths)}" + (f" and {more} more" if more else "")
    return [f"  {summary(proof)}", *([named] if paths else [])]


def _options(rules: ServerRules) -> Options:
    return Options(
        at=datetime.now(timezone.utc),
        engine_minimum=parse_engine(rules.engine_minimum) if rules.engine_minimum else "",
        max_age=parse_age(rules.max_age) if rules.max_age else None,
        allowed=Path(rules.allowed_signers) if rules.allowed_signers else None,
        revoked=Path(rules.revoked_keys) if rules.revoked_keys else None,
        of_the_team=True,
    )


def _found(git: Git, rules: ServerRules, span: Span) -> str:
    """What to say about findings that block, or about a gap in a review that the policy wants complete; empty if all is well."""
    sourced = sources.commit_range(git, span.text)
    policy = replace(sourced.policy, reviewers=_deterministic(sourced.policy.reviewers))
    if not policy.reviewers:
        return ""
    verdict: Verdict = pipeline.review(replace(sourced, policy=policy), config.load_machine())
    own = waiving.own_of(verdict.findings, policy) if policy.waived is Waived.BLOCK else ()
    if exit_code(verdict) is ExitCode.OK and not own:
        return ""
    report: str = registry.load("reviewer.report", "terminal").render(verdict, _streams.view())
    waived = 'it waives what blocks, and no such waiver counts here (attest.waived = "block")\n' if own else ""
    return f"{waived}the reviewers looked again at what this push changes:\n{report}"


def _deterministic(reviewers: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in reviewers if name != pipeline.MODELS)
