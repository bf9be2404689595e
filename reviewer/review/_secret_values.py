"""Whether a value is a secret or only stands where one would stand."""

from __future__ import annotations

import re

from reviewer.review._secret_words import WORDS, entropy, looks_drawn, only_words, parts

_BLANK = (
    "xxxx", "***", "...", "…", "###", "example", "placeholder", "redacted", "changeme", "change_me", "change-me",
)  # fmt: skip
"""What people write where a secret will stand, in lower case, so long that no machine draws it."""

_TYPED = ("0123456789", "1234567890", "abcdefgh", "abcdabcd", "deadbeef", "cafebabe")
"""What people type where a machine would draw, in lower case."""

_BLANK_WORD = re.compile(
    r"(?:^|[^a-z0-9])(?:your|fake|dummy|sample|todo|fixme|removed|hidden|censored|insert|enter|replace|not[_-]?real)"
    r"(?:[^a-z0-9]|$)|^your|(?:here|goes)$"
)
"""The same, as whole words: in a long value the letters alone mean nothing."""

_POSSESSIVE = re.compile(r"(?:^|[^a-z0-9])(?:my|the|some|here)(?:[^a-z0-9]|$)")
"""Words of stand-ins too, but so short that a machine draws them now and then: they mean nothing in a provider's format."""

_SLOT = re.compile(r"<[\w .-]+>")

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

_LONGEST = 2_000
"""Characters of a value that can be a password or a token."""

_TOKEN = re.compile(r"[A-Za-z0-9+/=_\-.:%~|!@#$^&*]+")
_SIGNS = frozenset("!#$%&()*+<=>?@[]^{|}~")
_EXPRESSION = re.compile(r"^[\w.]*\(|^\^|\(\?|\.\*|\\[dwsb]|&&|\|\||->|=>|\)$|\]$|\$\w+[/.]|^\[|^[<{]")
"""Calls, lists, conditions, regular expressions."""
_STRONG = re.compile(r"[!$@#%^&*+?=~]")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RUN = re.compile(r"\d{4,}")
_DIGIT = re.compile(r"\d")
_HEX = re.compile(r"(?i)[0-9a-f]+")


def stands_in(value: str) -> bool:
    """Whether a value is a placeholder, a template, or a few characters over and over."""
    return reads_blank(value) or is_typed(value) or (len(value) < 80 and bool(_POSSESSIVE.search(value.lower())))


def is_typed(value: str) -> bool:
    """Whether a value is in part a row of keys, or hexadecimal digits that read as a word: no machine drew it."""
    lowered = value.lower()
    return any(typed in lowered for typed in _TYPED)


def reads_blank(value: str) -> bool:
    """The same for a value in a provider's format: whether it is surely none that the provider made."""
    lowered = value.lower()
    if any(blank in lowered for blank in _BLANK):
        return True
    if not value.isalnum() and (_SLOT.search(value) or _TEMPLATE.search(value)):
        return True
    if len(value) < 80 and _BLANK_WORD.search(lowered):
        return True
    return len(set(lowered)) <= max(2, min(8, len(value) // 12))


def fills_slot(value: str) -> bool:
    """Whether a value in a place that only a password has (an address, a netrc file) is not just a stand-in."""
    if not 3 <= len(value) <= _LONGEST or value.split() != [value]:
        return False
    return not (stands_in(value) or only_words(value) or (not value.isalnum() and _NO_SECRET.search(value)) or _is_run(value))


def is_password(value: str) -> bool:
    """Whether a value can be a password that somebody uses."""
    if not 4 <= len(value) <= 128 or (not value.isalnum() and _PLACE.search(value)):
        return False
    if _is_foreign_text(value) or not fills_slot(value) or not any(char.isalnum() for char in value):
        return False
    if value.isdigit():
        return len(value) >= 6
    return bool(_STRONG.search(value, 1)) or drawn(value, strict=False) or _words_and_numbers(value)


def is_noise(value: str) -> bool:
    """Whether a value mixes letters and so many kinds of signs that it is no expression: only a machine draws such passwords."""
    signs = set(value) & _SIGNS
    plain = sum([char.isalnum() for char in value])
    return 12 <= len(value) <= 128 and len(signs) >= 5 and plain >= 6 and not _EXPRESSION.search(value) and fills_slot(value)


def is_token(value: str) -> bool:
    """Whether a value can be a key that a machine drew."""
    if not 8 <= len(value) <= _LONGEST or value.isdigit() or not _TOKEN.fullmatch(value):
        return False
    if (not value.isalnum() and _PLACE.search(value)) or not fills_slot(value):
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
    if len(chunk) >= 16 and len(pieces) * 3 > len(chunk):
        # Letters and digits change places so often that no words can be in between.
        return True
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
    return not value.isascii() and any(ord(char) > 127 and char.isalpha() for char in value) and not _DIGIT.search(value)


def _words_and_numbers(value: str) -> bool:
    """Words of no special meaning with a number: `monkey2019`."""
    digits = sum(char.isdigit() for char in value)
    return len(value) >= 8 and digits >= 2 and not value[0].isdigit() and re.fullmatch(r"[\w.-]+", value) is not None
