"""What every external analyzer takes and gives. One file per tool, found by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reviewer.records import Confidence, Kind, Severity


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
    end_column: int
    message: str
    remedy: str
    cwe: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """What became of the files: reports, and the files the tool could not read with the reason."""

    reports: Sequence[Report]
    failed: Mapping[bytes, str]
    version: str


class Analyzer(Protocol):
    """The module's contract."""

    LANGUAGES: frozenset[str]
    """Languages whose files it reads."""

    def analyze(self, sources: Sequence[Source], *, tools: Mapping[str, str], timeout: float) -> Analysis:
        """Run the tool over the files, side by side, in their private folder, with none of the repository's configuration.

        Args:
            tools: the user's own paths of programs, as in `Machine.tools`.
            timeout: seconds.

        Raises:
            ToolError: it is missing, crashed or took too long.
        """
