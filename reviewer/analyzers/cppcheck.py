"""Asks cppcheck about C and C++. Which of its checks count is said in `rules/analyzers/cppcheck_checks.toml`.

It sees one file at a time and no headers: an `#include` would let the repository choose which files of this machine it opens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reviewer import proc
from reviewer.analyzers import _workspace as workspace
from reviewer.analyzers._checks import Meaning, checks
from reviewer.analyzers._places import Places, Span
from reviewer.analyzers.interface import Analysis, Report, Source

_TEMPLATE = r"{file}\t{line}\t{column}\t{severity}\t{id}\t{cwe}\t{message}"
_LINE = re.compile(r"(\d{5}\.c(?:pp)?)\t(\d+)\t(\d+)\t\w+\t(\w+)\t(\d*)\t(.*)\Z")
_ANYWHERE = "nofile"

_OPTIONS = ("-q", "--enable=warning", "--inline-suppr", "--platform=unix64", "--max-configs=4", f"--template={_TEMPLATE}")

_UNPARSED = frozenset({"syntaxError", "internalError", "internalAstError", "cppcheckError", "cppcheckLimit"})
_WITHOUT_HEADERS = frozenset({"unknownMacro", "preprocessorErrorDirective"})
"""What it says of code that only its headers make readable."""

_CPP = re.compile(
    rb"^[ \t]*(?:(?:class|namespace|template|using)\b|(?:public|private|protected)[ \t]*:)|\bstd::|\bextern[ \t]+\"C\+\+\"",
    re.MULTILINE,
)
"""What a header of C++ has and one of C has not; both end in .h."""

_INCLUDE = re.compile(rb"(#|%:)([ \t]*)(?:include_next|include|import)\b")
_HIDDEN_INCLUDE = re.compile(rb"(?:#|%:|\?\?=)[ \t\f\v]*(?:/\*|include|import)")
_SPLICE = re.compile(rb"(?:\\|\?\?/)[ \t]*\r?\n")
_HIDDEN = "an #include in it is written so that cppcheck cannot be kept from opening files"


def analyze(sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
    """Run cppcheck over private copies, without any configuration; see `reviewer.analyzers.interface.Analyzer`."""
    table = checks("cppcheck")
    env = workspace.environment("CPPCHECK")
    alone = [Source(source.path, source.copy, without_includes(source.content)) for source in sources]
    failed = {source.path: _HIDDEN for source in alone if _HIDDEN_INCLUDE.search(_SPLICE.sub(b"", source.content))}
    skipped: dict[bytes, str] = {}
    named = workspace.copies(folder, [source for source in alone if source.path not in failed], _name)
    reports: list[Report] = []
    if named:
        err = proc.run([program, *_OPTIONS, *named], timeout=timeout, cwd=folder, env=env).err
        for line in err.decode("utf-8", "replace").split("\n"):
            reports += _read(line.rstrip("\r"), named, table.meanings, failed, skipped)
    return Analysis(reports, failed, f"cppcheck {workspace.version(program, env, timeout)} checks {table.digest}", skipped)


def without_includes(content: bytes) -> bytes:
    """The same text, of the same length, that includes nothing: each `#include` is a `#pragma`, which nobody follows."""
    return _INCLUDE.sub(lambda match: (match[1] + match[2] + b"pragma").ljust(len(match[0])), content)


def _name(number: int, source: Source) -> str:
    lowered = source.path.lower()
    is_c = lowered.endswith(b".c") or (lowered.endswith(b".h") and not _CPP.search(source.content))
    return f"{number:05d}.c" if is_c else f"{number:05d}.cpp"


def _read(
    line: str,
    named: Mapping[str, Source],
    meanings: Mapping[str, Meaning],
    failed: dict[bytes, str],
    skipped: dict[bytes, str],
) -> Iterator[Report]:
    if not line.strip() or line.startswith(_ANYWHERE):
        return
    match = _LINE.match(line)
    if match is None or match[1] not in named:
        raise workspace.garbage("cppcheck")
    source, row, code, message = named[match[1]], int(match[2]), match[4], match[6]
    if code in _UNPARSED:
        failed.setdefault(source.path, f"cppcheck cannot parse the file: line {row}: {message}")
    elif code in _WITHOUT_HEADERS:
        skipped.setdefault(source.path, f"cppcheck cannot read it without its headers: line {row}: {message}")
    elif code in meanings:
        span = _span(source, row, int(match[3]))
        yield meanings[code].report(source.path, f"cppcheck/{code}", span, message)


def _span(source: Source, row: int, column: int) -> Span:
    """It names the byte where something starts, not where it ends; 0 if it does not know."""
    places = Places(source.content)
    if not column:
        return places.lines(row)
    return places.byte_columns(row, column - 1, row, column)
