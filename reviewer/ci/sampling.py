"""Which proven commits are reviewed again all the same: a share that nobody who lacks the secret can foresee."""

from __future__ import annotations

import hashlib
import hmac
import re

from reviewer.errors import UsageError

DEFAULT = "5%"

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def parse_share(text: str) -> float:
    """A share from 0 to 1 of "5%" or "0.05".

    Raises:
        UsageError: it is neither.
    """
    digits = text.strip().removesuffix("%")
    try:
        share = float(digits) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1 or not _NUMBER.fullmatch(digits):
        raise UsageError(f"{text!r} is not a share", where="--full-share", todo="For example: --full-share 5%")
    return share


def chosen(commit: str, share: float, secret: bytes) -> bool:
    """Whether a commit is in the sample: HMAC-SHA256 of its oid, read as a fraction, is below the share.

    The same commit is chosen in every run. Without a secret its author can work that out, too, before pushing.
    """
    digest = hmac.new(secret, b"hunkgate sample " + commit.encode("ascii"), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
