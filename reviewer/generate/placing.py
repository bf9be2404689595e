"""New code in a file: indented as its place wants it, with the file's line ends, and every other byte as it was."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.errors import UsageError
from reviewer.records import printable


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the code goes."""

    content: bytes
    """The file before."""
    line: int
    """1-based; the code stands before what is this line now. One more than there are lines: at the end."""

    @property
    def offset(self) -> int:
        """In bytes."""
        return sum(map(len, _lines(self.content)[: self.line - 1]))

    @property
    def indent(self) -> bytes:
        """Of the line that stands there now, or else of the next one that is not blank."""
        following = (line for line in _lines(self.content)[self.line - 1 :] if line.strip())
        line = next(following, b"")
        return line[: len(line) - len(line.lstrip(b" \t"))]


@dataclass(frozen=True, slots=True)
class Placed:
    """A file with new code in it."""

    content: bytes
    first: int
    """1-based number of the first new line."""
    count: int
    """New lines."""

    @property
    def code(self) -> bytes:
        """The new lines."""
        return b"".join(_lines(self.content)[self.first - 1 : self.first - 1 + self.count])


def spot(content: bytes, line: int | None, name: str) -> Spot:
    """The place in a file.

    Args:
        line: as a person gave it; None for the end.

    Raises:
        UsageError: the file has no such line.
    """
    count = len(_lines(content))
    if line is not None and not 1 <= line <= count + 1:
        raise UsageError(
            f"the file has {count} lines", where=f"{name}, --insert-at {line}", todo=f"Name one from 1 to {count + 1}."
        )
    return Spot(content, count + 1 if line is None else line)


def placed(where: Spot, code: str, name: str) -> Placed:
    """The file with the code in it.

    Raises:
        UsageError: the code has characters that the file's encoding does not.
    """
    ends = b"\r\n" if _all_crlf(where.content) else b"\n"
    rows = [_row(row, where) for row in textwrap.dedent(code.replace("\r\n", "\n")).strip("\n").split("\n")]
    new = _encoded("\n".join(rows), where.content, name).replace(b"\n", ends) + ends
    before, after = where.content[: where.offset], where.content[where.offset :]
    if before and not before.endswith(b"\n"):
        # The file's last line has no end, and neither has the new last line.
        before, new = before + ends, new.removesuffix(ends)
    return Placed(before + new + after, before.count(b"\n") + 1, len(rows))


def difference(path: bytes, old: bytes | None, new: bytes) -> str:
    """A patch of a file that is text, for people and for `git apply`."""
    name = printable(path)
    rows = difflib.unified_diff(
        _text_lines(old or b""), _text_lines(new), "/dev/null" if old is None else f"a/{name}", f"b/{name}"
    )
    return "".join(row if row.endswith("\n") else row + "\n\\ No newline at end of file\n" for row in rows)


def _row(row: str, where: Spot) -> str:
    """A line of the code, indented; in a file that indents with tabs, by tabs."""
    if not row.strip():
        return ""
    if b"\t" in where.indent or (not where.indent and _tabs(where.content)):
        body = row.lstrip(" ")
        deep, rest = divmod(len(row) - len(body), 4)
        row = "\t" * deep + " " * rest + body
    return where.indent.decode("ascii") + row.rstrip()


def _tabs(content: bytes) -> bool:
    return content.startswith(b"\t") or b"\n\t" in content


def _encoded(text: str, content: bytes, name: str) -> bytes:
    try:
        content.decode("utf-8")
        return text.encode("utf-8")
    except UnicodeError:
        pass
    try:
        return text.encode("ascii")
    except UnicodeError as error:
        what = "the code has other characters than ASCII, and the file is not UTF-8"
        raise UsageError(what, where=name, todo="Ask for ASCII only, or convert the file to UTF-8.") from error


def _all_crlf(content: bytes) -> bool:
    feeds = content.count(b"\n")
    return bool(feeds) and content.count(b"\r\n") == feeds


def _lines(content: bytes) -> list[bytes]:
    """With their line feeds; git's lines, not Python's."""
    pieces = content.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _text_lines(content: bytes) -> Sequence[str]:
    return [line.decode("utf-8", "replace") for line in _lines(content)]
