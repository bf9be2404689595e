"""Whether code can be read: by a grammar, and for Python by Python's own parser. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reviewer.fix.interface import Candidate, Result
from reviewer.proving import python_names, python_parts, syntax
from reviewer.records import Confidence, Finding, Fix, Kind, Replacement, Severity

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
"""Characters that no source code needs, and that a terminal may obey."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading code."""

    error: str = ""
    """What is wrong with it that was not wrong before; empty if nothing is."""
    unread: str = ""
    """Why nobody could read it, in words; empty if somebody did."""


def read(before: bytes, after: bytes, language: str) -> Reading:
    """Read a file with new code in it.

    Args:
        before: the file without the new code; empty for code that stands by itself.
    """
    strange = _CONTROL.search(after.decode("utf-8", "replace"))
    if strange and not _CONTROL.search(before.decode("utf-8", "replace")):
        return Reading(f"it has the control character U+{ord(strange[0]):04X}")
    error = python_parts.error(after) if language == "python" else None
    if error is not None and python_parts.error(before) is None:
        return Reading(error)
    step = syntax.parses(_as_candidate(before, after, language))
    if step.result is Result.UNCHECKED:
        return Reading(unread=step.said)
    return Reading(step.said if step.result is Result.FAILED else "")


def name_error(before: bytes, after: bytes, tools: Mapping[str, str]) -> str:
    """What ruff's checks of names say of a Python file that they did not say before; empty if nothing. Every import is allowed.

    Args:
        tools: where the user's own programs are, by name.
    """
    words = frozenset(re.findall(r"\w+", after.decode("utf-8", "replace")))
    step = python_names.names_resolve(_as_candidate(before, after, "python"), words, tools)
    return step.said if step.result is Result.FAILED else ""


def _as_candidate(before: bytes, after: bytes, language: str) -> Candidate:
    """The step of the proof is about mends: this is one that changes the whole file, for a finding that nobody made."""
    finding = Finding(
        rule="generated", kind=Kind.BUG, severity=Severity.INFO, confidence=Confidence.LOW, path=b"generated", start_line=1,
        end_line=1, start_column=1, end_column=0, snippet="", message="", remedy="", cwe="", reviewer="generate",
    )  # fmt: skip
    fix = Fix((Replacement.at(before, 0, len(before), after),), "generate")
    return Candidate(finding, fix, before, "", 0o100644, language)
