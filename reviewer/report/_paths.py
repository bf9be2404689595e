"""Paths, which are bytes, in formats that know text only."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

from reviewer.records import printable


def path_fields(path: bytes, prefix: str = "") -> dict[str, str]:
    """`path` for people, and `path_bytes` in base64 where that text is not the path itself.

    Args:
        prefix: put before both names, such as "old_".
    """
    text = printable(path)
    fields = {f"{prefix}path": text}
    if text.encode() != path:
        fields[f"{prefix}path_bytes"] = b64encode(path).decode("ascii")
    return fields


def path_uri(path: bytes) -> str:
    """The path as a relative URI reference (RFC 3986): every byte outside the unreserved ones percent-encoded."""
    return quote(path, safe="/")
