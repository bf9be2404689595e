"""Writes out the examples of the detectors.

No file of the repository holds a text that looks like a live credential: it would stop every push that a forge's own secret
scanner watches. So an example says `<hex:32>` where 32 random hexadecimal digits stand; the same text always gets the same ones.
"""

from __future__ import annotations

import base64
import json
import random
import re
import string
import zlib

_ALPHABETS = {
    "alpha": string.ascii_letters,
    "base32": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "base32l": "abcdefghijklmnopqrstuvwxyz234567",
    "base36": string.digits + string.ascii_lowercase,
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "base62": string.digits + string.ascii_uppercase + string.ascii_lowercase,
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
    "digit": string.digits,
    "hex": "0123456789abcdef",
}

_SLOT = re.compile(
    r"<(alpha|base32l?|base36|base58|base62|base64|base64url|digit|hex):(\d+)>|<github:(gh[pousr]_)>|<(uuid|password|jwt|basic|nl)>"
)


def expand(example: str) -> str:
    """The example with every `<kind:length>`, `<github:PREFIX>`, `<uuid>`, `<password>`, `<jwt>`, `<basic>` and `<nl>`
    (a line break) written out."""
    dice = random.Random(example)  # not for secrets: for texts that look like some
    return _SLOT.sub(lambda slot: _written(slot, dice), example)


def github_token(prefix: str, dice: random.Random) -> str:
    """A token with the checksum of GitHub's format."""
    body = _drawn("base62", 30, dice)
    value, digits = zlib.crc32(body.encode("ascii")), ""
    while value:
        value, digit = divmod(value, 62)
        digits = _ALPHABETS["base62"][digit] + digits
    return prefix + body + digits.rjust(6, "0")


def _written(slot: re.Match[str], dice: random.Random) -> str:
    alphabet, size, prefix, kind = slot.groups()
    if alphabet:
        return _drawn(alphabet, int(size), dice)
    if prefix:
        return github_token(prefix, dice)
    if kind == "nl":
        return "\n"
    if kind == "uuid":
        return "-".join(_drawn("hex", length, dice) for length in (8, 4, 4, 4, 12))
    if kind == "password":
        return _drawn("base62", 6, dice) + "!" + _drawn("base62", 5, dice)
    if kind == "basic":
        return base64.b64encode(f"app:{_drawn('base62', 12, dice)}".encode()).decode()
    header, payload = ({"alg": "HS256", "typ": "JWT"}, {"sub": _drawn("digit", 10, dice), "name": "A Developer"})
    return ".".join([*(_segment(part) for part in (header, payload)), _drawn("base64url", 43, dice)])


def _drawn(alphabet: str, size: int, dice: random.Random) -> str:
    """Characters of which the first and the last are no signs, as in most real tokens."""
    letters = _ALPHABETS[alphabet]
    plain = [letter for letter in letters if letter.isalnum()]
    return "".join(dice.choice(plain if place in (0, size - 1) else letters) for place in range(size))


def _segment(part: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).decode().rstrip("=")
