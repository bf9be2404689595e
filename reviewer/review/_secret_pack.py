"""The detectors of secrets: data in `rules/secrets/*.yml`, read on every start of a hook.

The files are YAML in one strict layout, a field on a line (see docs/secrets.md). They are read here without a YAML
library: importing one and parsing the pack takes 28 ms, this takes 3 ms (measured, 60 detectors). A test compares both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reviewer import rulebook
from reviewer.errors import RuleError
from reviewer.records import Confidence, Severity

_REQUIRED = ("id", "keywords", "severity", "confidence", "message", "remedy")

_KEYED = (
    r"""(?i:[\w.-]*(?:{near})[\w .-]{{0,30}})["'`\]]{{0,3}}[ \t]{{0,4}}(?:=>|:=|\?=|==?|:|,|\()[ \t]{{0,4}}"""
    r"""(?:\\?["'`]){{0,2}}({value})(?:[^\w-]|$)"""
)
"""A value of a known form after a name that tells the provider: `NEAR_api_key = "VALUE"`, in code, YAML, JSON, shell."""


@dataclass(frozen=True, slots=True)
class Detector:
    """How one kind of secret looks, and what to say about it."""

    id: str
    keywords: tuple[bytes, ...]
    """Lower case; a line without any of them is not looked at."""
    pattern: str
    """RE2 over bytes. The secret is the first group that took part and is not called "key"; that one is its name, if known."""
    severity: Severity
    confidence: Confidence
    message: str
    remedy: str
    """How to revoke and replace it, and where it should live."""
    min_entropy: float = 0.0
    """Bits per character (Shannon) that the secret must have."""
    check: str = ""
    """Name of a function in `_secret_checks`; empty for none."""
    span: int = 0
    """Bytes behind its first line that a secret of several lines may have."""
    rank: int = 1
    """Where detectors overlap, the greater rank wins: 2 names the provider, 1 the kind, 0 is a guess from a name."""


@dataclass(frozen=True, slots=True)
class Pack:
    """All detectors, in the order of their files."""

    detectors: tuple[Detector, ...]
    digest: str
    """Sha256 (hex) over the names and bytes of the files."""


@cache
def shipped() -> Pack:
    """The pack that is installed with the program.

    Raises:
        RuleError: a file is malformed.
    """
    return load(rulebook.folder() / "secrets")


def load(folder: Path) -> Pack:
    """Read every `*.yml` of a folder.

    Raises:
        RuleError: a file is malformed, or two detectors have one id.
    """
    digest = hashlib.sha256()
    detectors: dict[str, Detector] = {}
    for path in sorted(folder.glob("*.yml")):
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + content + b"\0")
        for number, fields in parse(content.decode("utf-8"), path.name):
            detector = _detector(fields, f"{path.name}:{number}")
            if detector.id in detectors:
                raise RuleError(f"the detector {detector.id} exists twice", where=f"{path.name}:{number}")
            detectors[detector.id] = detector
    return Pack(tuple(detectors.values()), digest.hexdigest())


def parse(text: str, name: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line number, field -> raw value) for each detector of a file; examples are left out.

    Raises:
        RuleError: a line that the layout does not know.
    """
    fields: dict[str, str] = {}
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("  - id: "):
            if fields:
                yield start, fields
            fields, start = {"id": line[8:]}, number
        elif line.startswith("    ") and line[4:5].isalpha():
            key, colon, value = line[4:].partition(":")
            if not colon or not fields:
                raise RuleError("a field must read 'name: value'", where=f"{name}:{number}")
            fields[key] = value.strip()
        elif line and line != "detectors:" and not line.startswith(("#", "      ")):
            raise RuleError("this line is no field, example or comment", where=f"{name}:{number}")
    if fields:
        yield start, fields


def scalar(raw: str) -> str:
    """A YAML scalar on one line: plain, or in single quotes."""
    if len(raw) >= 2 and raw[0] == raw[-1] == "'":
        return raw[1:-1].replace("''", "'")
    return raw


def _detector(fields: Mapping[str, str], where: str) -> Detector:
    missing = [key for key in _REQUIRED if key not in fields]
    if missing:
        raise RuleError(f"the detector lacks {', '.join(missing)}", where=where)
    try:
        return Detector(
            id=fields["id"],
            keywords=tuple(word.encode() for word in _words(fields["keywords"])),
            pattern=_pattern(fields),
            severity=Severity(fields["severity"]),
            confidence=Confidence(fields["confidence"]),
            message=scalar(fields["message"]),
            remedy=scalar(fields["remedy"]),
            min_entropy=float(fields.get("min_entropy", "0")),
            check=fields.get("check", ""),
            span=int(fields.get("span", "0")),
            rank=int(fields.get("rank", "1")),
        )
    except (KeyError, ValueError) as error:
        raise RuleError(f"the detector has a field that makes no sense: {error}", where=where) from error


def _words(raw: str) -> list[str]:
    """The items of a YAML list on one line."""
    if not (raw.startswith("[") and raw.endswith("]")):
        raise ValueError("keywords must be a list on one line")
    return [scalar(item.strip()) for item in raw[1:-1].split(",")]


def _pattern(fields: Mapping[str, str]) -> str:
    if "pattern" in fields:
        return scalar(fields["pattern"])
    return _KEYED.format(near=scalar(fields["near"]), value=scalar(fields["value"]))
