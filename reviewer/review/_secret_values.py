"""Whether a value is a secret or only stands where one would stand."""

from __future__ import annotations

import re

from reviewer.review._secret_words import WORDS, entropy, looks_drawn, only_words, parts

_BLANK = re.compile(
    r"(?i)xxxx|\*\*\*|\.\.\.|…|###|<[\w .-]+>|example|placeholder|redacted|change_?me|0123456789|1234567890|abcdefgh|abcdabcd"
)
"""What people write where a secret will stand, so long that no machine draws it."""

_BLANK_WORD = re.compile(
    r"(?i)(?:^|[^a-z0-9])(?:your|my|the|some|fake|dummy|sample|todo|fixme|removed|hidden|censored|deadbeef|insert|enter|replace|"
    r"not[_-]?real|here)(?:[^a-z0-9]|$)|^your|(?:here|goes)$"
)
"""The same, as whole words: in a long value the letters alone mean nothing."""

_TEMPLATE = re.compile(
    r"\$\{[\w.:/| ?=-]*(?:\}|$)|\$\([\w. -]*\)|\{\{[^{}]*\}\}|<%|%>|#\{[^{}]*\}|%\(\w*\)s|@@|^\$[A-Za-z_]\w*$|^%[\w.]+%$|"
    r"%[sdrvq](?![A-Za-z0-9])|(?<!\{)\{\w[\w.]*(?:\[[^\]{}]*\])?\}|^\{[\w.:!\[\]'\" -]*\}$|^&?[\w.]+\(|\(\)$|"
    r"(?i:env\[|environ|getenv|process\.env|vault:|keyring|ssm:|arn:aws|!Ref|!Sub|^(?:config|secrets?|settings|self|this)\.)"
)
"""A value that is filled in elsewhere: variables, templates, calls, references to a store."""

_PLACE = re.compile(
    r"^(?:[a-zA-Z][\w+.-]*://|~?/|\./|\.\./|[A-Za-z]:\\|@/)|^[\w./-]+\.(?:[a-z]{2,4}|json|yaml|html|conf|properties)$"
)
"""A path, an address, a file name."""

_NO_SECRET = re.compile(
    r"^[~^]?v?\d+(?:\.\d+)+$|^\$(?:2[abxy]?|1|5|6|y|apr1|argon2\w*|pbkdf2[\w-]*)\$|^(?:sha\d+|md5)[-:$]|^\d{4}-\d\d-\d\d|"
    r"^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$"
)
"""A version, a hash of a password, a digest, a date, a mail address."""

_TOKEN = re.compile(r"[A-Za-z0-9+/=_\-.:%~|!@#$^&*]+")
_STRONG = re.compile(r"[!$@#%^&*+?=~]")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RUN = re.compile(r"\d{4,}")
_HEX = re.compile(r"(?i)[0-9a-f]+")


def stands_in(value: str) -> bool:
    """Whether a value is a placeholder, a template, or a few characters over and over."""
    if _BLANK.search(value) or _TEMPLATE.search(value) or (len(value) < 80 and _BLANK_WORD.search(value)):
        return True
    return len(set(value.lower())) <= max(2, len(value) // 12)


def fills_slot(value: str) -> bool:
    """Whether a value in a place that only a password has (an address, a netrc file) is not just a stand-in."""
    if len(value) < 3 or any(char.isspace() for char in value):
        return False
    return not (stands_in(value) or only_words(value) or _NO_SECRET.search(value) or _is_run(value))


def is_password(value: str) -> bool:
    """Whether a value can be a password that somebody uses."""
    if not 4 <= len(value) <= 128 or _PLACE.search(value):
        return False
    if _is_foreign_text(value) or not fills_slot(value) or not any(char.isalnum() for char in value):
        return False
    if value.isdigit():
        return len(value) >= 6
    return bool(_STRONG.search(value, 1)) or drawn(value, strict=False) or _words_and_numbers(value)


def is_token(value: str) -> bool:
    """Whether a value can be a key that a machine drew."""
    if not 8 <= len(value) <= 2000 or not _TOKEN.fullmatch(value) or _PLACE.search(value) or not fills_slot(value):
        return False
    if value.isdigit():
        return False
    return bool(_UUID.fullmatch(value)) or (entropy(value) >= 2.2 and drawn(value))


def drawn(value: str, *, strict: bool = True) -> bool:
    """Whether the greater part of a value looks drawn by a machine rather than put together from words.

    Args:
        strict: short runs of letters need more evidence; not so where a password is expected anyway.
    """
    total = random = 0
    for chunk in re.findall(r"[A-Za-z0-9]+", value):
        total += len(chunk)
        if _chunk_drawn(chunk, strict):
            random += len(chunk)
    return total >= 4 and random * 2 >= total


def _chunk_drawn(chunk: str, strict: bool) -> bool:
    if (len(chunk) >= 16 and _HEX.fullmatch(chunk) and not chunk.isalpha()) or (len(chunk) >= 8 and chunk.isdigit()):
        return True
    pieces = parts(chunk)
    letters = [piece for piece in (chunk, *pieces) if piece.isalpha()]
    if any(looks_drawn(piece, strict=strict) for piece in letters):
        return _worded(pieces) * 2 < len(chunk)
    return len(pieces) > (2 if len(chunk) >= 8 else 3) and _worded(pieces) * 2 < len(chunk)


def _worded(pieces: list[str]) -> int:
    """How many characters belong to words."""
    words = [piece for piece in pieces if piece.isalpha() and not looks_drawn(piece, strict=False)]
    return sum(len(word) for word in words if len(word) >= 4 or word.lower() in WORDS)


def _is_run(value: str) -> bool:
    """Nothing but words and a run like 123456."""
    bare = _RUN.sub(lambda found: "" if found.group() in "01234567890 9876543210" else found.group(), value)
    return bare != value and (not bare or only_words(bare))


def _is_foreign_text(value: str) -> bool:
    """Letters beyond ASCII and no digit: a word of some language, a label."""
    return any(ord(char) > 127 and char.isalpha() for char in value) and not any(char.isdigit() for char in value)


def _words_and_numbers(value: str) -> bool:
    """Words of no special meaning with a number: `monkey2019`."""
    digits = sum(char.isdigit() for char in value)
    return len(value) >= 8 and digits >= 2 and not value[0].isdigit() and re.fullmatch(r"[\w.-]+", value) is not None
