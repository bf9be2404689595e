"""The times of keys: always UTC where we write or show them.

The form in an allowed signers file is YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z] (ALLOWED SIGNERS in ssh-keygen(1)). Without the Z, which
OpenSSH before 9.1 does not know, it is the local time of whoever verifies.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from reviewer.errors import UsageError

_STAMP = re.compile(r"(\d{8}|\d{12}|\d{14})(Z?)", re.ASCII)
_GIVEN = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_FORMS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_FIRST = datetime(1970, 1, 1, tzinfo=timezone.utc)


def parse_given(text: str, option: str) -> datetime:
    """What somebody typed: 2026-12-31 (its first second), or with a time; UTC unless it names its zone.

    Raises:
        UsageError: it is no such time.
    """
    try:
        if not _GIVEN.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
        if moment <= _FIRST:
            raise ValueError
    except (ValueError, OverflowError) as error:
        todo = f"For example: {option} 2026-12-31, or {option} 2026-12-31T18:00:00Z"
        raise UsageError(f"{option}: {text!r} is not a time", todo=todo) from error
    return moment


def stamp(moment: datetime) -> str:
    """As it is written into an allowed signers file."""
    return moment.astimezone(timezone.utc).strftime("%Y%m%d%H%M%SZ")


def parse_stamp(text: str) -> datetime:
    """What an allowed signers file says.

    Raises:
        ValueError: it is no time.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ValueError(text)
    moment = datetime.strptime(match[1], _FORMS[len(match[1])])
    return moment.replace(tzinfo=timezone.utc) if match[2] else moment.astimezone(timezone.utc)


def shown(moment: datetime) -> str:
    """As we show it: 2026-12-31T18:00:00Z."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
