"""Runs ast-grep over private copies of files and reads what it says."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.errors import ToolError, ToolFailedError, ToolTimeoutError
from reviewer.records import Confidence, Kind, Severity
from reviewer.review._match import MOST_MATCHES, Edit, Match

_ARGV_BYTES = 24_000
"""Bytes of paths in one command line. Windows allows 32,767 characters."""

_ERRORS_FOUND = 1
"""Exit code of ast-grep when a rule of severity error matched."""

_BAD_RULES = 8
"""Exit code of ast-grep when it cannot read the rules."""

_FLAGS = ("--json=stream", "--include-metadata", "--color=never") + tuple(
    flag for kind in ("hidden", "dot", "exclude", "global", "parent", "vcs") for flag in ("--no-ignore", kind)
)


_CAN_LIMIT = os.name == "posix"

_LIMITER = """\
import os, resource, sys
seconds = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Becomes the program that its arguments name, with a limit on its processor time."""

_OVERDRAWN = (-9, -24)
"""Exit codes of a program that used up its processor time: SIGKILL and SIGXCPU."""


@dataclass(slots=True)
class Scan:
    """What became of the copies."""

    matches: dict[Path, set[Match]]
    """By copy; also of copies that failed: what was read before."""
    failed: dict[Path, str] = field(default_factory=dict)
    """The cause, in words."""


def version(tool: Path, *, timeout: float) -> str:
    """Such as "ast-grep 0.51.1".

    Raises:
        ToolError: it cannot be run.
    """
    return proc.run((tool, "--version"), timeout=timeout).out.decode("utf-8", "replace").strip()


def scan(
    tool: Path,
    rules: str,
    copies: Sequence[Path],
    folder: Path,
    *,
    timeout: float,
    processor: int = 0,
    deadline: float | None = None,
) -> Scan:
    """Match the rules against the copies.

    A copy at which ast-grep crashes or hangs is found by halving, so that it cannot keep the others from being reviewed.

    Args:
        rules: YAML documents, joined.
        folder: of our own; ast-grep runs in it and the rules are written there.
        timeout: seconds for one run of ast-grep.
        processor: seconds of processor time for one run; 0 for any. Windows, which cannot limit that, takes it for wall time.
        deadline: `time.monotonic()` at which all of it ends, with halves and their halves; once `timeout` is over if None.

    Raises:
        OSError: the rules cannot be written.
    """
    folder.mkdir(exist_ok=True)
    rule_file = folder / "rules.yml"
    rule_file.write_text(rules, encoding="utf-8")
    # Without a project file here ast-grep would look for one in the folders above, and obey it.
    (folder / "sgconfig.yml").write_text("ruleDirs: []\n", encoding="utf-8")
    run = _Run(
        (*_limited(processor), tool, "scan", "--rule", rule_file, *_FLAGS, "--"),
        folder,
        timeout if _CAN_LIMIT or not processor else float(processor),
        processor,
        time.monotonic() + timeout if deadline is None else deadline,
        Scan({copy: set() for copy in copies}),
    )
    for batch in _batches(copies):
        run.scan(batch)
    run.found.failed.update((copy, "its private copy is gone") for copy in copies if not copy.is_file())
    return run.found


def _limited(processor: int) -> tuple[str, ...]:
    """What a command line begins with that may use so many seconds of processor time; nothing if it may use any."""
    if not processor or not _CAN_LIMIT:
        return ()
    return (sys.executable, "-I", "-S", "-c", _LIMITER, str(processor))


@dataclass(frozen=True, slots=True)
class _Run:
    """One scan under way."""

    argv: tuple[str | Path, ...]
    folder: Path
    timeout: float
    processor: int
    deadline: float
    found: Scan

    def scan(self, batch: Sequence[Path]) -> None:
        """Add what is found in these copies, or why they failed."""
        try:
            self._read(batch)
        except (ToolFailedError, ToolTimeoutError) as error:
            if len(batch) == 1 or (isinstance(error, ToolFailedError) and error.code == _BAD_RULES):
                self.found.failed.update(dict.fromkeys(batch, error.what))
                return
            middle = len(batch) // 2
            self.scan(batch[:middle])
            self.scan(batch[middle:])
        except ToolError as error:
            self.found.failed.update(dict.fromkeys(batch, error.what))

    def _read(self, batch: Sequence[Path]) -> None:
        left = min(self.timeout, self.deadline - time.monotonic())
        if left <= 0:
            raise ToolTimeoutError("ast-grep was not started: other files used up the time for rules")
        severities: set[Severity] = set()
        try:
            # As a stream, because every match carries its whole line: a minified file gives gigabytes.
            with proc.reading((*self.argv, *batch), timeout=left, cwd=self.folder) as stream:
                for line in stream:
                    severities.add(self._keep(line))
                    if len(batch) == 1 and self.found.failed:
                        break
        except ToolTimeoutError as error:
            raise ToolTimeoutError(f"ast-grep did not end within {left:.3g} s") from error
        except ToolFailedError as error:
            if self.processor and error.code in _OVERDRAWN:
                raise ToolTimeoutError(f"ast-grep did not end within {self.processor} s of processor time") from error
            if error.code != _ERRORS_FOUND or Severity.ERROR not in severities:
                raise

    def _keep(self, line: bytes) -> Severity:
        try:
            said = json.loads(line)
            copy, match = Path(said["file"]), _match(said)
            kept = self.found.matches[copy]
        except (ValueError, KeyError, TypeError) as error:
            raise ToolFailedError(f"ast-grep said something that cannot be understood: {line[:80]!r}") from error
        if len(kept) < MOST_MATCHES:
            kept.add(match)
        elif match not in kept:
            self.found.failed[copy] = f"more than {MOST_MATCHES} findings in one file; the others were not read"
        return match.severity


def _match(said: dict[str, Any]) -> Match:
    start, end = said["range"]["start"], said["range"]["end"]
    metadata = said["metadata"]
    return Match(
        rule=str(said["ruleId"]),
        severity=Severity(said["severity"]),
        kind=Kind(metadata["kind"]),
        confidence=Confidence(metadata["confidence"]),
        cwe=str(metadata.get("cwe", "")),
        message=str(said["message"]).strip(),
        remedy=str(said["note"]).strip(),
        start_line=start["line"] + 1,
        end_line=end["line"] + 1,
        start_column=start["column"] + 1,
        end_column=end["column"] + 1,
        edit=_edit(said) if "replacement" in said else None,
    )


def _edit(said: dict[str, Any]) -> Edit:
    """The rule's fix as ast-grep fills it in, with the pieces of the copy that it holds."""
    variables = said.get("metaVariables", {})
    quoted = [said, *variables.get("single", {}).values(), *(one for many in variables.get("multi", {}).values() for one in many)]
    return Edit(
        said["replacementOffsets"]["start"],
        said["replacementOffsets"]["end"],
        said["replacement"].encode(),
        tuple((one["range"]["byteOffset"]["start"], one["text"].encode()) for one in quoted),
    )


def _batches(copies: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for copy in copies:
        length = len(bytes(copy)) + 1
        if batch and size + length > _ARGV_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(copy)
        size += length
    if batch:
        yield batch
