"""Asks shellcheck about shell scripts. Which of its checks count is said in `rules/analyzers/shellcheck_checks.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import SYNTAX, Meaning, checks
from reviewer.analyzers._places import Places
from reviewer.analyzers.interface import Analysis, Report, Source

_ENDINGS = (".sh", ".bash", ".ksh", ".bats", ".dash")
"""Endings that tell the dialect of a script without a first line that does."""

_OTHER_SHELLS = (b".zsh", b".zshrc", b".zshenv", b".zprofile", b".zlogin", b".fish", b".csh", b".tcsh")
_UNKNOWN_SHELL, _GAVE_UP = "SC1071", "SC1072"
"""Its codes for a first line that names another shell, and for the place where parsing ended."""

_WORTH_A_PROCESS = 30_000
"""Bytes. It needs 15 microseconds for each, and uses one processor only."""

_NOT_ITS_SHELL = "shellcheck reads sh, bash, dash and ksh only"


def analyze(sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
    """Run shellcheck over private copies, without any configuration; see `reviewer.analyzers.interface.Analyzer`.

    A file with a syntax error counts as not read, because shellcheck then leaves out its other checks; the error is reported.
    """
    table = checks("shellcheck")
    env = workspace.environment("SHELLCHECK_")
    skipped = {source.path: _NOT_ITS_SHELL for source in sources if source.path.lower().endswith(_OTHER_SHELLS)}
    named = workspace.copies(folder, [source for source in sources if source.path not in skipped], _name)
    reports: list[Report] = []
    failed: dict[bytes, str] = {}
    outs = _asked([program, "--norc", "-f", "json1", "--"], _parts(named), timeout=timeout, folder=folder, env=env)
    try:
        for entry in chain.from_iterable(workspace.decoded(out, "shellcheck")["comments"] for out in outs):
            reports += _read(entry, named[entry["file"]], table.meanings, failed, skipped)
    except (KeyError, TypeError) as error:
        raise workspace.strange("shellcheck") from error
    return Analysis(reports, failed, f"shellcheck {workspace.version(program, env, timeout)} checks {table.digest}", skipped)


def _parts(named: Mapping[str, Source]) -> list[list[str]]:
    """The names, in two lists of about equal work if that is worth a second process."""
    if len(named) < 2 or sum(len(source.content) for source in named.values()) < _WORTH_A_PROCESS:
        return [list(named)] if named else []
    by_size = sorted(named, key=lambda name: len(named[name].content))
    return [by_size[::2], by_size[1::2]]


def _asked(
    argv: Sequence[str | Path], parts: Sequence[list[str]], *, timeout: float, folder: Path, env: Mapping[str, str]
) -> list[bytes]:
    """What it says of each part; the parts are read side by side."""

    def ask(part: Sequence[str]) -> bytes:
        return proc.run([*argv, *part], timeout=timeout, cwd=folder, env=env, ok=(0, 1)).out

    if len(parts) < 2:
        return [ask(part) for part in parts]
    from concurrent.futures import ThreadPoolExecutor  # costs 10 ms, which most changes need not pay

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(ask, parts))


def _name(number: int, source: Source) -> str:
    return f"{number:05d}{workspace.ending(source.path, _ENDINGS)}"


def _read(
    entry: Mapping[str, Any],
    source: Source,
    meanings: Mapping[str, Meaning],
    failed: dict[bytes, str],
    skipped: dict[bytes, str],
) -> Iterator[Report]:
    code, message = f"SC{entry['code']}", entry["message"]
    span = Places(source.content).characters(entry["line"], entry["column"], entry["endLine"], entry["endColumn"])
    if code == _UNKNOWN_SHELL:
        skipped[source.path] = _NOT_ITS_SHELL
    elif code == _GAVE_UP:
        failed[source.path] = f"shellcheck cannot parse the file: line {span.start_line}: {message}"
        yield SYNTAX.report(source.path, f"shellcheck/{code}", span, f"Syntax error: {message}", _remedy(code))
    elif code in meanings:
        yield meanings[code].report(source.path, f"shellcheck/{code}", span, message, _remedy(code))


def _remedy(code: str) -> str:
    return f"See https://www.shellcheck.net/wiki/{code}"
