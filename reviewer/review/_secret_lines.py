"""The added lines of a file as one text to scan, and the way back from an offset to a line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reviewer.records import Hunk

_GAP = b"\0"
"""A line that no pattern goes across."""


@dataclass(frozen=True, slots=True)
class Added:
    """The added lines of one file in one text; a gap where lines between them were not added."""

    hunks: Sequence[Hunk]
    text: bytes
    starts: Sequence[int]
    """Byte offset of every line in `text`."""
    numbers: Sequence[int]
    """Line number in the new file; 0 for a gap."""

    @property
    def path(self) -> bytes:
        """The file's path in the repository."""
        return self.hunks[0].path

    @property
    def language(self) -> str:
        """As in `Hunk.language`."""
        return self.hunks[0].language

    def index(self, offset: int) -> int:
        """Which line an offset of `text` stands on, from 0."""
        return bisect_right(self.starts, offset) - 1

    def line(self, index: int) -> bytes:
        """A line without its line break."""
        end = self.starts[index + 1] - 1 if index + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[index] : end]


def by_file(hunks: Iterable[Hunk]) -> Iterator[Added]:
    """The added lines of each file of some hunks."""
    files: dict[bytes, list[Hunk]] = {}
    for hunk in hunks:
        files.setdefault(hunk.path, []).append(hunk)
    for group in files.values():
        yield _added(sorted(group, key=lambda hunk: hunk.new_start))


def _added(hunks: Sequence[Hunk]) -> Added:
    texts: list[bytes] = []
    numbers: list[int] = []
    for line in (line for hunk in hunks for line in hunk.added):
        if numbers and line.new_number != numbers[-1] + 1:
            texts.append(_GAP)
            numbers.append(0)
        texts.append(line.text)
        numbers.append(line.new_number)
    starts, place = [], 0
    for text in texts:
        starts.append(place)
        place += len(text) + 1
    return Added(hunks, b"\n".join(texts), starts, numbers)
