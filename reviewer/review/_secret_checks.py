"""What a pattern cannot say about a secret: checksums, structure, and whether a value is only a stand-in."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from reviewer.review._secret_values import fills_slot, is_password, is_token, stands_in
from reviewer.review._secret_words import entropy


class Judgement(Enum):
    """What a check says of a match."""

    KEEP = "keep"
    DOUBT = "doubt"
    """It is worth a look but not worth a block."""
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a pattern found."""

    secret: str
    name: str
    """What it is assigned to; empty if the pattern does not say."""
    before: str
    """The line up to the secret, at most 200 characters."""
    after: str
    """The line behind the secret, at most 200 characters."""
    language: str


_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SURE_ENTROPY = 4.1
"""Bits per character that 36 random base-62 characters reach in 999 of 1000 draws; typed ones rarely do."""


def github_checksum(token: str) -> bool:
    """Whether the last six characters are the base-62 CRC-32 of the thirty before them.

    Source: "Behind GitHub's new authentication token formats", github.blog, 2021-04-05.
    """
    body, check = token[4:-6], token[-6:]
    value, digits = zlib.crc32(body.encode("ascii")), ""
    while value:
        value, digit = divmod(value, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0") == check


def _github(found: Candidate) -> Judgement:
    # The format may get a new checksum, so a wrong one alone lets nothing pass; but then it has to look drawn by a machine.
    if github_checksum(found.secret):
        return Judgement.KEEP
    if stands_in(found.secret):
        return Judgement.DROP
    return Judgement.KEEP if entropy(found.secret[4:]) >= _SURE_ENTROPY else Judgement.DOUBT


def _jwt(found: Candidate) -> Judgement:
    header = decoded(found.secret.partition(".")[0])
    return Judgement.KEEP if '"alg"' in header.replace(" ", "") else Judgement.DOUBT


def _basic(found: Candidate) -> Judgement:
    user, colon, password = decoded(found.secret).partition(":")
    if not colon or not user.isprintable() or not password.isprintable():
        return Judgement.DROP
    return _kept(fills_slot(password))


def _private_key(found: Candidate) -> Judgement:
    if "ENCRYPTED" in found.secret:
        return Judgement.DOUBT
    body = "".join(re.findall(r"[A-Za-z0-9+/=]{16,}", found.secret))
    return Judgement.KEEP if entropy(body) >= 3.5 else Judgement.DOUBT


_LOCAL = re.compile(
    r"(?i)(?:localhost|host\.docker\.internal|0\.0\.0\.0|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[?::1|"
    r"(?:[\w-]+\.)*(?:example|test|invalid|localhost|local|internal|lan|localdomain)(?:[^\w.-]|$)|(?:[\w-]+\.)*example\.|"
    r"(?:my|your|some|the)[\w-]*(?:\.(?:com|org|net|io))?(?:[^\w.-]|$)|[\w-]+(?:[^\w.-]|$))"
)
"""Hosts nobody else can reach: loopback, private networks (RFC 1918), reserved names (RFC 2606, RFC 6761), names without dot."""


def _url(found: Candidate) -> Judgement:
    user = re.split(r"[/\"'\s]", found.before.rstrip(":"))[-1]
    if not fills_slot(found.secret) or found.secret == user:
        return Judgement.DROP
    return Judgement.DOUBT if _LOCAL.match(found.after.removeprefix("@")) else Judgement.KEEP


def _password(found: Candidate) -> Judgement:
    return _kept(_named_secret(found.name) and is_password(found.secret))


def _token(found: Candidate) -> Judgement:
    return _kept(_named_secret(found.name) and is_token(found.secret))


_CODE = frozenset(
    {
        "c", "cpp", "csharp", "dart", "elixir", "go", "groovy", "java", "javascript", "jsx", "kotlin", "lua", "php", "python",
        "ruby", "rust", "scala", "swift", "tsx", "typescript",
    }
)  # fmt: skip


def _bare(found: Candidate) -> Judgement:
    """A value without quotes. In code that is an expression, unless it looks drawn by a machine."""
    if not _named_secret(found.name) or found.after[:1] in ("(", "[", ".") or found.secret == found.name:
        return Judgement.DROP
    if found.language in _CODE:
        plain = "." not in found.secret
        return _kept(plain and (is_token(found.secret) or (_shouted(found.secret) and is_password(found.secret))))
    return _kept(is_token(found.secret) or (_wants_password(found.name) and is_password(found.secret)))


def _slot(found: Candidate) -> Judgement:
    return _kept(fills_slot(found.secret))


def _assigned(found: Candidate) -> Judgement:
    """A quoted value after a telling name."""
    if _wants_password(found.name):
        return _password(found)
    return _kept(_named_secret(found.name) and (is_token(found.secret) or _is_passphrase(found.secret)))


def _is_passphrase(value: str) -> bool:
    """Long and full of signs, as frameworks draw their secret keys."""
    return len(value) >= 16 and entropy(value) >= 3.5 and sum(not char.isalnum() for char in value) >= 4 and is_password(value)


def _shouted(value: str) -> bool:
    return len(value) >= 6 and value.isupper()


_PASSWORD_NAME = re.compile(r"(?i)pass(?!ive|enger|port)|pwd|pw$|passphrase")

_ABOUT = (
    "name", "names", "id", "ids", "url", "uri", "path", "file", "dir", "type", "types", "field", "label", "labels", "len",
    "length", "size", "count", "min", "max", "ttl", "age", "header", "prefix", "suffix", "policy", "hash", "hashed",
    "digest", "checksum", "sha1", "sha256", "md5", "regex", "regexp", "pattern", "format", "message", "messages", "msg",
    "error", "title", "hint", "help", "text", "desc", "description", "placeholder", "input", "selector", "column", "table",
    "class", "enabled", "required", "version", "attempts", "strategy", "provider", "endpoint", "address", "index",
    "property", "schema", "validator", "manager", "service", "factory", "generator", "store", "storage", "handler",
    "callback", "ref", "arn", "salt", "iv", "nonce", "comment", "warning", "rule", "rules", "confirmation", "question",
    "reset", "manage", "template", "view", "page", "link", "icon", "button", "tooltip", "email", "encode", "decode", "get",
    "pop", "split", "format", "startswith", "endswith", "replace", "match", "join", "strip", "append", "add", "includes",
    "indexof", "contains", "equals", "test", "encryption",
)  # fmt: skip
"""Ends of names that say something about a secret, or do something with it, instead of holding it."""

_UNLIKE = (
    "::", "public", "tokeniz", "csrf", "xsrf", "authenticity", "bypass", "compass", "highpass", "lowpass", "bandpass",
    "surpass", "keyword", "keyboard", "monkey", "passes", "passed", "passing", "expir", "algorithm", "encrypted",
)  # fmt: skip
"""Parts of names that only look like secrets, or are of ones that everybody may know."""

_TELLING = re.compile(r"(?i)passw|passphrase|passcode|pwd|secret|token|cred|key|auth|bearer")
_PASS = re.compile(r"(?:pass|Pass|PASS)(?:$|[_.\d-]|(?<=[a-z])[A-Z])")
"""A name that ends in "pass" as a word, unlike "passing", "bypass" or "EIPAssociation"."""


def _named_secret(name: str) -> bool:
    """Whether a name promises a secret, not something about one (its length, path, hash); no name will do."""
    if not name:
        return True
    lowered = name.lower()
    if lowered.endswith(_ABOUT) or any(part in lowered for part in _UNLIKE):
        return False
    return bool(_TELLING.search(name) or _PASS.search(name))


def _wants_password(name: str) -> bool:
    return bool(_PASSWORD_NAME.search(name))


def decoded(text: str) -> str:
    """What a base-64 text (either alphabet, padded or not) says in UTF-8; empty if it says nothing."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _kept(condition: bool) -> Judgement:
    return Judgement.KEEP if condition else Judgement.DROP


def _plain(found: Candidate) -> Judgement:
    return Judgement.DROP if stands_in(found.secret) else Judgement.KEEP


CHECKS: Mapping[str, Callable[[Candidate], Judgement]] = {
    "": _plain,
    "assigned": _assigned,
    "bare": _bare,
    "basic": _basic,
    "github": _github,
    "jwt": _jwt,
    "password": _password,
    "private-key": _private_key,
    "slot": _slot,
    "token": _token,
    "url": _url,
}
"""Every name that the field `check` of a detector may have."""
