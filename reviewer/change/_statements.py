"""Tokens to statements: a Python logical line, or what stands between semicolons, braces and line ends elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reviewer.change._calls import Call, calls
from reviewer.change._tokens import Token, TokenKind, is_indented, tokens

MOST_TOKENS = 600
"""Of a statement in which calls are looked for; a longer one is a table."""

_OPERATOR, _LINE_END = TokenKind.OPERATOR, TokenKind.LINE_END
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")

_COMPOUND = frozenset(
    {"if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class", "async", "match", "case"}
)
"""The Python words that begin a statement with a block."""

_GOES_ON = frozenset("=+-*/%&|^<>?:,.!~") | {
    "&&", "||", "==", "!=", "<=", ">=", "===", "!==", "=>", "->", "+=", "-=", "??", "?.", ":=", "<<", ">>", "::",
}  # fmt: skip
"""What no statement ends with, or none begins with where lines end statements."""

_VALUE_BEFORE_BRACE = frozenset({"=", "(", ",", ":", "[", "?", "return", "&&", "||", "??", ":=", "+", "}"})
"""What stands before a brace that begins a value, not a block. (Go's composite literals are blocks here; that does no harm.)"""


@dataclass(frozen=True)
class Statement:
    """One statement, or the head of one that has a block."""

    tokens: tuple[Token, ...]
    """At least one; without line ends."""
    depth: int
    """Indentation in columns, or the number of open blocks."""
    parent: int
    """Index of the statement whose block it stands in; -1 at the top."""
    index: int

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The texts of its tokens."""
        return tuple(token.text for token in self.tokens)

    @cached_property
    def key(self) -> str:
        """The same for statements that differ in white space and comments alone."""
        return " ".join(self.words)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call in it, outer ones before those in their arguments; of a long statement those at its beginning."""
        return tuple(calls(self.tokens[:MOST_TOKENS]))

    @property
    def first(self) -> int:
        """Number of its first line."""
        return self.tokens[0].line

    @cached_property
    def last(self) -> int:
        """Number of its last line."""
        return self.tokens[-1].line + self.tokens[-1].text.count("\n")

    @property
    def head(self) -> str:
        """Its first word, `async` passed over."""
        words = self.words
        return words[1] if words[0] == "async" and len(words) > 1 else words[0]

    @property
    def is_text(self) -> bool:
        """Whether it is nothing but a text, such as a docstring."""
        return all(token.kind is TokenKind.STRING for token in self.tokens)


def statements(text: str, language: str, numbers: Sequence[int] = ()) -> list[Statement]:
    """All statements of a text in one of `_tokens.LANGUAGES`, in order; `numbers` are those of its lines, if not 1, 2, 3 ..."""
    found = tokens(text, language, numbers)
    return _indented(found) if is_indented(language) else _braced(found)


def _indented(found: Iterable[Token]) -> list[Statement]:
    result: list[Statement] = []
    outer: list[Statement] = []
    for line in _logical_lines(found):
        for part in _split_head(line):
            depth = line[0].column + (part is not line and part[0] is not line[0])
            while outer and outer[-1].depth >= depth:
                outer.pop()
            statement = Statement(tuple(part), depth, outer[-1].index if outer else -1, len(result))
            result.append(statement)
            if part[-1].text == ":":
                outer.append(statement)
    return result


def _logical_lines(found: Iterable[Token]) -> Iterator[list[Token]]:
    line: list[Token] = []
    depth = 0
    for token in found:
        kind, text, _, _ = token
        if kind is _OPERATOR:
            if text in _OPEN:
                depth += 1
            elif text in _CLOSE:
                depth = max(0, depth - 1)
        if depth == 0 and (kind is _LINE_END or text == ";"):
            if line:
                yield line
                line = []
        elif kind is not _LINE_END:
            line.append(token)
    if line:
        yield line


def _split_head(line: list[Token]) -> list[list[Token]]:
    """`if a: return b` is two statements."""
    if line[0].text not in _COMPOUND:
        return [line]
    depth = lambdas = 0
    for place, token in enumerate(line):
        if token.text in _OPEN:
            depth += 1
        elif token.text in _CLOSE:
            depth -= 1
        elif token.text == "lambda":
            lambdas += 1
        elif token.text == ":" and depth == 0:
            if not lambdas:
                rest = line[place + 1 :]
                return [line[: place + 1], rest] if rest else [line]
            lambdas -= 1
    return [line]


class _Braces:
    """Collects the statements of a language with braces."""

    def __init__(self) -> None:
        self.result: list[Statement] = []
        self.outer: list[tuple[int, int]] = []
        """Of every open block: its statement, and how many brackets were open outside it."""
        self.pending: list[Token] = []
        self.brackets = 0

    def end(self) -> None:
        if self.pending:
            parent = self.outer[-1][0] if self.outer else -1
            self.result.append(Statement(tuple(self.pending), len(self.outer), parent, len(self.result)))
            self.pending = []

    def open_block(self, token: Token) -> None:
        self.pending.append(token)
        self.end()
        self.outer.append((len(self.result) - 1, self.brackets))
        self.brackets = 0

    def close_block(self) -> None:
        self.end()
        if self.outer:
            self.brackets = self.outer.pop()[1]


def _braced(found: Iterable[Token]) -> list[Statement]:
    state = _Braces()
    ahead = list(found)
    for place, token in enumerate(ahead):
        text = token.text
        if token.kind is TokenKind.LINE_END:
            if not state.brackets and state.pending and _ends(state.pending[-1], ahead, place):
                state.end()
        elif token.kind is not TokenKind.OPERATOR:
            state.pending.append(token)
        elif text == "{" and _begins_value(state.pending):
            state.pending.append(token)
            state.brackets += 1
        elif text == "{":
            state.open_block(token)
        elif text == "}" and not state.brackets:
            state.close_block()
        elif text == ";" and not state.brackets:
            state.end()
        else:
            state.brackets = max(0, state.brackets + (text in _OPEN) - (text in _CLOSE))
            state.pending.append(token)
    state.end()
    return state.result


def _begins_value(pending: Sequence[Token]) -> bool:
    return bool(pending) and pending[-1].text in _VALUE_BEFORE_BRACE


def _ends(last: Token, ahead: Sequence[Token], place: int) -> bool:
    """Whether a line end outside brackets ends the statement."""
    if last.kind is TokenKind.OPERATOR and last.text in _GOES_ON:
        return False
    following = next((token for token in ahead[place + 1 : place + 4] if token.kind is not TokenKind.LINE_END), None)
    goes_on = following is not None and following.kind is TokenKind.OPERATOR and following.text in _GOES_ON
    return not goes_on or (following is not None and following.text in ("*", "&", "!", "<", "-", "+"))
