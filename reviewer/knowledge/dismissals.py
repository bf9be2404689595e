"""A dismissal: a person's decision that a finding is no problem, as one small file of the repository.

One file for each: two people who dismiss at once add two files, which git merges without a conflict. The name ends in a digest of
the content, so that this holds even if both dismiss the same finding.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reviewer.errors import ConfigError
from reviewer.knowledge.subject import KEYS, Subject, as_table, from_table, text_at

MAX_BYTES = 32 * 1024
"""Of one file; ours have less than a tenth of it."""

_INTRODUCTION = """\
# A finding that a person looked at and dismissed: see 'hunkgate dismiss --help'.
# It comes back when its code changes. To have it back now: hunkgate dismiss --remove {fingerprint}
"""

_LINE = re.compile(r"([a-z_]+) = (.+)")
_DECISION = frozenset({"why", "who", "on", "until"})
_TODO = "Mend the file, or remove it: dismiss the finding again with 'hunkgate dismiss'."


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A decision and what it is about."""

    subject: Subject
    why: str
    who: str
    """Name and mail address, as git has them."""
    on: date
    """UTC."""
    until: date | None = None
    """The last day (UTC) on which it counts; None if it has no end."""
    fresh: bool = False
    """Whether it is part of the very change that is reviewed."""

    def expired(self, today: date) -> bool:
        """Whether it counts no longer."""
        return self.until is not None and self.until < today


def file_name(dismissal: Dismissal) -> str:
    """The name of its file: the finding's fingerprint, and what makes two decisions about one finding two files."""
    digest = hashlib.sha256(as_text(dismissal).encode()).hexdigest()
    return f"{dismissal.subject.fingerprint[:20]}-{digest[:8]}.toml"


def as_text(dismissal: Dismissal) -> str:
    """The file: TOML, one key a line."""
    decision = {"why": dismissal.why, "who": dismissal.who, "on": dismissal.on.isoformat()}
    if dismissal.until is not None:
        decision["until"] = dismissal.until.isoformat()
    rows = {**decision, **as_table(dismissal.subject)}
    head = _INTRODUCTION.format(fingerprint=dismissal.subject.fingerprint[:12])
    return head + "".join(f"{key} = {_written(value)}\n" for key, value in rows.items())


def parse(data: bytes, where: str) -> Dismissal:
    """What a file says.

    Args:
        where: the file, for messages.

    Raises:
        ConfigError: it is malformed; nothing of it counts.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(f"the file is larger than {MAX_BYTES} bytes", where=where, todo=_TODO)
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
        table = _plainly(text)
        return _read(_as_toml(text) if table is None else table)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"this is no dismissal: {error}", where=where, todo=_TODO) from error


def _read(table: Mapping[str, object]) -> Dismissal:
    unknown = sorted(table.keys() - KEYS - _DECISION)
    if unknown:
        raise ValueError(f"there is no key '{unknown[0]}'")
    until = _day(table, "until") if "until" in table else None
    return Dismissal(from_table(table), text_at(table, "why"), text_at(table, "who"), _day(table, "on"), until)


def _day(table: Mapping[str, object], key: str) -> date:
    value = table.get(key)
    if type(value) is date:
        return value
    try:
        # Newer versions of Python read more forms than this one.
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"'{key}' must be a day such as \"2027-01-31\"")


def _plainly(text: str) -> dict[str, object] | None:
    """The keys of a file that is written the way `as_text` writes; None for any other. Spares reviews 11 ms for a TOML parser."""
    table: dict[str, object] = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None or found[1] in table:
            return None
        try:
            table[found[1]] = json.loads(found[2])
        except ValueError:
            return None
    return table


def _as_toml(text: str) -> Mapping[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _written(value: object) -> str:
    """A value as TOML. A JSON string is a TOML string; what cannot be seen is escaped, so that a reader sees what there is."""
    text = _SILENCING.sub(lambda found: _escaped(found[0][0]) + found[0][1:], json.dumps(value, ensure_ascii=False))
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


_SILENCING = re.compile(r"(?i)noqa|nosec|nosemgrep|ast-grep-ignore|hunkgate:\s*ignore")
"""Quoted code can hold a comment that silences a tool. In this file it is only a quote, and is written so that nobody takes it
for a comment."""


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
