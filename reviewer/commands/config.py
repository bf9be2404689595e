"""Show every setting and where it comes from, or print the JSON Schema of the settings file."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import replace

from reviewer import config
from reviewer.config import Loaded, LoadedMachine
from reviewer.errors import ExitCode
from reviewer.git import Git
from reviewer.report._streams import complain, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to print."""
    what = parser.add_subparsers(dest="what", required=True, metavar="show|schema")
    show = what.add_parser("show", help="every setting, its value and where it comes from")
    show.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    what.add_parser("schema", help="the JSON Schema of .hunkgate.toml, for editors")


def run(args: argparse.Namespace) -> int:
    """0; malformed settings are an error."""
    if args.what == "schema":
        say(config.json_schema())
        return ExitCode.OK
    team, machine = config.load_policy(Git()), _with_environment(config.read_machine())
    if args.format == "json":
        say(_as_json(team, machine))
        return ExitCode.OK
    say(_as_text(team, machine))
    complain("".join(f"note: {note}\n" for note in team.notes))
    return ExitCode.OK


def _with_environment(loaded: LoadedMachine) -> LoadedMachine:
    """HUNKGATE_STORE counts over the user's file (see reviewer.models.store); what is shown must be what counts."""
    store = os.environ.get("HUNKGATE_STORE")
    if not store:
        return loaded
    return replace(
        loaded, machine=replace(loaded.machine, store=store), origins={**loaded.origins, "store": "HUNKGATE_STORE (environment)"}
    )


def _as_text(team: Loaded, machine: LoadedMachine) -> str:
    lines = [f"# The team's settings: {team.source}", *_rows(config.policy_values(team.policy), team.origins), ""]
    lines += [
        f"# This machine's settings: {config.machine_path()}" + ("" if machine.source != config.DEFAULT else " (no such file)")
    ]
    lines += _rows(config.machine_values(machine.machine), machine.origins)
    return "\n".join(lines) + "\n"


def _rows(values: Mapping[str, str], origins: Mapping[str, str]) -> list[str]:
    texts = {key: f"{key} = {value}" for key, value in values.items()}
    width = min(60, max(map(len, texts.values())))
    return [f"{text:<{width}}  # {origins[key]}" for key, text in texts.items()]


def _as_json(team: Loaded, machine: LoadedMachine) -> str:
    document = {
        "team": _entries(config.as_json(team.policy), team.origins),
        "machine": _entries(config.as_json(machine.machine), machine.origins),
        "machine_file": str(config.machine_path()),
        "policy_digest": team.policy.digest,
        "notes": list(team.notes),
    }
    return json.dumps(document, indent=2) + "\n"


def _entries(values: Mapping[str, object], origins: Mapping[str, str]) -> dict[str, object]:
    return {key: {"value": value, "source": origins[key]} for key, value in values.items()}
