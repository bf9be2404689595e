"""Measure how the hunks of this repository's own history rank, so that risk is told against them.

Examples:
  hunkgate calibrate                 the last 300 commits
  hunkgate calibrate --commits 1000

Without it a hunk's risk is its place among the hunks that the classifier was trained on; a careful repository and a careless one
look the same then. The figures stay in the git folder. They are a rank, no probability. More: docs/classifier.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from reviewer import config
from reviewer.classify import classify_change, own_history
from reviewer.classify.answers import Asked
from reviewer.classify.file_kinds import context_of
from reviewer.engine.judging import judge_for
from reviewer.errors import ExitCode, UsageError
from reviewer.git import Git
from reviewer.intake import changes
from reviewer.records import Change, Task
from reviewer.report._progress import StatusLine
from reviewer.report._streams import say

MOST_HUNKS = 2000
"""Of one commit: what is larger is an import or a reformatting, and would outweigh the work of months."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How far back."""
    parser.add_argument("--commits", type=int, default=300, metavar="N", help="of the first-parent history; default: 300")


def run(args: argparse.Namespace) -> int:
    """0; 2 if there is too little history; 3 if the classifier cannot be run."""
    if args.commits < 1:
        raise UsageError(f"--commits {args.commits} is no number of commits", todo="Give 1 or more.")
    git, judge = Git(), judge_for(config.load_machine())
    commits = git.run("rev-list", "--first-parent", "--no-merges", f"--max-count={args.commits}", "HEAD", "--").decode().split()
    with StatusLine() as progress:
        asked: list[Asked] = []
        for number, commit in enumerate(commits, start=1):
            progress.step(f"commit {number} of {len(commits)}")
            asked += _source(changes.of_commit(git, commit))
        ranks = [one.risk for one in judge(asked)] if asked else []
    if len(ranks) < own_history.LEAST:
        what = f"{len(ranks)} hunks of source in {len(commits)} commits are too few; {own_history.LEAST} are needed"
        raise UsageError(what, todo="Look further back: hunkgate calibrate --commits 2000")
    history = own_history.summarized(ranks, len(commits))
    own_history.save(git.path(own_history.FILE), history)
    middle, high = (history.quantiles[len(history.quantiles) * part // 10] for part in (5, 8))
    say(
        f"calibrated on {history.hunks} hunks of {history.commits} commits: half of them rank below {middle:.2f} of what the "
        f"classifier was trained on, the riskiest fifth above {high:.2f}\n"
    )
    return ExitCode.OK


def _source(change: Change) -> Iterator[Asked]:
    """The hunks that rules leave to the classifier."""
    if len(change.hunks) > MOST_HUNKS:
        return
    profiles, context = classify_change(change), context_of(change)
    for file in change.files:
        for hunk in file.hunks:
            if profiles[hunk.path, hunk.new_start].task is Task.CODE:
                yield Asked(hunk, file, context)
