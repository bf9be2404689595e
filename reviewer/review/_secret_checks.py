"""What a pattern cannot say about a secret: whether its name promises one, and whether a value is only a stand-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reviewer.records import Confidence, Severity
from reviewer.review import _secret_formats
from reviewer.review._secret_candidate import Candidate, Judgement
from reviewer.review._secret_names import named_secret, stands_as_word, tells_about, wants_password
from reviewer.review._secret_values import fills_slot, is_noise, is_password, is_token, is_typed, reads_blank
from reviewer.review._secret_words import entropy

if TYPE_CHECKING:
    from reviewer.review._secret_match import Match
    from reviewer.review._secret_pack import Detector

_IN_BLOB = re.compile(rb"[A-Za-z0-9+/]{60}")
"""A match with such a run of base 64 right before it or behind it is a piece of some binary data."""

_LOCAL = re.compile(
    r"(?i)(?:localhost|host\.docker\.internal|0\.0\.0\.0|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[?::1|"
    r"(?:[\w-]+\.)*(?:example|test|invalid|localhost|local|internal|lan|localdomain)(?:[^\w.-]|$)|(?:[\w-]+\.)*example\.|"
    r"(?:my|your|some|the)[\w-]*(?:\.(?:com|org|net|io))?(?:[^\w.-]|$)|[\w-]+(?:[^\w.-]|$))"
)
"""Hosts nobody else can reach: loopback, private networks (RFC 1918), reserved names (RFC 2606, RFC 6761), names without dot."""


def _url(found: Candidate) -> Judgement:
    user = re.split(r"[/\"'\s]", found.before.rstrip(":"))[-1]
    if not fills_slot(found.secret) or found.secret == user or (len(found.secret) < 6 and "@" in found.secret):
        return Judgement.DROP
    return Judgement.DOUBT if _LOCAL.match(found.after.removeprefix("@")) else Judgement.KEEP


def _password(found: Candidate) -> Judgement:
    return _kept(named_secret(found.name) and is_password(found.secret))


def _token(found: Candidate) -> Judgement:
    return _kept(named_secret(found.name) and is_token(found.secret))


_CODE = frozenset(
    {
        "c", "cpp", "csharp", "dart", "elixir", "go", "groovy", "java", "javascript", "jsx", "kotlin", "lua", "php", "python",
        "ruby", "rust", "scala", "swift", "tsx", "typescript",
    }
)  # fmt: skip


def _bare(found: Candidate) -> Judgement:
    """A value without quotes. In code that is an expression, unless it looks drawn by a machine."""
    if not named_secret(found.name) or found.after[:1] in ("(", "[", ".") or found.secret == found.name:
        return Judgement.DROP
    if found.language in _CODE:
        plain = "." not in found.secret
        return _kept(plain and (is_token(found.secret) or (_shouted(found.secret) and is_password(found.secret))))
    return _kept(is_token(found.secret) or (wants_password(found.name) and is_password(found.secret)))


def _signs(found: Candidate) -> Judgement:
    """A value with brackets but without quotes: a password in settings, an expression in code."""
    return _kept(found.language not in _CODE and is_noise(found.secret) and named_secret(found.name))


def _slot(found: Candidate) -> Judgement:
    return _kept(fills_slot(found.secret))


def _assigned(found: Candidate) -> Judgement:
    """A quoted value after a telling name."""
    if wants_password(found.name):
        return _password(found)
    return _kept(named_secret(found.name) and (is_token(found.secret) or _is_passphrase(found.secret)))


def _is_passphrase(value: str) -> bool:
    """Long and full of signs, as frameworks draw their secret keys."""
    return len(value) >= 16 and entropy(value) >= 3.5 and sum(not char.isalnum() for char in value) >= 4 and is_password(value)


def _shouted(value: str) -> bool:
    return len(value) >= 6 and value.isupper()


def _kept(condition: bool) -> Judgement:
    return Judgement.KEEP if condition else Judgement.DROP


def _plain(found: Candidate) -> Judgement:
    if reads_blank(found.secret):
        return Judgement.DROP
    return Judgement.FAINT if is_typed(found.secret) else Judgement.KEEP


def _given(_: Candidate) -> Judgement:
    """Whatever has this form."""
    return Judgement.KEEP


def _keyed(found: Candidate) -> Judgement:
    """A value of a known form after a provider's name: not if the name speaks of something else (its id, its address)."""
    if tells_about(found.name) or not any(stands_as_word(word.decode(), found.name) for word in found.keywords):
        return Judgement.DROP
    return _plain(found)


def _shell(found: Candidate) -> Judgement:
    """A password on a command line: no port, no path, no option."""
    return _kept(not found.secret.isdigit() and is_password(found.secret))


def _cookie(found: Candidate) -> Judgement:
    return _kept(is_token(found.secret.removeprefix("s%3A").replace("%", "")))


CHECKS: Mapping[str, Callable[[Candidate], Judgement]] = {
    "": _plain,
    "assigned": _assigned,
    "bare": _bare,
    "basic": _secret_formats.basic,
    "checksum": _secret_formats.checksummed,
    "cookie": _cookie,
    "encoded-jwt": _secret_formats.encoded_jwt,
    "encoded-key": _secret_formats.encoded_key,
    "given": _given,
    "google": _secret_formats.google,
    "jwt": _secret_formats.jwt,
    "keyed": _keyed,
    "kubernetes": _secret_formats.kubernetes,
    "password": _password,
    "private-key": _secret_formats.private_key,
    "shell": _shell,
    "signs": _signs,
    "slack": _secret_formats.slack,
    "slot": _slot,
    "token": _token,
    "url": _url,
}
"""Every name that the field `check` of a detector may have."""


def judged(detector: Detector, match: Match) -> tuple[Severity, Confidence] | None:
    """How bad and how sure a match is; None if it is no secret."""
    found = Candidate.of(detector, match)
    if (detector.min_entropy and entropy(found.secret) < detector.min_entropy) or _in_blob(found):
        return None
    judgement = CHECKS[detector.check](found)
    if judgement is Judgement.DROP:
        return None
    if judgement is Judgement.DOUBT:
        return Severity.WARNING, min(detector.confidence, Confidence.MEDIUM, key=lambda confidence: confidence.rank)
    if judgement is Judgement.FAINT:
        return Severity.WARNING, Confidence.LOW
    return detector.severity, detector.confidence


def _in_blob(found: Candidate) -> bool:
    """Whether the match is a piece of a longer run of base 64, such as an image or a hash list."""
    window, first, last = found.window, found.first, found.last
    return bool(_IN_BLOB.match(window, last) or (first >= 60 and _IN_BLOB.match(window, first - 60, first)))
