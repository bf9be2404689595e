"""Rules for files that ast-grep has no grammar for: regular expressions over each instruction of a Dockerfile, or of SQL."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from reviewer.review import _trigger_words
from reviewer.review._match import Match
from reviewer.rulebook import Rule

if TYPE_CHECKING:
    import re2

MOST_INSTRUCTIONS = 100_000
"""In one file; so many take about a second."""

_ESCAPE = re.compile(r"#\s*escape\s*=\s*(\S)\s*\Z", re.IGNORECASE)
_DIRECTIVE = re.compile(r"#\s*\w+\s*=")
_COMMENT = re.compile(r"\s*#")

_SQL_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\*?\Z)|(?:(?<=\n)|\A)[ \t]*\#(?=[\s#]|\Z)[^\n]*)
    |'(?:[^'\\]|\\(?:'(?=\w))?)*(?:'|\Z)
    |"[^"]*(?:"|\Z)
    |`[^`]*(?:`|\Z)
    |(?P<end>;)""",
    re.VERBOSE,
)
"""What may hold a semicolon that ends nothing. A doubled quote reads as two texts in a row, which is the same here. Whether a
backslash escapes differs among databases: it does if a word goes on behind the quote ('it\\'s'), and does not in 'C:\\'.
Texts and comments that are never closed end with the file."""


class TooManyError(Exception):
    """A file has more instructions than anybody writes."""


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One instruction or statement, its continuations joined."""

    text: str
    starts: tuple[int, ...]
    """For every physical line of it the offset in `text` where it begins; negative for one that begins before it."""
    numbers: tuple[int, ...]
    """For every physical line of it its number in the file."""

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both 1-based, of a character of `text`."""
        index = bisect.bisect_right(self.starts, offset) - 1
        return self.numbers[index], offset - self.starts[index] + 1


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """The instructions of a Dockerfile.

    Continuations are joined; comment lines and empty lines inside them are left out, as Docker does
    (https://docs.docker.com/reference/dockerfile/#format); the parser directive `escape` counts.
    """
    physical = [line.removesuffix("\r") for line in text.split("\n")]
    escape = _escape_character(physical)
    parts: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(physical, 1):
        if not line.strip() or _COMMENT.match(line):
            continue
        continued = line.rstrip().endswith(escape)
        parts.append(line.rstrip()[:-1] if continued else line)
        numbers.append(number)
        if not continued:
            yield _joined(parts, numbers)
            parts, numbers = [], []
    if parts:
        yield _joined(parts, numbers)


def statements(text: str) -> Iterator[LogicalLine]:
    """The statements of an SQL file, without the semicolon; comments are blanks, texts are kept.

    Bodies of functions between dollar signs are split into their statements too.
    """
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    pieces: list[str] = []
    at = begin = 0
    for token in _SQL_TOKEN.finditer(text):
        if token["comment"] is not None:
            pieces += text[at : token.start()], re.sub(r"[^\n]", " ", token[0])
            at = token.end()
        elif token["end"]:
            yield from _statement("".join([*pieces, text[at : token.start()]]), starts, begin)
            pieces, at = [], token.end()
            begin = at
    yield from _statement("".join([*pieces, text[at:]]), starts, begin)


def _statement(said: str, starts: Sequence[int], begin: int) -> Iterator[LogicalLine]:
    """The statement that starts at an offset of the file, if there is one between the semicolons.

    Args:
        starts: the offset at which every line of the file begins.
    """
    body = said.lstrip()
    if not body:
        return
    first = begin + len(said) - len(body)
    number = bisect.bisect_right(starts, first)
    breaks = [at for at, char in enumerate(body, 1) if char == "\n"]
    # The first physical line begins before the statement does: its offset is negative.
    yield LogicalLine(body, (starts[number - 1] - first, *breaks), tuple(range(number, number + len(breaks) + 1)))


_INSTRUCTIONS: Mapping[str, Callable[[str], Iterator[LogicalLine]]] = {"dockerfile": logical_lines, "sql": statements}


def matches(rules: Sequence[Rule], text: str) -> Iterator[Match]:
    """Where the regular expressions of rules for one language match, at most once per rule and instruction.

    Raises:
        TooManyError: the file has more than `MOST_INSTRUCTIONS`; what comes before is given first.
    """
    if not rules:
        return
    searches = [_Search.of(rule) for rule in rules]
    trigger = _trigger_words.Trigger.of(rules[0].language)
    chosen: dict[frozenset[str], list[_Search]] = {}
    for number, line in enumerate(_INSTRUCTIONS[rules[0].language](text)):
        if number >= MOST_INSTRUCTIONS:
            raise TooManyError(f"more than {MOST_INSTRUCTIONS} instructions in one file; the others were not read")
        known = trigger.words_in(line.text.encode())
        if known not in chosen:
            chosen[known] = [search for search in searches if trigger.can_match(search.rule.id, search.content, known)]
        for search in chosen[known]:
            yield from search.found(line)


@dataclass(frozen=True, slots=True)
class _Search:
    """A rule, compiled."""

    rule: Rule
    content: bytes
    """Of the rule file."""
    pattern: re2._Regexp
    unless: re2._Regexp | None

    @staticmethod
    def of(rule: Rule) -> _Search:
        import re2

        return _Search(rule, rule.text.encode(), re2.compile(rule.regex), re2.compile(rule.unless) if rule.unless else None)

    def found(self, line: LogicalLine) -> Iterator[Match]:
        """The first match in an instruction."""
        match = self.pattern.search(line.text)
        if match and not (self.unless and self.unless.search(line.text)):
            yield _match(self.rule, line, match.start(), match.end())


def _match(rule: Rule, line: LogicalLine, start: int, end: int) -> Match:
    first, start_column = line.position(start)
    last, end_column = line.position(max(start, end - 1))
    return Match(
        rule=rule.id,
        severity=rule.severity,
        kind=rule.kind,
        confidence=rule.confidence,
        cwe=rule.cwe,
        message=rule.message,
        remedy=rule.remedy,
        start_line=first,
        end_line=last,
        start_column=start_column,
        end_column=end_column + 1,
    )


def _escape_character(physical: Sequence[str]) -> str:
    """Parser directives stand before everything else; the first line that is none ends them."""
    for line in physical:
        found = _ESCAPE.match(line)
        if found:
            return found.group(1)
        if not _DIRECTIVE.match(line):
            break
    return "\\"


def _joined(parts: Sequence[str], numbers: Sequence[int]) -> LogicalLine:
    starts = [0]
    for part in parts[:-1]:
        starts.append(starts[-1] + len(part))
    return LogicalLine("".join(parts), tuple(starts), tuple(numbers))
