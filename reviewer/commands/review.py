"""Review the staged change, a commit, a range, a patch or plain code.

Examples:
  hunkgate review                        what would be committed now
  hunkgate review --commit HEAD~1
  hunkgate review --range main..HEAD --format sarif --output review.sarif
  git diff | hunkgate review --patch -
  hunkgate review --text - --language python --focus security < new_module.py
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from reviewer import config, pipeline, registry
from reviewer.commands._changes import add_change_arguments, sourced_by
from reviewer.commands._focus import FOCUS, focused
from reviewer.errors import UsageError
from reviewer.fix.hint import hint
from reviewer.git import Git
from reviewer.judge import exit_code
from reviewer.records import REVIEWERS, Disposition, Policy, Verdict
from reviewer.report import _streams
from reviewer.report._progress import StatusLine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to review, by whom, and how to show it."""
    add_change_arguments(parser)
    parser.add_argument("--focus", choices=tuple(FOCUS), help="only findings of this kind count")
    parser.add_argument("--reviewers", metavar="LIST", help=f"comma list out of {','.join(REVIEWERS)}")
    parser.add_argument("--budget", metavar="TIME", help="model time, such as 10s or 500ms; what does not fit is deferred")
    parser.add_argument("--format", default="terminal", choices=_formats(), help="default: terminal")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write the report there")
    parser.add_argument("--quiet", action="store_true", help="only what blocks and what failed")


def run(args: argparse.Namespace) -> int:
    """Review, report, and end with 0 (pass or warn), 1 (block) or 3 (the policy wants a complete review and got none)."""
    sourced = sourced_by(args)
    sourced = replace(sourced, policy=_adjusted(sourced.policy, args))
    with StatusLine() as progress:
        machine = config.load_machine()
        verdict = pipeline.review(sourced, machine, progress)
        if args.format == "sarif" and sourced.change.tree:
            from reviewer.proving.attached import with_proven_mends  # no other format pays for its imports

            progress.step("proving the fixes")
            verdict = with_proven_mends(Git(), sourced, verdict, machine)
    verdict = focused(verdict, args.focus) if args.focus else verdict
    _report(verdict, args)
    if args.format == "terminal" and args.output is None and sourced.change.tree and not (args.commit or args.range):
        _streams.say(hint(verdict))
    return exit_code(verdict)


def _formats() -> list[str]:
    return list(registry.members("reviewer.report"))


def _adjusted(policy: Policy, args: argparse.Namespace) -> Policy:
    """The policy with what the command line says instead."""
    if args.reviewers is not None:
        policy = replace(policy, reviewers=_chosen(args.reviewers))
    if args.budget is not None:
        policy = replace(policy, budget=config.parse_duration(args.budget, "--budget"))
    return policy


def _chosen(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in REVIEWERS]
    if unknown or not names:
        what = f"there is no reviewer {unknown[0]!r}" if unknown else "no reviewer is named"
        raise UsageError(what, where="--reviewers", todo=f"Choose from: {', '.join(REVIEWERS)}.")
    return names


def _report(verdict: Verdict, args: argparse.Namespace) -> None:
    view = _streams.view(quiet=args.quiet)
    if args.output is None:
        _streams.say(registry.load("reviewer.report", args.format).render(verdict, view))
        return
    plain = replace(view, color=False)
    _streams.save(args.output, registry.load("reviewer.report", args.format).render(verdict, plain))
    if not args.quiet:
        blocking = sum(judged.disposition is Disposition.BLOCKS for judged in verdict.findings)
        said = f"{verdict.result.value}: {len(verdict.findings)} findings, {blocking} of them blocking"
        _streams.say(f"{said}; the report is in {args.output}\n")
