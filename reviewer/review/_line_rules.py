"""Rules for files that ast-grep has no grammar for: a regular expression per logical line of a Dockerfile."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.review._match import Match
from reviewer.rulebook import Rule

_ESCAPE = re.compile(r"#\s*escape\s*=\s*(\S)\s*\Z", re.IGNORECASE)
_DIRECTIVE = re.compile(r"#\s*\w+\s*=")
_COMMENT = re.compile(r"\s*#")


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One instruction, its continuations joined."""

    text: str
    starts: tuple[int, ...]
    """For every physical line of it the offset in `text` where it begins."""
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


def matches(rules: Sequence[Rule], text: str) -> Iterator[Match]:
    """Where the rules' regular expressions match, at most once per rule and logical line."""
    import re2

    patterns = [(rule, re2.compile(rule.regex)) for rule in rules]
    for line in logical_lines(text):
        for rule, pattern in patterns:
            found = pattern.search(line.text)
            if found:
                yield _match(rule, line, found.start(), found.end())


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
