"""Bytes that everybody computes alike: canonical JSON, base64url, and paths as text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import quote_from_bytes, unquote_to_bytes

from reviewer.errors import AttestError

Json: TypeAlias = "str | int | Sequence[Json] | Mapping[str, Json]"
"""No null, no fraction, no truth value: their canonical forms need more than `json.dumps` offers."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")

_UNRESERVED = "/!$&'()*+,;=:@"
"""What stays readable in a path beside letters, digits and `_.-~`: pchar and "/" of RFC 3986."""


def canonical_json(value: Json) -> bytes:
    """RFC 8785 (JSON Canonicalization Scheme) for strings, integers, lists and objects whose keys are ASCII.

    With these limits sorted keys without white space are canonical: RFC 8785 sorts by UTF-16 code units, which for ASCII is
    the order of characters, and escapes in strings exactly what `json.dumps(ensure_ascii=False)` escapes.

    Raises:
        AttestError: the value is outside these limits.
    """
    _check(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def sha256_of(value: Json) -> str:
    """Sha256 (hex) of the canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def well_formed(text: str) -> str:
    """The text with every lone surrogate, which no JSON can hold, written as an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def path_text(path: bytes) -> str:
    """A path as ASCII text that can be turned back: bytes outside RFC 3986's path characters are %XX."""
    return quote_from_bytes(path, safe=_UNRESERVED)


def path_bytes(text: str) -> bytes:
    """The path that `path_text` wrote."""
    return unquote_to_bytes(text)


def base64url(data: bytes) -> str:
    """RFC 4648 section 5, without padding."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def from_base64url(text: str) -> bytes:
    """The bytes of a base64url text.

    Raises:
        ValueError: it is not what `base64url` writes for any bytes (padding, other characters, stray bits at the end).
    """
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if base64url(data) != text:
        raise ValueError("not base64url")
    return data


_SAFE_INTEGER = 2**53 - 1
"""RFC 8785 writes numbers as IEEE doubles do; up to here an integer is its own digits."""


def _check(value: Json) -> None:
    if isinstance(value, str):
        if not _encodable(value):
            raise AttestError("a text with a lone surrogate has no canonical JSON")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not key.isascii():
                raise AttestError(f"the key {key!r} of a statement is not ASCII")
            _check(item)
    elif isinstance(value, bool) or (isinstance(value, int) and abs(value) > _SAFE_INTEGER):
        raise AttestError(f"{value!r} has no place in a statement")
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif not isinstance(value, int):
        raise AttestError(f"{value!r} has no place in a statement")


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
