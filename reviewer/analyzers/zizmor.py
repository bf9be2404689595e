"""Asks zizmor about GitHub workflows, actions and Dependabot's settings; see `rules/analyzers/zizmor_checks.toml`.

It knows such files by where they lie, so the copies lie there too, under numbers instead of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import Meaning, checks
from reviewer.analyzers._places import Places
from reviewer.analyzers.interface import Analysis, Report, Source
from reviewer.records import Confidence, Severity

_OPTIONS = ("--offline", "--no-config", "--no-progress", "--no-exit-codes", "--color=never", "--format=json-v1", "--collect=all")
_NOTHING_READ = 3
"""How it ends if it could read none of the files."""

_DONE = re.compile(r"completed \./(\S+)")
"""It says so of every file that it audited, and passes over those that it cannot read with a word only."""

_SEVERITIES = {"High": Severity.ERROR, "Medium": Severity.WARNING}
_CONFIDENCES = {"High": Confidence.HIGH, "Medium": Confidence.MEDIUM}


def analyze(sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
    """Run zizmor over private copies, offline and without any configuration; see `reviewer.analyzers.interface.Analyzer`."""
    table = checks("zizmor")
    env = workspace.environment("ZIZMOR_", "GH_", "GITHUB_", "RUST_")
    utf8, failed = workspace.readable(sources)
    named = workspace.copies(folder, utf8, _name)
    reports: list[Report] = []
    if named:
        argv: list[str | Path] = [program, *_OPTIONS, "--cache-dir", folder / "cache", "."]
        done = proc.run(argv, timeout=timeout, cwd=folder, env=env, ok=(0, _NOTHING_READ))
        read = frozenset(_DONE.findall(done.err.decode("utf-8", "replace")))
        failed.update({source.path: _UNREAD for name, source in named.items() if name not in read})
        if done.code != _NOTHING_READ:
            reports = _reports(done.out, named, table.meanings)
    return Analysis(reports, failed, f"zizmor {workspace.version(program, env, timeout)} checks {table.digest}")


_UNREAD = "zizmor cannot read the file: it is not YAML, or not what GitHub expects here"


def _name(number: int, source: Source) -> str:
    """Where a copy goes. Actions and Dependabot's files have fixed names, so each gets a folder of its own."""
    name = source.path.rpartition(b"/")[2]
    if name in (b"action.yml", b"action.yaml"):
        return f"{number:05d}/action.yml"
    if name in (b"dependabot.yml", b"dependabot.yaml"):
        return f"{number:05d}/.github/dependabot.yml"
    return f".github/workflows/{number:05d}.yml"


def _reports(out: bytes, named: Mapping[str, Source], meanings: Mapping[str, Meaning]) -> list[Report]:
    try:
        found = workspace.entries(out, "zizmor")
        return [report for finding in found for report in _read(finding, named, meanings)]
    except (KeyError, TypeError, AttributeError) as error:
        raise workspace.strange("zizmor") from error


def _read(finding: Mapping[str, Any], named: Mapping[str, Source], meanings: Mapping[str, Meaning]) -> Iterator[Report]:
    meaning, sure = meanings.get(finding["ident"]), finding["determinations"]
    if meaning is None or finding.get("ignored"):
        return
    meaning = meaning.at_most(
        _SEVERITIES.get(sure["severity"], Severity.INFO), _CONFIDENCES.get(sure["confidence"], Confidence.LOW)
    )
    for location in finding["locations"]:
        if location["symbolic"]["kind"] != "Primary":
            continue
        source = named[location["symbolic"]["key"]["Local"]["verbatim_path"].removeprefix("./")]
        where = location["concrete"]["location"]["offset_span"]
        span = Places(source.content).offsets(where["start"], where["end"])
        if span.end_line > span.start_line:
            # A whole job or step: it is told where it starts, so that an edit inside an old one does not bring it up.
            span = Places(source.content).lines(span.start_line)
        message = f"{finding['desc'].capitalize()}: {location['symbolic']['annotation']}."
        yield meaning.report(source.path, f"zizmor/{finding['ident']}", span, message, f"See {finding['url']}")
