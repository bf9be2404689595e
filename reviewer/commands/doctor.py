"""Say what is installed, what a commit here would run, and what is missing, with the command that mends it.

Exit code 0 if a commit here would be reviewed, 1 if something that it needs is missing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from reviewer.commands._checks import CHECKS, Row, Situation, State, situation
from reviewer.errors import ExitCode
from reviewer.report._streams import say

_SIGNS = {State.OK: "ok", State.NOTE: "--", State.MISSING: "!!"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to say it."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """0 if a commit here would be reviewed, 1 if not."""
    here = situation()
    rows = [row for check in CHECKS for row in check(here)]
    ready = all(row.state is not State.MISSING for row in rows)
    summary = _summary(here, rows)
    say(_as_json(rows, ready, summary) if args.format == "json" else _as_text(rows, summary))
    return ExitCode.OK if ready else ExitCode.BLOCK


def _summary(here: Situation, rows: Sequence[Row]) -> str:
    """What a commit here would run, in one sentence."""
    missing = [row.name for row in rows if row.state is State.MISSING]
    states = {row.name: row.state for row in rows}
    if here.team is None or here.place is None or states.get("hook pre-commit") is not State.OK:
        return "A commit here is not reviewed."
    absent = {"rules": "ast-grep", "analyzers": "ruff", "secrets": "secrets", "models": "model"}
    policy = here.team.policy
    running = [name for name in policy.reviewers if states.get(absent[name]) is State.OK]
    verb = "stops for findings" if policy.mode.value == "block" else "only tells of findings"
    text = f"A commit here runs {', '.join(running) or 'no reviewer'}, and {verb}."
    return text + (f" Missing: {', '.join(missing)}." if missing else "")


def _as_text(rows: Sequence[Row], summary: str) -> str:
    width = max(len(row.name) for row in rows)
    lines = []
    for row in rows:
        lines.append(f"{_SIGNS[row.state]}  {row.name:<{width}}  {row.text}")
        if row.mend:
            lines += [f"{'':{width + 6}}{line.strip()}" for line in f"-> {row.mend}".split("\n")]
    return "\n".join([*lines, "", summary]) + "\n"


def _as_json(rows: Sequence[Row], ready: bool, summary: str) -> str:
    checks = [{"name": row.name, "state": row.state.value, "text": row.text, "mend": row.mend} for row in rows]
    return json.dumps({"ready": ready, "summary": summary, "checks": checks}, indent=2) + "\n"
