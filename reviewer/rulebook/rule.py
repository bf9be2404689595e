"""What a rule file says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reviewer.records import Confidence, Kind, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, read in full."""

    id: str
    language: str
    """The folder of `rules/` it lies in, such as "shell"."""
    kind: Kind
    cwe: str
    """Such as "CWE-89"; empty if none applies."""
    severity: Severity
    confidence: Confidence
    message: str
    """What goes wrong."""
    remedy: str
    """How to write it instead: the file's `note`."""
    fix: str
    """Text that always safely takes the place of the match; empty if there is none."""
    regex: str
    """The pattern of a rule for a language without a grammar; empty for an ast-grep rule."""
    unless: str
    """What the same instruction must not hold, as a regular expression; empty if anything may stand there."""
    match: tuple[str, ...]
    """Code that the rule reports."""
    clean: tuple[str, ...]
    """Code that looks similar and that it does not report."""
    path: Path
    text: str = field(repr=False)
    """The whole file."""
