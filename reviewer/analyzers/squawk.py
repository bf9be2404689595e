"""Asks squawk about migrations of PostgreSQL. Which of its checks count is said in `rules/analyzers/squawk_checks.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import SYNTAX, Meaning, checks
from reviewer.analyzers._places import Places
from reviewer.analyzers.interface import Analysis, Report, Source

_CONFIG = "config.toml"
_UNPARSED = "syntax-error"

_OTHER_DIALECT = re.compile(
    rb"`\w+`|\bAUTO_?INCREMENT\b|\bENGINE\s*=|\bUNSIGNED\b|\bDELIMITER\b|\bPRAGMA\b|\bNVARCHAR\b|\bVARCHAR2\b|\bIDENTITY\s*\("
    rb"|\[dbo\]|^[ \t]*GO[ \t\r]*$|\bWITHOUT\s+ROWID\b|\bMODIFY\s+COLUMN\b",
    re.IGNORECASE | re.MULTILINE,
)
"""What MySQL, SQLite, SQL Server and Oracle write and PostgreSQL does not."""


def analyze(sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
    """Run squawk over private copies, without any configuration; see `reviewer.analyzers.interface.Analyzer`.

    A file with a syntax error counts as not read, because squawk then leaves out its other checks; its first error is reported.
    """
    table = checks("squawk")
    env = workspace.environment("SQUAWK_", "GITHUB_", "RUST_")
    utf8, failed = workspace.readable(sources)
    skipped = {source.path: "it is not written for PostgreSQL" for source in utf8 if _OTHER_DIALECT.search(source.content)}
    named = workspace.copies(
        folder, [source for source in utf8 if source.path not in skipped], lambda number, _: f"{number:05d}.sql"
    )
    reports: list[Report] = []
    if named:
        # Its own file takes the place of any other.
        workspace.write(folder, _CONFIG, b"")
        argv: list[str | Path] = [program, "-c", _CONFIG, "--reporter", "json", "--", *named]
        out = proc.run(argv, timeout=timeout, cwd=folder, env=env, ok=(0, 1)).out
        try:
            for entry in workspace.entries(out, "squawk"):
                reports += _read(entry, named[entry["file"]], table.meanings, failed)
        except (KeyError, TypeError) as error:
            raise workspace.strange("squawk") from error
    return Analysis(reports, failed, f"squawk {workspace.version(program, env, timeout)} checks {table.digest}", skipped)


def _read(
    entry: Mapping[str, Any], source: Source, meanings: Mapping[str, Meaning], failed: dict[bytes, str]
) -> Iterator[Report]:
    """Its lines and columns count from 0, columns in bytes."""
    code, message = entry["rule_name"], entry["message"]
    place = (entry["line"] + 1, entry["column"], entry["line_end"] + 1, entry["column_end"])
    span = Places(source.content).byte_columns(*place)
    if code in meanings:
        yield meanings[code].report(source.path, f"squawk/{code}", span, message, entry["help"] or _remedy(code))
    elif code == _UNPARSED and source.path not in failed:
        failed[source.path] = f"squawk cannot parse the file as PostgreSQL: line {span.start_line}: {message}"
        yield SYNTAX.report(source.path, f"squawk/{code}", span, f"Syntax error: {message}.", "Read as PostgreSQL.")


def _remedy(code: str) -> str:
    return f"See https://squawkhq.com/docs/{code}"
