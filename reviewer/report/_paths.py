"""Paths, which are bytes, in formats that know text only."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

from reviewer.records import printable

_RESERVED = frozenset("%?#:\\")


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
    """The path as a relative reference that gives the path back when it is percent-decoded, and reads as the path itself.

    What has a meaning in a reference, cannot be seen, or is not UTF-8 is percent-encoded. Letters of all scripts stay, as in an
    IRI (RFC 3987), and so does the space: readers of SARIF that compare it with a path do not decode it.
    """
    text = path.decode("utf-8", "surrogateescape")
    return "".join(char if char.isprintable() and char not in _RESERVED else _encoded(char) for char in text)


def _encoded(char: str) -> str:
    return quote(char.encode("utf-8", "surrogateescape"), safe="")
