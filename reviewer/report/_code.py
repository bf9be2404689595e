"""Lines of code with their numbers, cut to the terminal's width, the meant columns underlined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from reviewer.records import LineKind
from reviewer.report._excerpt import Row
from reviewer.report._text import shown

_LONGEST = 4000
"""Characters of a line that are looked at; more than any terminal shows."""

_STYLE = {LineKind.ADDED: "green", LineKind.REMOVED: "red", LineKind.CONTEXT: "dim"}


@dataclass(frozen=True, slots=True)
class _Cut:
    """What of a line is shown, and what of it is underlined (in cells from its left edge; a width of 0 underlines nothing)."""

    text: str
    offset: int
    width: int


class CodeBlock:
    """An excerpt as lines of text.

    Args:
        width: columns of the terminal.
        ascii_only: draw with ASCII characters alone.
    """

    def __init__(self, rows: Sequence[Row], width: int, *, ascii_only: bool) -> None:
        self.rows = rows
        self.digits = max((len(str(row.number)) for row in rows), default=1)
        # "    > " + number + " + | "
        self.room = max(10, width - self.digits - 11)
        self.bar, self.dots = ("|", "...") if ascii_only else ("│", "…")

    def lines(self) -> Iterator[Text]:
        """One line for each row, and one under a row whose columns are known."""
        for row in self.rows:
            cut = self._cut(row)
            number = str(row.number) if row.number else ""
            mark = (">", "bold red") if row.marked else (" ", "")
            sign = (row.kind.value, _STYLE[row.kind])
            code = (cut.text, "" if row.marked else _STYLE[row.kind])
            yield Text.assemble("    ", mark, (f" {number:>{self.digits}} ", "dim"), sign, (f" {self.bar} ", "dim"), code)
            if cut.width:
                gutter = (" " * (self.digits + 8) + f" {self.bar} ", "dim")
                yield Text.assemble(gutter, " " * cut.offset, ("^" * cut.width, "bold red"))

    def _cut(self, row: Row) -> _Cut:
        first, after = row.columns or (1, 1)
        # Of a very long line only the part around the finding is worked on.
        skipped = max(0, first - _LONGEST // 2) if len(row.text) > _LONGEST else 0
        line = shown(row.text[skipped : skipped + _LONGEST])
        begin, end = (line.starts[min(max(0, column - 1 - skipped), len(line.starts) - 1)] for column in (first, after))
        left = self._left(line.text, begin) if row.columns or skipped else 0
        head = self.dots if skipped or left else ""
        text = self._fitted(head + line.text[left:], len(row.text) > skipped + _LONGEST)
        offset = cell_len(head + line.text[left:begin])
        under = min(max(1, cell_len(line.text[begin:end])), max(0, self.room - offset))
        return _Cut(text, offset, under if row.columns else 0)

    def _left(self, text: str, begin: int) -> int:
        """How many characters to leave out on the left so that the finding's first column stands in the left two thirds."""
        if cell_len(text) <= self.room or cell_len(text[:begin]) < self.room * 2 // 3:
            return 0
        return max(0, begin - self.room // 3)

    def _fitted(self, text: str, more: bool) -> str:
        if cell_len(text) <= self.room and not more:
            return text
        return set_cell_size(text, self.room - len(self.dots)) + self.dots
