"""From a tool's idea of a place to git's lines and to characters."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Span:
    """Where something is. All 1-based, columns in characters; the end column is exclusive, 0 if only the lines are known."""

    start_line: int
    end_line: int
    start_column: int = 1
    end_column: int = 0


class Places:
    """The lines of one file as git counts them: only a line feed ends one. Places outside the file are moved to its edge."""

    def __init__(self, content: bytes) -> None:
        self._size = len(content)
        self._lines = content.split(b"\n")
        if len(self._lines) > 1 and not self._lines[-1]:
            self._lines.pop()
        self._starts = list(accumulate((len(line) + 1 for line in self._lines), initial=0))

    def lines(self, start: int, end: int | None = None) -> Span:
        """Whole lines."""
        first = self._inside(start)
        return Span(first, max(first, self._inside(start if end is None else end)))

    def characters(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """A place whose columns are 1-based characters already."""
        span = self.lines(line, end_line)
        start = min(max(1, column), self._length(span.start_line) + 1)
        end = min(max(1, end_column), self._length(span.end_line) + 1)
        if span.start_line == span.end_line:
            end = max(end, min(start + 1, self._length(span.start_line) + 1))
        return Span(span.start_line, span.end_line, start, end)

    def byte_columns(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """A place whose columns are 0-based bytes of their lines."""
        span = self.lines(line, end_line)
        start, end = self._character(span.start_line, column), self._character(span.end_line, end_column)
        return self.characters(span.start_line, start, span.end_line, end)

    def offsets(self, start: int, end: int) -> Span:
        """A place given as 0-based bytes of the file; the end is exclusive."""
        line, column = self._at(start)
        end_line, end_column = self._at(max(start, end))
        return self.byte_columns(line, column, end_line, end_column)

    def byte(self, line: int, column: int) -> int | None:
        """The 0-based byte of a place whose column is a 1-based character; None if there is no such place in the file."""
        if line == len(self._lines) + 1 and column == 1:
            return self._size
        if not 0 < line <= len(self._lines):
            return None
        text = self._lines[line - 1].decode("utf-8", "surrogateescape")
        if not 0 < column <= len(text) + 1:
            return None
        return self._starts[line - 1] + len(text[: column - 1].encode("utf-8", "surrogateescape"))

    def text(self, line: int) -> bytes:
        """A line without its end."""
        return self._lines[self._inside(line) - 1]

    def _inside(self, line: int) -> int:
        return max(1, min(line, len(self._lines)))

    def _at(self, offset: int) -> tuple[int, int]:
        index = max(0, min(bisect_right(self._starts, max(0, offset)) - 1, len(self._lines) - 1))
        return index + 1, max(0, offset) - self._starts[index]

    def _character(self, line: int, byte: int) -> int:
        return len(self.text(line)[: max(0, byte)].decode("utf-8", "replace")) + 1

    def _length(self, line: int) -> int:
        return len(self.text(line).decode("utf-8", "replace"))
