"""Whether a hunk touches code that security depends on, told by the words of its changed lines and of its path.

A hint where to look, not a finding: the words are those of the matter (a login, a query, a cipher), not of mistakes. What
security commits are about cannot be learned from a hunk (measured F1 of .04 to .2), so this is a table.
"""

from __future__ import annotations

import re

from reviewer.records import Hunk, LineKind, printable

_LINE_BYTES = 600
_LINES = 2000
"""Changed lines that are looked at: a larger hunk has shown what it is about by then."""

_WORDS = {
    "signing in and passwords": (
        rb"authenticat\w*|authoriz\w*|login|logout|log_in|sign_?in|passw(?:or)?d\w*|passphrase|oauth2?|openid|saml|jwt|bearer"
        rb"|session_?id|set_?cookie|csrf\w*|xsrf\w*|totp|mfa|bcrypt|argon2\w*|scrypt|pbkdf2"
    ),
    "permissions": rb"permissions?|privileges?|is_?admin|is_?superuser|access_?control|acl|rbac|sudo|set[ug]id|chmod|chown|umask",
    "keys and ciphers": (
        rb"crypt\w*|decrypt\w*|encrypt\w*|cipher\w*|aes|rsa|ecdsa|ed25519|hmac|sha1|sha256|md5|private_?key|secret_?key|api_?key"
        rb"|signature|verify_?signature|certificates?|x509|ssl|tls|nonce|urandom|secrets?|keystore|trust_?store|insecure\w*"
    ),
    "queries of a database": rb"raw_?sql|execute_?sql|cursor\.execute|query_?raw|create_?query|prepare_?statement|sql_?injection",
    "starting programs": (
        rb"subprocess|popen|shell_?exec|proc_open|child_process|exec[lv]p?e?|os\.system|runtime\.exec|shell=true|spawn_?sync"
    ),
    "running text as code": (
        rb"eval|new function|compile\(|setattr|__import__|importlib|reflect\w*|dangerouslysetinnerhtml|innerhtml|v-html"
    ),
    "reading untrusted objects": (
        rb"deserializ\w*|unserialize|pickle|marshal\.loads?|yaml\.load|objectinputstream|readobject|xxe|doctype|external_?entit\w*"
    ),
    "paths and archives": (
        rb"path_?traversal|realpath|canonical_?path|symlinks?|zip_?slip|extract_?all|untar|sanitiz\w*|escape_?html|html_?escape"
    ),
    "what may connect": (
        rb"cors|allow_?origin\w*|content_?security_?policy|trusted_?hosts?|allowed_?hosts?|redirect_?uri|ssrf|x-forwarded-\w+"
        rb"|verify=false"
    ),
    "memory by hand": rb"memcpy|strcpy|strcat|sprintf|gets|alloca|unsafe|transmute|from_raw_parts|unsafe_?pointer",
}
_FOUND = re.compile(
    rb"(?i)(?<![a-z0-9])(?:" + b"|".join(rb"(?P<k%d>%s)" % pair for pair in enumerate(_WORDS.values())) + rb")(?![a-z0-9])"
)
_ABOUT = tuple(_WORDS)

_FOLDERS = re.compile(
    rb"(?i)(?:^|[/_.-])(auth|authn|authz|authentication|authorization|crypto|security|login|oauth2?|acl|rbac|permissions?|session"
    rb"|tls|ssl|secrets?)"
    rb"(?=[/_.-])"
)

_MOST = 3
"""Matters that are named."""


def sensitive(hunk: Hunk) -> str:
    """The reason in words if the hunk touches code that security depends on; empty if no word says so."""
    about: dict[str, bytes] = {}
    changed = (line.text[:_LINE_BYTES] for line in hunk.lines if line.kind is not LineKind.CONTEXT)
    for text, _ in zip(changed, range(_LINES), strict=False):
        for match in _FOUND.finditer(text):
            about.setdefault(_ABOUT[int((match.lastgroup or "k0")[1:])], match[0])
        if len(about) >= _MOST:
            break
    named = [f"{matter} ({printable(word[:40])})" for matter, word in list(about.items())[:_MOST]]
    folder = _FOLDERS.search(hunk.path)
    if folder:
        named.append(f"the path says {printable(folder[1])}")
    return "touches security-sensitive code: " + ", ".join(named) if named else ""
