"""Asks hadolint about Dockerfiles. Which of its checks count is said in `rules/analyzers/hadolint_checks.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import SYNTAX, Meaning, checks
from reviewer.analyzers._places import Places
from reviewer.analyzers.interface import Analysis, Report, Source

_CONFIG = "config.yaml"
_UNPARSED = "DL1000"
_SHELL_UNPARSED = "SC1072"
"""Shellcheck's code, through hadolint, for a command that it cannot parse; the rest of the file is read."""


def analyze(sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
    """Run hadolint over private copies, without any configuration; see `reviewer.analyzers.interface.Analyzer`."""
    table = checks("hadolint")
    env = workspace.environment("HADOLINT_", "SHELLCHECK_", "XDG_CONFIG_")
    utf8, failed = workspace.readable(sources)
    named = workspace.copies(folder, utf8, lambda number, _: f"{number:05d}.dockerfile")
    reports: list[Report] = []
    if named:
        # Its own file takes the place of any other.
        workspace.write(folder, _CONFIG, b"{}")
        argv: list[str | Path] = [program, "-c", _CONFIG, "--no-color", "-f", "json", *named]
        out = proc.run(argv, timeout=timeout, cwd=folder, env=env, ok=(0, 1)).out
        try:
            for entry in workspace.entries(out, "hadolint"):
                reports += _read(entry, named[entry["file"]], table.meanings, failed)
        except (KeyError, TypeError) as error:
            raise workspace.strange("hadolint") from error
    return Analysis(reports, failed, f"hadolint {workspace.version(program, env, timeout)} checks {table.digest}")


def _read(
    entry: Mapping[str, Any], source: Source, meanings: Mapping[str, Meaning], failed: dict[bytes, str]
) -> Iterator[Report]:
    code, message, places = entry["code"], entry["message"], Places(source.content)
    span = places.lines(entry["line"], _end(places, entry["line"]))
    if code == _UNPARSED:
        failed[source.path] = f"hadolint cannot parse the file: line {span.start_line}: {message}"
        yield SYNTAX.report(source.path, f"hadolint/{code}", places.lines(entry["line"]), f"Syntax error: {message}.")
    elif code == _SHELL_UNPARSED:
        yield SYNTAX.report(source.path, f"hadolint/{code}", span, f"Syntax error in the command: {message}")
    elif code in meanings:
        yield meanings[code].report(source.path, f"hadolint/{code}", span, message, _remedy(code))


def _end(places: Places, line: int) -> int:
    """The last line of the instruction that starts at `line`: hadolint names its first line only.

    Comments and empty lines stand between continued lines; see "Format" in the Dockerfile reference.
    """
    end = line
    while True:
        text = places.text(end).strip()
        continued = text.endswith((b"\\", b"`")) or (end > line and (not text or text.startswith(b"#")))
        if not continued or places.lines(end + 1).start_line == end:
            return end
        end += 1


def _remedy(code: str) -> str:
    if code.startswith("SC"):
        return f"See https://www.shellcheck.net/wiki/{code}"
    return f"See https://github.com/hadolint/hadolint/wiki/{code}"
