"""Whether a name promises a secret, a password, or only something about one."""

from __future__ import annotations

import re

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
    "::", "public", "tokeniz", "credit", "csrf", "xsrf", "authenticity", "bypass", "compass", "highpass", "lowpass", "bandpass",
    "surpass", "keyword", "keyboard", "monkey", "passes", "passed", "passing", "expir", "algorithm", "encrypted",
)  # fmt: skip
"""Parts of names that only look like secrets, or are of ones that everybody may know."""

_TELLING = re.compile(r"(?i)passw|passphrase|passcode|pwd|secret|token|cred|key|auth|bearer")
_PASS = re.compile(r"(?:pass|Pass|PASS)(?:$|[_.\d-]|(?<=[a-z])[A-Z])")
"""A name that ends in "pass" as a word, unlike "passing", "bypass" or "EIPAssociation"."""


def named_secret(name: str) -> bool:
    """Whether a name promises a secret, not something about one (its length, path, hash); no name will do."""
    if not name:
        return True
    return not tells_about(name) and bool(_TELLING.search(name) or _PASS.search(name))


def tells_about(name: str) -> bool:
    """Whether a name says something about a secret, or is of one that everybody may know."""
    lowered = name.lower()
    return lowered.endswith(_ABOUT) or any(part in lowered for part in _UNLIKE)


def stands_as_word(word: str, name: str) -> bool:
    """Whether a word, in lower case, begins a part of a name: "meraki" in "merakiKey" and "myMeraki", not in "CameraKit"."""
    place = name.lower().find(word)
    while place > 0 and name[place - 1].isalpha() and not (name[place].isupper() and name[place - 1].islower()):
        place = name.lower().find(word, place + 1)
    return place >= 0


def wants_password(name: str) -> bool:
    """Whether what has this name is typed by people."""
    return bool(_PASSWORD_NAME.search(name))
