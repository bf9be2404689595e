"""Start, stop and look at the process that keeps models loaded between reviews.

start     start the engine, unless it runs
stop      end it and everything it loaded
status    what it has loaded, how much memory that takes, and what went wrong
serve     be the engine, in the foreground, until Ctrl-C

The first review that needs a model starts the engine by itself, unless engine = "off" in the user's configuration.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from typing import Any

from reviewer.engine import place
from reviewer.errors import ExitCode
from reviewer.report._streams import complain, say

_START = 10.0
"""Seconds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="{start,stop,status,serve}")
    actions.add_parser("start", help="start the engine, unless it runs")
    actions.add_parser("stop", help="end it and everything it loaded")
    telling = actions.add_parser("status", help="what it has loaded")
    telling.add_argument("--format", choices=("text", "json"), default="text")
    actions.add_parser("serve", help="be the engine, in the foreground")


def run(args: argparse.Namespace) -> int:
    """Do it.

    Raises:
        EngineError: it cannot be started, spoken to or ended.
    """
    if args.action == "status":
        return _status(args.format)
    return {"start": _start, "stop": _stop, "serve": _serve}[args.action]()


def _start() -> int:
    from reviewer.engine import control, launch

    where = place.find()
    launch.reach(where, time.monotonic() + _START).close()
    answer = control.status(where) or {}
    say(f"the engine runs (process {answer.get('pid')})\n")
    return ExitCode.OK


def _stop() -> int:
    from reviewer.engine import control

    pid = control.stop(place.find())
    say("no engine runs\n" if pid is None else f"the engine was stopped (process {pid})\n")
    return ExitCode.OK


def _serve() -> int:
    from reviewer.engine import daemon

    if not daemon.serve(place.find()):
        complain("hunkgate: another engine runs already\n")
        return ExitCode.UNABLE
    return ExitCode.OK


def _status(form: str) -> int:
    from reviewer.engine import control

    where = place.find()
    answer = control.status(where)
    if form == "json":
        say(json.dumps(answer or {"running": False, "version": where.version}, indent=2) + "\n")
    else:
        say(_as_text(answer) if answer else "no engine runs; the first review that needs a model starts it\n")
    return ExitCode.OK


def _as_text(answer: Mapping[str, Any]) -> str:
    reviews = f"{answer['connections']} review{'' if answer['connections'] == 1 else 's'} connected"
    limit = f", at most {_bytes(answer['memory_limit'])} for models" if answer["memory_limit"] else ""
    lines = [
        f"engine {answer['version']}, process {answer['pid']}, up for {answer['uptime']:.0f} s, {reviews}",
        f"ends after {answer['idle_limit']:.0f} s without one; itself {_bytes(answer['rss'])}{limit}",
    ]
    lines += _table(answer["workers"]) if answer["workers"] else ["no model is loaded"]
    errors = [f"{worker['model']}: {worker['last_error']}" for worker in answer["workers"] if worker["last_error"]]
    if errors:
        lines += ["", "last errors:", *errors]
    return "\n".join(lines) + "\n"


def _table(workers: list[dict[str, Any]]) -> list[str]:
    rows = [("MODEL", "BACKEND", "STATE", "PROCESS", "MEMORY", "REQUESTS", "WAITING", "RESTARTS")]
    for worker in workers:
        counts = (str(worker[name]) for name in ("requests", "waiting", "restarts"))
        process = str(worker["pid"] or "-")
        rows.append((worker["model"], worker["backend"], worker["state"], process, _bytes(worker["rss"]), *counts))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["", *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)]


def _bytes(count: int | None) -> str:
    if count is None:
        return "unknown"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
