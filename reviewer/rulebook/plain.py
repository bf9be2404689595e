"""Reads the shipped rules that need no grammar, without a YAML parser."""

from __future__ import annotations

import re
from pathlib import Path

from reviewer.records import Confidence, Kind, Severity
from reviewer.rulebook import loading
from reviewer.rulebook.rule import Rule


def load_line_rule(path: Path) -> Rule:
    """`load` for a shipped rule that needs no grammar, without a YAML parser where the file is written as plainly as ours are.

    Examples are not read.

    Raises:
        RuleError: what is wrong, with file and line.
    """
    text = path.read_text(encoding="utf-8")
    try:
        said = _plainly(text)
        return Rule(
            id=path.stem,
            language=path.parent.parent.name,
            kind=Kind(said["kind"]),
            cwe=said.get("cwe", ""),
            severity=Severity(said["severity"]),
            confidence=Confidence(said["confidence"]),
            message=said["message"],
            remedy=said["note"],
            fix="",
            regex=said["regex"],
            unless=said.get("unless", ""),
            match=(),
            clean=(),
            path=path,
            text=text,
        )
    except (KeyError, ValueError):
        return loading.load(path)


_PLAIN_FIELD = re.compile(r"(?: {2})?(\w+): (>-|'(?:[^']|'')*'|[^\s'\"\[{>|&*!%@`][^#]*)\Z")


def _plainly(text: str) -> dict[str, str]:
    """The fields of a rule file by name, wherever they stand; ValueError for a file that uses more of YAML than that."""
    fields: dict[str, str] = {}
    folded = ""
    for line in text.partition("\nexamples:")[0].split("\n"):
        found = _PLAIN_FIELD.match(line)
        if found and (not folded or not line.startswith(" ")):
            name, value = found.groups()
            folded = name if value == ">-" else ""
            fields[name] = "" if folded else value[1:-1].replace("''", "'") if value.startswith("'") else value.strip()
        elif folded and line.startswith("  "):
            fields[folded] = f"{fields[folded]} {line.strip()}".strip()
        elif line.endswith(":"):
            folded = ""
        else:
            raise ValueError(line)
    return fields
