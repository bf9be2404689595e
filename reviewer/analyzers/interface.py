"""What every external analyzer takes and gives. One file per tool, found by its name; `_members.py` says which files it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reviewer.records import Confidence, Fix, Kind, Severity


@dataclass(frozen=True, slots=True)
class Source:
    """A staged file, copied into the gate's own folder."""

    path: bytes
    copy: Path
    content: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that a tool said. Lines and columns are 1-based; the end column is exclusive, 0 if only the line is known."""

    path: bytes
    rule: str
    """With the tool's name in front: "ruff/S608"."""
    kind: Kind
    severity: Severity
    confidence: Confidence
    start_line: int
    end_line: int
    start_column: int
    """In characters (Unicode code points)."""
    end_column: int
    message: str
    remedy: str
    cwe: str
    fix: Fix | None = None
    """What the tool itself calls safe to put in its place."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What became of the files: reports, and the files that were not read, with the reason."""

    reports: Sequence[Report]
    failed: Mapping[bytes, str]
    """Meant for the tool, but it could not read them."""
    version: str
    skipped: Mapping[bytes, str] = field(default_factory=dict)
    """Written in something that the tool does not claim to read."""


class Analyzer(Protocol):
    """The module's contract."""

    def analyze(self, sources: Sequence[Source], *, program: Path, folder: Path, timeout: float) -> Analysis:
        """Run the tool over the files, side by side, with none of the repository's configuration and without network.

        Args:
            program: the tool.
            folder: a private folder for copies and files of its own; not there yet.
            timeout: seconds.

        Raises:
            ToolError: it crashed, took too long, or printed something that is not its report.
            StorageError: there is no room for the copies.
        """
