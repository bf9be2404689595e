"""Asks oxlint about JavaScript and TypeScript. Which of its checks count is said in `rules/analyzers/oxlint_checks.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import SYNTAX, Meaning, checks
from reviewer.analyzers._places import Places, Span
from reviewer.analyzers.interface import Analysis, Report, Source
from reviewer.errors import ToolFailedError

_ENDINGS = (".js", ".d.ts", ".jsx", ".mjs", ".cjs", ".tsx", ".mts", ".cts", ".ts", ".vue", ".svelte")
"""Endings that tell oxlint how to read a file. The first serves scripts without one."""

_PLUGINS = ("react", "promise", "node", "jest", "vitest")
_CODE = re.compile(r"(?:eslint-plugin-)?([\w-]+)\(([\w-]+)\)\Z")
_FLOW = re.compile(rb"^[ \t]*(?://|/?\*).{,200}@flow\b", re.MULTILINE)
_FLOW_BYTES = 1024
"""Flow wants its mark in the first comment of a file (https://flow.org/en/docs/usage)."""

_CONFIG, _IGNORE = "config.json", ".gitignore"


def analyze(sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
    """Run oxlint over private copies, without any configuration; see `reviewer.analyzers.interface.Analyzer`.

    A file with a syntax error counts as not read, because oxlint then leaves out its other checks; its first error is reported.
    """
    table = checks("oxlint")
    env = workspace.environment("OXLINT_", "OXC_", "NODE_")
    utf8, failed = workspace.readable(sources)
    skipped = {source.path: "it is written in Flow" for source in utf8 if _is_flow(source)}
    named = workspace.copies(folder, [source for source in utf8 if source.path not in skipped], _name)
    reports: list[Report] = []
    if named:
        try:
            for entry in _run(program, table.meanings, folder, list(named), env, timeout):
                reports += _read(entry, named, table.meanings, failed)
        except (KeyError, TypeError, AttributeError) as error:
            raise workspace.strange("oxlint") from error
    return Analysis(reports, failed, f"oxlint {workspace.version(program, env, timeout)} checks {table.digest}", skipped)


def _name(number: int, source: Source) -> str:
    return f"{number:05d}{workspace.ending(source.path, _ENDINGS)}"


def _is_flow(source: Source) -> bool:
    return source.path.endswith((b".js", b".jsx", b".mjs")) and _FLOW.search(source.content[:_FLOW_BYTES]) is not None


def _run(
    program: Path, meanings: Mapping[str, Meaning], folder: Path, names: Sequence[str], env: Mapping[str, str], timeout: float
) -> list[dict[str, Any]]:
    """What it says. Its own configuration file takes the place of any other; its own .gitignore wins over those further up."""
    workspace.write(folder, _CONFIG, b"{}")
    workspace.write(folder, _IGNORE, b"!*\n")
    argv: list[str | Path] = [program, "-c", _CONFIG, "-f", "json", "--disable-nested-config", "--no-ignore", "-A", "all"]
    argv += [f"--{name}-plugin" for name in _PLUGINS]
    argv += [part for code in meanings for part in ("-D", code)]
    answer = workspace.decoded(proc.run([*argv, *names], timeout=timeout, cwd=folder, env=env, ok=(0, 1)).out, "oxlint")
    if not isinstance(answer, dict) or not isinstance(answer.get("diagnostics"), list):
        raise workspace.garbage("oxlint")
    if answer.get("number_of_files") != len(names):
        raise ToolFailedError(f"oxlint read {answer.get('number_of_files')} of {len(names)} files")
    return list(answer["diagnostics"])


def _read(
    entry: Mapping[str, Any], named: Mapping[str, Source], meanings: Mapping[str, Meaning], failed: dict[bytes, str]
) -> Iterator[Report]:
    source = named.get(entry.get("filename", ""))
    if source is None:
        raise ToolFailedError(f"oxlint could not work: {str(entry['message'])[:200]}")
    span = _span(entry, source)
    if "code" in entry:
        code = _code(entry["code"])
        if code in meanings:
            yield meanings[code].report(source.path, f"oxlint/{code}", span, entry["message"], _remedy(entry))
    elif source.path not in failed:
        failed[source.path] = f"oxlint cannot parse the file: line {span.start_line}: {entry['message']}"
        yield SYNTAX.report(source.path, "oxlint/invalid-syntax", span, f"Syntax error: {entry['message']}.")


def _span(entry: Mapping[str, Any], source: Source) -> Span:
    places = Places(source.content)
    if not entry["labels"]:
        return places.lines(1)
    place = entry["labels"][0]["span"]
    span = places.offsets(place["offset"], place["offset"] + place["length"])
    # A whole function or class: it is told where it starts, so that an edit inside an old one does not bring it up.
    return span if span.start_line == span.end_line else places.lines(span.start_line)


def _code(said: str) -> str:
    """The name by which a check is switched on: "eslint(no-eval)" is "no-eval", "react(jsx-key)" is "react/jsx-key"."""
    match = _CODE.match(said)
    if match is None:
        return said
    return match[2] if match[1] == "eslint" else f"{match[1]}/{match[2]}"


def _remedy(entry: Mapping[str, Any]) -> str:
    return str(entry.get("help") or (f"See {entry['url']}" if entry.get("url") else ""))
