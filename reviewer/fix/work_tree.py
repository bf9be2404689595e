"""The same mend in the work tree: only where the file has the very bytes around it, and nothing that is not staged is lost."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reviewer.fix.edits import applied
from reviewer.fix.patch import PatchHunk, hunks, lines_of
from reviewer.records import Replacement


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file of the work tree that will be written."""

    target: Path
    before: bytes
    after: bytes
    partial: Path
    """The new content, written beside it already."""


class NoPlaceError(Exception):
    """The mend does not go into the work tree; the text says why."""


def carried(staged: bytes, replacements: Sequence[Replacement], work: bytes) -> bytes:
    """The file of the work tree with the mend in it.

    Every hunk, with its lines of context, must stand there as it is staged, in the same order, and at a place that is clear: in
    what the two files have in common at their beginning or end, or nowhere else in either of them.

    Raises:
        NoPlaceError: it is not so.
    """
    if work == staged:
        return applied(staged, replacements)
    if work.replace(b"\r\n", b"\n") == staged.replace(b"\r\n", b"\n"):
        raise NoPlaceError("its line ends are not those that are staged (core.autocrlf, or an eol attribute)")
    there = _Common(staged, work)
    pieces: list[bytes] = []
    at = 0
    for hunk in hunks(staged, replacements):
        start = there.place(hunk)
        if start < at:
            raise NoPlaceError("its lines around the mend stand in another order")
        old = b"".join(hunk.before)
        pieces += work[at:start], b"".join(line for sign, line in hunk.rows() if sign != b"-")
        at = start + len(old)
    return b"".join([*pieces, work[at:]])


class _Common:
    """Where the lines of one file stand in another."""

    def __init__(self, staged: bytes, work: bytes) -> None:
        self.staged, self.work = staged, work
        self.starts = [0]
        for line in lines_of(staged):
            self.starts.append(self.starts[-1] + len(line))
        self.head = _length_in_common(staged, work)
        least = min(len(staged), len(work)) - self.head
        self.tail = min(least, _length_in_common(staged[::-1], work[::-1]))

    def place(self, hunk: PatchHunk) -> int:
        """The byte of the work tree's file where the hunk begins.

        Raises:
            NoPlaceError: it stands nowhere, or at several places.
        """
        text = b"".join(hunk.before)
        start = self.starts[hunk.start]
        end = start + len(text)
        if end <= self.head and (end < len(self.staged) or len(self.work) == end):
            return start
        if start >= len(self.staged) - self.tail:
            return self._at_line(start + len(self.work) - len(self.staged))
        if not text or self.work.count(text) != 1 or self.staged.count(text) != 1:
            raise NoPlaceError("its lines around the mend are not those that are staged")
        found = self._at_line(self.work.index(text))
        if not text.endswith(b"\n") and found + len(text) != len(self.work):
            raise NoPlaceError("its lines around the mend are not those that are staged")
        return found

    def _at_line(self, offset: int) -> int:
        if offset and self.work[offset - 1 : offset] != b"\n":
            raise NoPlaceError("its lines around the mend are not those that are staged")
        return offset


def _length_in_common(one: bytes, other: bytes) -> int:
    """Bytes that both begin with, found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def read(top: Path, path: bytes) -> tuple[Path, bytes]:
    """A plain file of the work tree, through no link.

    Raises:
        NoPlaceError: there is none.
    """
    target = top / os.fsdecode(path)
    for folder in target.relative_to(top).parents:
        if (top / folder).is_symlink() and folder != Path():
            raise NoPlaceError("a folder on its way is a symbolic link")
    try:
        if not stat.S_ISREG(target.lstat().st_mode):
            raise NoPlaceError("it is no plain file")
        return target, target.read_bytes()
    except OSError as error:
        raise NoPlaceError(f"it cannot be read: {error.strerror}") from error


def prepared(target: Path, before: bytes, after: bytes) -> Rewrite:
    """The new content beside the file, with its permissions.

    Raises:
        OSError: there is no room.
    """
    handle, name = tempfile.mkstemp(prefix=".hunkgate-", dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
        partial.chmod(stat.S_IMODE(target.lstat().st_mode))
    except OSError:
        discard(partial)
        raise
    return Rewrite(target, before, after, partial)


def discard(partial: Path) -> None:
    """Remove what was prepared."""
    with suppress(FileNotFoundError):
        partial.unlink()
