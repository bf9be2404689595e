"""Source text to tokens, for the families of languages that are compared. Nothing is parsed: a broken file has tokens too.

The expressions take linear time: no alternative of a repeated group begins like another. What is never closed (a text, a comment)
ends with its line or with the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from typing import NamedTuple


class TokenKind(str, Enum):
    """What a token is. Comments and white space are none."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    OPERATOR = "operator"
    LINE_END = "line end"


class Token(NamedTuple):
    """One token and where it begins."""

    kind: TokenKind
    text: str
    line: int
    """1-based."""
    column: int
    """0-based, in characters."""


_NAME = r"(?P<name>[^\W\d]\w*|[$@#][^\W\d]\w*)"
_PREFIX = r"[rRbBuUfFtT]"
_PYTHON_NAME = rf"(?P<name>(?!{_PREFIX}{{1,2}}[\"'])[^\W\d]\w*)"
_NUMBER = r"(?P<number>\d\w*(?:\.\w+)?(?:(?<=[eE])[+-]\d+)?|\.\d\w*)"
_QUOTED = r"\"[^\"\\\n]*(?:\\[\s\S][^\"\\\n]*)*(?:\"|(?=\n)|\\?\Z)|'[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*(?:'|(?=\n)|\\?\Z)"
_TRIPLE = "|".join(
    rf"{mark}[^{mark[0]}\\]*(?:(?:\\[\s\S]|{mark[0]}(?!{mark[0] * 2}))[^{mark[0]}\\]*)*(?:{mark}|\\?\Z)"
    for mark in ('"""', "'''")
)
_BACKTICK = r"`[^`\\]*(?:\\[\s\S][^`\\]*)*(?:`|\\?\Z)"
_RAW_BACKTICK = r"`[^`]*(?:`|\Z)"
_BLOCK_COMMENT = r"/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)"
_BRACKET = r"(?P<bracket>[()\[\]{},;])"
_OPERATOR = (
    r"(?P<operator>===|!==|>>>|<<=|>>=|\*\*=|//=|\.\.\.|&&=|\|\|=|\?\?=|=>|->|:=|<-|&&|\|\||\?\?|\?\.|==|!=|<=|>=|<<|>>|\+\+|--"
    r"|[-+*/%&|^@]=|\*\*|//|::|[^\s\w])"
)
_SPACE = r"[^\S\n]*(?:\\\n[^\S\n]*)*"
"""In front of every token."""

_SLASHED = rf"(?P<comment>//[^\n]*|{_BLOCK_COMMENT})"
_HASHED = r"(?P<comment>\#[^\n]*)"

_PYTHON = (_PYTHON_NAME, _HASHED, rf"(?P<string>{_PREFIX}{{0,2}}(?:{_TRIPLE}|{_QUOTED}))", _NUMBER)
_JAVASCRIPT = (_NAME, _SLASHED, rf"(?P<string>{_BACKTICK}|{_QUOTED})", _NUMBER)
_GO = (_NAME, _SLASHED, rf"(?P<string>{_RAW_BACKTICK}|{_QUOTED})", _NUMBER)
_JAVA = (_NAME, _SLASHED, rf"(?P<string>{_TRIPLE}|{_QUOTED})", _NUMBER)

_SORTS = {
    "python": _PYTHON, "cython": _PYTHON, "starlark": _PYTHON,
    "javascript": _JAVASCRIPT, "typescript": _JAVASCRIPT, "tsx": _JAVASCRIPT,
    "go": _GO, "java": _JAVA, "kotlin": _JAVA, "csharp": _JAVA,
}  # fmt: skip

_REGEX_LITERAL = r"(?P<string>/(?![*/])[^/\\\[\n]*(?:(?:\\.|\[[^\]\\\n]*(?:\\.[^\]\\\n]*)*\])[^/\\\[\n]*)*/[a-z]*)"
_LONGEST_REGEX = 500
"""Characters; a slash whose partner is farther away divides."""

_BEFORE_REGEX = frozenset("(,=:[!&|?{};+") | {"&&", "||", "=>", "return", "typeof", "case", "??", "===", "!=="}

_KINDS = {
    "name": TokenKind.NAME,
    "number": TokenKind.NUMBER,
    "string": TokenKind.STRING,
    "bracket": TokenKind.OPERATOR,
    "operator": TokenKind.OPERATOR,
    "end": TokenKind.LINE_END,
    "comment": None,
    "last": None,
}
_MAY_BREAK = frozenset({"string", "comment"})

LANGUAGES = frozenset(_SORTS)
"""Names as in `Hunk.language`."""

_INDENTED = frozenset({"python", "cython", "starlark"})


def is_indented(language: str) -> bool:
    """Whether blocks are told by their indentation."""
    return language in _INDENTED


def tokens(text: str, language: str, numbers: Sequence[int] = ()) -> Iterator[Token]:
    """The tokens of a text in one of `LANGUAGES`, line ends included, comments left out.

    Args:
        numbers: what the lines of the text are numbered; 1, 2, 3 ... if it is empty.
    """
    said = numbers or range(1, text.count("\n") + 2)
    has_joins = "\\\n" in text
    row = line_start = done = 0
    for found in _matches(text, language):
        group = found.lastgroup or ""
        kind, body, stop = _KINDS[group], found[group], found.end()
        start = stop - len(body)
        if has_joins and "\n" in text[done:start]:
            row, line_start = row + text.count("\n", done, start), text.rfind("\n", done, start) + 1
        done = stop
        if kind is not None:
            yield Token(kind, body, said[row], start - line_start)
        if group == "end":
            row, line_start = row + 1, stop
        elif group in _MAY_BREAK and "\n" in body:
            row, line_start = row + body.count("\n"), start + body.rfind("\n") + 1


def _matches(text: str, language: str) -> Iterator[re.Match[str]]:
    pattern = _pattern(language)
    return _with_regexes(text, pattern) if _SORTS[language] is _JAVASCRIPT else pattern.finditer(text)


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """What matches the next token with the space in front of it. Made when it is needed: most changes need one language."""
    name, *others = _SORTS[language]
    return re.compile(_SPACE + "(?:" + "|".join((name, r"(?P<end>\n)", _BRACKET, *others, _OPERATOR, r"(?P<last>\Z)")) + ")")


def _with_regexes(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Whether a slash divides or begins a regular expression is told by what stands before it."""
    literals = re.compile(_REGEX_LITERAL)
    position, previous = 0, "("
    while True:
        for found in pattern.finditer(text, position):
            group = found.lastgroup or ""
            if group == "operator" and previous in _BEFORE_REGEX and found[group] == "/":
                literal = literals.match(text, found.end() - 1, found.end() + _LONGEST_REGEX)
                if literal is not None:
                    yield literal
                    position, previous = literal.end(), literal[0]
                    break
            yield found
            if group not in ("comment", "end"):
                previous = found[group]
        else:
            return
