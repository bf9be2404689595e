"""What ast-grep reads of a rule file."""

from __future__ import annotations

import re

_LANGUAGE_LINE = re.compile(r"^language: *\w+", re.MULTILINE)
_QUOTED_REGEX = re.compile(r"\b(regex|replace): '((?:[^']|'')*)'")
_TOKEN = re.compile(r"\\.|\[\^?\]?|\]|\(\?i?s?i?[:)]|\.", re.DOTALL)

_ASCII = {r"\w": "0-9A-Za-z_", r"\d": "0-9", r"\s": r"\t\n\r ", r"\W": "^0-9A-Za-z_", r"\D": "^0-9", r"\S": r"^\t\n\r "}

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]|\\[pPxuU]|\[[^\]]*\[|&&")
"""What an expression may say of other letters, and classes in classes: such an expression keeps the case rules of Unicode."""


def ast_grep_text(text: str, grammar: str) -> str:
    """What ast-grep reads of a rule file: without the examples, for the grammar asked for; empty if it does not apply to it.

    Rules about JSX nodes do not apply to plain TypeScript, whose grammar has none.
    """
    body = text.partition("\nexamples:")[0]
    if grammar == "typescript" and "jsx_" in body:
        return ""
    body = _QUOTED_REGEX.sub(lambda found: f"{found[1]}: '{_for_ascii(found[2])}'", body)
    return _LANGUAGE_LINE.sub(f"language: {grammar}", body, count=1) + "\n"


def _for_ascii(regex: str) -> str:
    r"""The expression with \w, \d, \s, \b, their opposites, and `(?i)` for ASCII alone.

    Compiling the tables of Unicode takes ast-grep most of the time of a review: 66 rules 51 ms with and 32 ms without them.
    """
    plain_case = "(?i" in regex and not _BEYOND_ASCII.search(regex)
    parts: list[str] = []
    end = 0
    closing = ""
    for found in _TOKEN.finditer(regex):
        parts += regex[end : found.start()], _token(found[0], inside=bool(closing), plain_case=plain_case, closing=closing)
        closing = _closing(found[0], closing, plain_case=plain_case)
        end = found.end()
    return "".join([*parts, regex[end:]])


def _closing(token: str, closing: str, *, plain_case: bool) -> str:
    """What ends the class that we are in behind a token; empty outside of one."""
    if closing:
        return "" if _ends_class(token) else closing
    if token[0] != "[":
        return ""
    return "])" if plain_case and token[1:2] == "^" else "]"


def _ends_class(token: str) -> bool:
    """Whether a token inside of a class ends it: an opening bracket may stand before the closing one."""
    return token[0] in "[]" and token[-1] == "]"


def _token(token: str, *, inside: bool, plain_case: bool, closing: str) -> str:
    if token in _ASCII:
        # A class cannot say "all but these" of a part of it.
        return f"[{_ASCII[token]}]" if not inside else token if token.isupper() else _ASCII[token]
    if inside:
        return token[:-1] + closing if _ends_class(token) else token
    if token == r"\b":
        return r"(?-u:\b)"
    if not plain_case:
        return token
    # Without Unicode an expression must not match a part of a character, as "all but these" and "any" would.
    if token == "." or token[:2] == "[^":
        return f"(?u:{token}" + ")" * (token == ".")
    return token[:-1] + "-u" + token[-1] if token[:2] == "(?" and token[2] in "is" else token
