"""Formats that say more than their pattern: checksums, and texts within texts."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from reviewer.review._secret_candidate import Candidate, Judgement
from reviewer.review._secret_values import fills_slot, reads_blank, stands_in
from reviewer.review._secret_words import entropy

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_SURE_ENTROPY = 4.1
"""Bits per character that 36 random base-62 characters reach in 999 of 1000 draws; typed ones rarely do."""


def has_checksum(token: str) -> bool:
    """Whether the last six characters are the base-62 CRC-32 of the thirty before them, behind a prefix of four.

    Sources: "Behind GitHub's new authentication token formats", github.blog, 2021-04-05; "Announcing npm's new access token
    format", github.blog, 2021-09-23.
    """
    body, check = token[4:-6], token[-6:]
    value, digits = zlib.crc32(body.encode("ascii")), ""
    while value:
        value, digit = divmod(value, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0") == check


def checksummed(found: Candidate) -> Judgement:
    """A token of GitHub or npm. A wrong checksum alone lets nothing pass: formats change; but then it has to look drawn."""
    if has_checksum(found.secret):
        return Judgement.KEEP
    if stands_in(found.secret):
        return Judgement.DROP
    return Judgement.KEEP if entropy(found.secret[4:]) >= _SURE_ENTROPY else Judgement.DOUBT


def slack(found: Candidate) -> Judgement:
    """A Slack token: its last part is the secret, the others are numbers of a team, a bot, a person."""
    return Judgement.DROP if reads_blank(found.secret.rpartition("-")[2]) else Judgement.KEEP


def google(found: Candidate) -> Judgement:
    """A Google API key. In a page that loads maps, or in an app's own configuration, it is public by design."""
    if reads_blank(found.secret):
        return Judgement.DROP
    public = "maps/api/js" in found.before or "current_key" in found.before
    return Judgement.DOUBT if public else Judgement.KEEP


def jwt(found: Candidate) -> Judgement:
    """A JSON web token, by its header."""
    header = decoded(found.secret.partition(".")[0])
    return Judgement.KEEP if '"alg"' in header.replace(" ", "") else Judgement.DOUBT


def encoded_jwt(found: Candidate) -> Judgement:
    """A JSON web token within base 64."""
    head, dot, _ = decoded(found.secret[:400], "replace").partition(".")
    return _kept(bool(dot) and '"alg"' in decoded(head).replace(" ", ""))


def basic(found: Candidate) -> Judgement:
    """User and password, as HTTP's basic authentication sends them (RFC 7617)."""
    user, colon, password = decoded(found.secret).partition(":")
    if not colon or not user.isprintable() or not password.isprintable():
        return Judgement.DROP
    return _kept(fills_slot(password))


def private_key(found: Candidate) -> Judgement:
    """A PEM block: an encrypted one, or one without a body, may be harmless."""
    if "ENCRYPTED" in found.secret:
        return Judgement.DOUBT
    body = "".join(re.findall(r"[A-Za-z0-9+/=]{16,}", found.secret))
    return Judgement.KEEP if entropy(body) >= 3.5 else Judgement.DOUBT


def encoded_key(found: Candidate) -> Judgement:
    """A PEM block within base 64, as kubeconfig files hold it."""
    return _kept("PRIVATE KEY-----" in decoded(found.secret[:200], "replace"))


def kubernetes(found: Candidate) -> Judgement:
    """A value of a Kubernetes secret, which is base 64."""
    value = decoded(found.secret).strip()
    return _kept(len(value) >= 6 and value.isprintable() and fills_slot(value))


def decoded(text: str, errors: str = "strict") -> str:
    """What a base-64 text (either alphabet, padded or not) says in UTF-8; empty if it says nothing.

    Args:
        errors: "replace" if only the beginning has to be UTF-8.
    """
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - 1] if len(plain) % 4 == 1 else plain
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8", errors)
    except (binascii.Error, ValueError):
        return ""


def _kept(condition: bool) -> Judgement:
    return Judgement.KEEP if condition else Judgement.DROP
