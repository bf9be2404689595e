"""Source text to tokens, for the families of languages that are compared. Nothing is parsed: a broken file has tokens too.

The expressions take linear time: no alternative of a repeated group begins like another. What is never closed (a text, a comment)
ends with its line or with the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
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
_NUMBER = r"(?P<number>\d\w*(?:\.\w+)?(?:(?<=[eE])[+-]\d+)?|\.\d\w*)"
_QUOTED = r"\"[^\"\\\n]*(?:\\[\s\S][^\"\\\n]*)*(?:\"|(?=\n)|\\?\Z)|'[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*(?:'|(?=\n)|\\?\Z)"
_TRIPLE = "|".join(
    rf"{mark}[^{mark[0]}\\]*(?:(?:\\[\s\S]|{mark[0]}(?!{mark[0] * 2}))[^{mark[0]}\\]*)*(?:{mark}|\\?\Z)"
    for mark in ('"""', "'''")
)
_BACKTICK = r"`[^`\\]*(?:\\[\s\S][^`\\]*)*(?:`|\\?\Z)"
_RAW_BACKTICK = r"`[^`]*(?:`|\Z)"
_BLOCK_COMMENT = r"/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)"
_OPERATOR = (
    r"(?P<operator>===|!==|>>>|<<=|>>=|\*\*=|//=|\.\.\.|&&=|\|\|=|\?\?=|=>|->|:=|<-|&&|\|\||\?\?|\?\.|==|!=|<=|>=|<<|>>|\+\+|--"
    r"|[-+*/%&|^@]=|\*\*|//|::|[^\s\w])"
)
_SPACE = r"(?P<space>[^\S\n]+|\\\n)"
_LINE_END = r"(?P<end>\n)"

_PYTHON = re.compile(
    "|".join(
        (_SPACE, _LINE_END, r"(?P<comment>\#[^\n]*)", rf"(?P<string>[rRbBuUfFtT]{{0,2}}(?:{_TRIPLE}|{_QUOTED}))", _NUMBER,
         _NAME.replace("|[$@#][^\\W\\d]\\w*", ""), _OPERATOR)
    )
)  # fmt: skip
_SLASHED = rf"(?P<comment>//[^\n]*|{_BLOCK_COMMENT})"
_JAVASCRIPT = re.compile(
    "|".join((_SPACE, _LINE_END, _SLASHED, rf"(?P<string>{_BACKTICK}|{_QUOTED})", _NUMBER, _NAME, _OPERATOR))
)
_GO = re.compile("|".join((_SPACE, _LINE_END, _SLASHED, rf"(?P<string>{_RAW_BACKTICK}|{_QUOTED})", _NUMBER, _NAME, _OPERATOR)))
_JAVA = re.compile("|".join((_SPACE, _LINE_END, _SLASHED, rf"(?P<string>{_TRIPLE}|{_QUOTED})", _NUMBER, _NAME, _OPERATOR)))

_PATTERNS = {
    "python": _PYTHON, "cython": _PYTHON, "starlark": _PYTHON,
    "javascript": _JAVASCRIPT, "typescript": _JAVASCRIPT, "tsx": _JAVASCRIPT,
    "go": _GO, "java": _JAVA, "kotlin": _JAVA, "csharp": _JAVA,
}  # fmt: skip

_REGEX_LITERAL = re.compile(r"/(?![*/])[^/\\\[\n]*(?:(?:\\.|\[[^\]\\\n]*(?:\\.[^\]\\\n]*)*\])[^/\\\[\n]*)*/[a-z]*")
_LONGEST_REGEX = 500
"""Characters; a slash whose partner is farther away divides."""

_BEFORE_REGEX = frozenset("(,=:[!&|?{};+") | {"&&", "||", "=>", "return", "typeof", "case", "??", "===", "!=="}

_KINDS = {
    "name": TokenKind.NAME,
    "number": TokenKind.NUMBER,
    "string": TokenKind.STRING,
    "operator": TokenKind.OPERATOR,
    "end": TokenKind.LINE_END,
}

LANGUAGES = frozenset(_PATTERNS)
"""Names as in `Hunk.language`."""

_INDENTED = frozenset({"python", "cython", "starlark"})


def is_indented(language: str) -> bool:
    """Whether blocks are told by their indentation."""
    return language in _INDENTED


def tokens(text: str, language: str) -> Iterator[Token]:
    """The tokens of a text in one of `LANGUAGES`, line ends included, comments left out."""
    pattern, regexes = _PATTERNS[language], _PATTERNS[language] is _JAVASCRIPT
    position, line, line_start, previous, size = 0, 1, 0, "(", len(text)
    while position < size:
        found = pattern.match(text, position)
        if found is None:  # no pattern leaves a character out
            position += 1
            continue
        group, body = str(found.lastgroup), found.group()
        if regexes and body == "/" and previous in _BEFORE_REGEX:
            literal = _REGEX_LITERAL.match(text, position, position + _LONGEST_REGEX)
            if literal is not None:
                group, body = "string", literal.group()
        kind = _KINDS.get(group)
        if kind is not None:
            yield Token(kind, body, line, position - line_start)
            previous = body if kind is not TokenKind.LINE_END else previous
        position += len(body)
        breaks = body.count("\n")
        if breaks:
            line += breaks
            line_start = position - (len(body) - body.rfind("\n") - 1)
