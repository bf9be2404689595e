"""Places in a file: from byte positions to lines and columns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection

from reviewer.taint.flows import At, Flow


class Text:
    """The lines of one file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._starts = [0]
        position = content.find(b"\n")
        while position >= 0:
            self._starts.append(position + 1)
            position = content.find(b"\n", position + 1)

    def line_of(self, position: int) -> int:
        """The 1-based line that a byte stands on."""
        return bisect_right(self._starts, position)

    def lines(self, at: At) -> tuple[int, int]:
        """First and last line of a place, 1-based."""
        return self.line_of(at[0]), self.line_of(max(at[0], at[1] - 1))

    def line(self, number: int) -> str:
        """The text of a line without its line feed."""
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.content)
        return self.content[self._starts[number - 1] : end].decode("utf-8", "backslashreplace")

    def column(self, position: int) -> int:
        """The 1-based column of a byte, in characters."""
        start = self._starts[self.line_of(position) - 1]
        return len(self.content[start:position].decode("utf-8", "backslashreplace")) + 1

    def code(self, at: At, longest: int = 120) -> str:
        """The first line of the code at a place."""
        code = self.content[at[0] : at[1]].decode("utf-8", "backslashreplace").partition("\n")[0].strip()
        return code if len(code) <= longest else code[: longest - 3] + "..."

    def touching(self, numbers: Collection[int]) -> Callable[[At], bool]:
        """Whether a place holds one of these lines."""
        wanted = sorted(numbers)

        def touched(at: At) -> bool:
            first, last = self.lines(at)
            position = bisect_left(wanted, first)
            return position < len(wanted) and wanted[position] <= last

        return touched


def sink_code(text: Text, flow: Flow) -> str:
    """The code of a flow's sink without blanks, to compare it with another version of the file."""
    return "".join(text.code(flow.stops[-1].at).split())
