"""Mend findings of the staged change: show the fixes that are proven, and put them in.

Examples:
  hunkgate fix                           show what can be mended in what would be committed now
  hunkgate fix --apply                   mend it, in the index and, where it has the same bytes, in the work tree
  hunkgate fix --interactive             ask about each
  hunkgate fix --finding 3f2a91c04b1e --apply
  hunkgate fix --format diff | git apply --cached
  hunkgate fix --all                     everything that is in the index, not just what is staged
  hunkgate fix --model --budget 3m       ask a local model about findings that no rule or tool has a fix for

Every fix is tried before it is shown: it keeps encoding and line ends, parses, stays in its function, removes its finding and
brings no other. What fails is counted with its reason. Nothing of the repository is run. More: docs/fix.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from reviewer import config
from reviewer.commands import _fix_page as page
from reviewer.commands._fix_asking import chosen_by_person
from reviewer.commands._fix_records import remember
from reviewer.commands._fix_wanted import SHORTEST, sourced_for, wanted_of
from reviewer.errors import ExitCode, UsageError
from reviewer.fix.applying import apply
from reviewer.fix.interface import Proof
from reviewer.fix.shown import document, patch_of
from reviewer.git import Git
from reviewer.proving.bench import Bench
from reviewer.proving.proposals import Settled, active, candidates, settle, with_mends
from reviewer.records import Finding, Machine
from reviewer.report import _streams
from reviewer.report._masking import masks_of
from reviewer.report._progress import StatusLine
from reviewer.review.interface import Progress

BUDGET = "60s"
"""What a model may take for all findings."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to mend, and what to do with it."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--staged", action="store_true", help="findings of what would be committed now (the default)")
    what.add_argument("--finding", metavar="FINGERPRINT", help=f"one of them, {SHORTEST} digits of its id or more")
    what.add_argument("--all", action="store_true", help="findings of all that is in the index")
    parser.add_argument(
        "--model", action="store_true", help="ask a model for mends where no rule or tool has one; takes seconds each"
    )
    parser.add_argument(
        "--budget", metavar="TIME", help=f"model time, such as 90s; what does not fit is counted (default: {BUDGET})"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--apply", action="store_true", help="mend what is proven")
    how.add_argument("--interactive", action="store_true", help="ask about each, then mend")
    how.add_argument("--format", default="terminal", choices=("terminal", "diff", "json"), help="default: terminal")


def run(args: argparse.Namespace) -> int:
    """0, also if nothing can be mended; 2 for an unknown finding; 3 if the index changed in between, or is locked."""
    # A stream that the caller closed is None.
    if args.interactive and not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise UsageError("--interactive asks questions, and there is no terminal here", todo="Use: hunkgate fix --apply")
    if args.budget and not args.model:
        raise UsageError("--budget is the time of a model, and none is asked", todo="Add --model.")
    seconds = config.parse_duration(args.budget or BUDGET, "--budget")
    git = Git()
    sourced, machine = sourced_for(git, everything=args.all), config.load_machine()
    with StatusLine() as progress:
        progress.step("reviewing")
        bench = Bench.of(git, sourced, machine, check=machine.fix_check)
        progress.step("proving the fixes")
        wanted = wanted_of(bench.before, args.finding)
        settled = settle(candidates(bench.sourced, wanted), bench)
        if args.model:
            settled = _with_model(settled, wanted, bench, seconds, progress, unsure=args.finding is not None)
    _act(git, bench, settled, args)
    return ExitCode.OK


def _with_model(
    settled: Settled, wanted: Sequence[Finding], bench: Bench, seconds: float, progress: Progress, *, unsure: bool
) -> Settled:
    """The same with the mends of a model for what has no other."""
    # Only here, so that without a model none of all that is loaded.
    from reviewer.proving.model_mends import mends
    from reviewer.proving.writers import open_writers

    with open_writers(bench.machine, seconds) as writers:
        made = mends(wanted, bench, writers, progress, unsure=unsure)
    progress.step("proving the fixes together")
    return with_mends(settled, made.proven, made.refused, made.unasked, bench)


def _act(git: Git, bench: Bench, settled: Settled, args: argparse.Namespace) -> None:
    findings = len(active(bench.before))
    if args.format == "json":
        _streams.say(json.dumps(document(settled.shown, settled.refused, findings, settled.unasked), indent=2) + "\n")
    elif args.format == "diff":
        # The bytes of files, which are no text for the terminal.
        sys.stdout.buffer.write(patch_of([proof.candidate for proof in settled.shown]))
        sys.stdout.buffer.flush()
    elif args.interactive:
        masks, view = masks_of(bench.before), _streams.view()
        chosen = chosen_by_person(settled.shown, masks, view)
        _write(git, _proven_together(chosen, settled, bench), bench.machine)
        _streams.say(page.unasked(settled))
    elif args.apply:
        _streams.say(page.head(settled, findings))
        _write(git, settled.shown, bench.machine)
        _streams.say(page.refusals(settled, masks_of(bench.before)) + page.unasked(settled))
    else:
        _streams.say(page.whole(settled, findings, masks_of(bench.before), _streams.view()))


def _proven_together(chosen: Sequence[Proof], settled: Settled, bench: Bench) -> Sequence[Proof]:
    """The chosen ones; without the others they have to be proven once more."""
    if not chosen or len(chosen) == len(settled.shown):
        return chosen
    again = settle([proof.candidate for proof in chosen], bench)
    _streams.say(page.refusals(again, masks_of(bench.before)))
    return again.shown


def _write(git: Git, proofs: Sequence[Proof], machine: Machine) -> None:
    put = [proof.candidate for proof in proofs]
    _streams.say(page.written(apply(git, put)))
    remember(git, put, machine)
