"""Waivers: decisions of a person by which a finding that blocks does not, as what is attested names them.

An attestation has the digest of its waivers, and is signed; the waivers stand beside it (a trailer `Review-Waiver` for each, or a
member of the note), so that a verifier can list them. A waiver that is not among those of the digest is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from reviewer.attest.canonical import Json, canonical_json, path_bytes, path_text, sha256_of
from reviewer.errors import AttestError
from reviewer.records import printable
from reviewer.records.policy import Waived

DISMISSALS = b".hunkgate/dismissed/"
"""Where a repository keeps its dismissals (`reviewer.knowledge.FOLDER`)."""

_LONGEST = 16 * 1024
"""Characters of one in JSON; a reason has at most 1,000, a path at most 4,096 bytes."""

_RUNS = re.compile(r" {2,}")


class Decided(str, Enum):
    """When and how a person decided."""

    CHANGE = "in this change"
    BEFORE = "before"
    """The dismissal was in the tree that the change is based on."""
    COMMENT = "by a comment"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One decision about one finding."""

    rule: str
    path: bytes
    line: int
    """First of the finding, in the new file."""
    fingerprint: str
    """Of the finding."""
    why: str
    who: str
    """Name and mail address, as git's settings had them; empty for a comment. Nobody vouches for it but the key that signs."""
    on: str
    """The day (UTC), YYYY-MM-DD; empty for a comment."""
    until: str
    """The last day on which it counts; empty if it has no end."""
    decided: Decided

    @property
    def told(self) -> str:
        """In words, on one line; what is not printable is escaped."""
        words = printable(f"{self.why} ({', '.join(part for part in (self.who, self.on, self.decided.value) if part)})".encode())
        until = f", until {self.until}" if self.until else ""
        return f"{printable(self.rule.encode())} in {printable(self.path)}:{self.line}: {words}{until}"


def as_json(waiver: Waiver) -> dict[str, Json]:
    """As docs/predicate.md describes it."""
    return {
        "rule": waiver.rule, "path": path_text(waiver.path), "line": waiver.line, "fingerprint": waiver.fingerprint,
        "why": waiver.why, "who": waiver.who, "on": waiver.on, "until": waiver.until, "decided": waiver.decided.value,
    }  # fmt: skip


def digest_of(waivers: Sequence[Waiver]) -> str:
    """Sha256 (hex) over the canonical JSON of the list, in its order; empty if there are none."""
    return sha256_of([as_json(waiver) for waiver in waivers]) if waivers else ""


def ordered(waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    """Without repetitions, by their canonical JSON: the order in which they are written."""
    return tuple(sorted(dict.fromkeys(waivers), key=lambda waiver: canonical_json(as_json(waiver))))


def as_line(waiver: Waiver) -> str:
    """A waiver as ASCII text without two spaces in a row: folding it at spaces loses nothing."""
    text = json.dumps(as_json(waiver), sort_keys=True, ensure_ascii=True)
    return _RUNS.sub(lambda run: " " + "\\u0020" * (len(run[0]) - 1), text)


def parse_line(text: str) -> Waiver:
    """What `as_line` wrote.

    Raises:
        AttestError: it is something else.
    """
    try:
        waiver = from_json(json.loads(text)) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        waiver = None
    # Two readers of one text must not read two things: a key that stands there twice, another escape.
    if waiver is None or as_line(waiver) != text:
        raise AttestError("it is not a waiver of this version")
    return waiver


def from_json(content: object) -> Waiver:
    """What `as_json` made.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(content, dict) or content.keys() != _KEYS:
        raise ValueError("not a waiver")
    line, texts = content["line"], [content[key] for key in sorted(_KEYS - {"line"})]
    if type(line) is not int or line < 0 or not all(isinstance(text, str) for text in texts):
        raise ValueError("not a waiver")
    if any(0xD800 <= ord(char) < 0xE000 for text in texts for char in text):
        raise ValueError("a lone surrogate")
    waiver = Waiver(
        content["rule"], path_bytes(content["path"]), line, content["fingerprint"], content["why"], content["who"],
        _day(content["on"]), _day(content["until"]), Decided(content["decided"]),
    )  # fmt: skip
    if path_text(waiver.path) != content["path"]:
        raise ValueError("not a waiver")
    return waiver


def objections(waivers: Sequence[Waiver], digest: str, worth: Waived, today: date, *, pushed: bool) -> Iterator[str]:
    """Why waivers do not carry the statement that rests on them, in words; nothing if they do.

    Args:
        digest: what was signed.
        worth: what the target's policy says.
        today: when what is verified was received (UTC).
        pushed: dismissals are among what is verified, so "before" may only mean a commit before.
    """
    if digest_of(waivers) != digest:
        missing = "it rests on waivers that are not here" if not waivers else "its waivers are not those that were signed"
        yield f"{missing}: nothing says what was waived"
        return
    expired = [waiver for waiver in waivers if waiver.until and waiver.until < today.isoformat()]
    if expired:
        yield f"it rests on a waiver that was over on {expired[0].until}: {expired[0].told}"
    if worth is Waived.BLOCK:
        own = [waiver for waiver in waivers if pushed or waiver.decided is not Decided.BEFORE]
        if own:
            yield f'it rests on a waiver of its own, and here none counts (attest.waived = "block"): {own[0].told}'


_KEYS = frozenset({"rule", "path", "line", "fingerprint", "why", "who", "on", "until", "decided"})


def _day(text: str) -> str:
    """Raises ValueError if it is neither empty nor a day as `date.isoformat` writes it."""
    if text and date.fromisoformat(text).isoformat() != text:
        raise ValueError("not a day")
    return text
