"""What is kept of each piece of code that a model wrote."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from reviewer.provenance.tokens import SHINGLE, SIZE, shingles, tokens

VERSION = 1

LONGEST_REQUEST = 2000
"""Characters that are kept."""

MOST_SHINGLES = 8000
"""Of one record; an answer of 1,400 tokens has a fifth of that. Of longer code the rest is not recognised."""

_HEX = re.compile(r"[0-9a-f]{64}")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,99}")
_FORM = re.compile(r"[0-9a-f]{0,64}")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Generated:
    """One piece of generated code, without the code."""

    request: str
    """What was asked for; secrets in it are masked."""
    model: str
    digest: str
    """Sha256 (hex) of the model's weights, or what its server says of it; may be empty."""
    sampling: str
    question: str
    """Sha256 (hex) of all that the model was told; with model and sampling it decides the answer."""
    output: str
    """Sha256 (hex) of the code."""
    at: datetime
    """UTC, whole seconds."""
    tokens: int
    """Of the code, as `tokens` counts them."""
    shingles: frozenset[bytes]

    @property
    def short(self) -> str:
        """The first 12 digits of the model's digest, if it is one."""
        return self.digest[:12] if len(self.digest) >= 12 else ""


def generated(code: str, *, request: str, model: str, digest: str, sampling: str, question: str) -> Generated:
    """The record of code that was written just now."""
    found = [token for line in code.split("\n") for token in tokens(line)][: MOST_SHINGLES + SHINGLE - 1]
    return Generated(
        request=request[:LONGEST_REQUEST],
        model=model,
        digest=digest if _FORM.fullmatch(digest) else "",
        sampling=sampling,
        question=question,
        output=hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest(),
        at=datetime.now(timezone.utc).replace(microsecond=0),
        tokens=len(found),
        shingles=frozenset(shingles(found)),
    )


def as_table(record: Generated) -> dict[str, object]:
    """The record as plain data."""
    return {
        "version": VERSION,
        "request": record.request,
        "model": record.model,
        "digest": record.digest,
        "sampling": record.sampling,
        "question": record.question,
        "output": record.output,
        "at": record.at.strftime(_TIME),
        "shingle": SHINGLE,
        "tokens": record.tokens,
        "shingles": b64encode(b"".join(sorted(record.shingles))).decode("ascii"),
    }


def from_table(table: Mapping[str, object]) -> Generated:
    """What `as_table` made.

    Raises:
        ValueError: it is something else, or was cut in another way.
    """
    if (table.get("version"), table.get("shingle")) != (VERSION, SHINGLE):
        raise ValueError("another version")
    request, model, digest, sampling, question, output, at, packed = (
        _text(table, key) for key in ("request", "model", "digest", "sampling", "question", "output", "at", "shingles")
    )
    count, data = table.get("tokens"), b64decode(packed, validate=True)
    if type(count) is not int or count < 0 or len(data) % SIZE or len(data) > MOST_SHINGLES * SIZE:
        raise ValueError("not a record")
    if not _MODEL.fullmatch(model) or not _FORM.fullmatch(digest) or not _HEX.fullmatch(output):
        raise ValueError("not a record")
    hashes = frozenset(data[start : start + SIZE] for start in range(0, len(data), SIZE))
    when = datetime.strptime(at, _TIME).replace(tzinfo=timezone.utc)
    return Generated(request, model, digest, sampling, question, output, when, count, hashes)


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise ValueError(f"'{key}' must be a text")
    return value
