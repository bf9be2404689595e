"""What a model said in a former run, as JSON and back: what is not looked at again must not be forgotten either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewer.attest.canonical import path_bytes, path_text
from reviewer.records import Confidence, Finding, Kind, Severity

_TEXTS = ("rule", "snippet", "message", "remedy", "cwe", "reviewer")
_NUMBERS = ("start_line", "end_line", "start_column", "end_column", "occurrence")


def json_of(finding: Finding) -> dict[str, Any]:
    """The finding without what is decided anew in every run: suppression, dismissal."""
    made: dict[str, Any] = {name: getattr(finding, name).encode("utf-8", "backslashreplace").decode() for name in _TEXTS}
    made |= {name: getattr(finding, name) for name in _NUMBERS}
    made |= {"kind": finding.kind.value, "severity": finding.severity.value, "confidence": finding.confidence.value}
    return {**made, "path": path_text(finding.path)}


def finding_of(content: object) -> Finding | None:
    """What `json_of` wrote; None if it is something else, or not a model's: nothing else is carried from run to run."""
    if not isinstance(content, Mapping) or not isinstance(content.get("path"), str):
        return None
    texts = {name: content.get(name) for name in _TEXTS}
    numbers = {name: content.get(name) for name in _NUMBERS}
    if not all(isinstance(value, str) for value in texts.values()) or not str(texts["reviewer"]).startswith("models"):
        return None
    if not all(isinstance(value, int) and value >= 0 for value in numbers.values()):
        return None
    fields: dict[str, Any] = {**texts, **numbers, "path": path_bytes(content["path"])}
    try:
        kinds = Kind(content.get("kind")), Severity(content.get("severity")), Confidence(content.get("confidence"))
    except ValueError:
        return None
    return Finding(**fields, kind=kinds[0], severity=kinds[1], confidence=kinds[2])
