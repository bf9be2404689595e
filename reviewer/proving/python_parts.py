"""Which statements of a Python file a mend changes, without reading the others again: in a file with 20,000 lines that is half a
second for each mend.

The top-level statements that no changed line belongs to keep their text, and begin and end where a line does; so the file reads
as those before it, then what stands now in the place of the changed ones, then those behind it. If that place reads by itself, it
reads the same within the file: it begins at the margin, outside of every bracket and string, and ends so.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.fix.edits import applied
from reviewer.records import Replacement

_ENCODINGS = frozenset(("utf-8", "utf-8-sig", "iso-8859-1"))
"""Names by `tokenize.detect_encoding`; all of them write a line feed as one byte, which means nothing else."""

_STRANGE = (b"\x0c", b"\x1a", b"\0", b"FLUFL")
"""What moves margins or ends files for Python's tokenizer, and the one import that changes its grammar (PEP 401)."""

_CONTINUED = (b"\\\n", b"\\\r\n")
"""How a line ends that goes on in the next."""


@dataclass(frozen=True, slots=True)
class PythonFile:
    """A file that Python can read."""

    content: bytes
    tree: ast.Module
    encoding: str
    """Empty if the file has to be read as a whole, since its lines or its encoding are unusual."""
    starts: tuple[int, ...]
    """Offset of each line, and the length of the file."""
    firsts: tuple[int, ...]
    """1-based line of each top-level statement, with decorators."""
    lasts: tuple[int, ...]

    @staticmethod
    def read(content: bytes) -> PythonFile | None:
        """The file; None if Python cannot read it."""
        tree = parse(content)
        if tree is None:
            return None
        lines = content.split(b"\n")
        starts = [0]
        for line in lines[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        firsts = tuple(min([one.lineno, *(name.lineno for name in getattr(one, "decorator_list", []))]) for one in tree.body)
        lasts = tuple(one.end_lineno or one.lineno for one in tree.body)
        return PythonFile(content, tree, _encoding(content), (*starts, len(content)), firsts, lasts)


@dataclass(frozen=True, slots=True)
class Parts:
    """The statements that differ, of both sides. Nothing else of the two files does."""

    before: tuple[ast.stmt, ...]
    after: tuple[ast.stmt, ...]


def parts(file: PythonFile, replacements: Sequence[Replacement]) -> Parts | None:
    """What a mend changes; None if only reading the whole file can tell.

    Args:
        replacements: as in `Fix.replacements`.
    """
    after = applied(file.content, replacements)
    if not file.encoding or _encoding(after) != file.encoding:
        return None
    before_nodes: list[ast.stmt] = []
    after_nodes: list[ast.stmt] = []
    for first, last, own in _regions(file, replacements):
        start, end = _span(file, first, last)
        text = applied(file.content[start:end], [_moved(one, start) for one in own])
        if file.content.endswith(_CONTINUED, 0, start) or (end < len(file.content) and not _ends_a_line(text)):
            return None
        tree = _parsed(text, "utf-8" if start and file.encoding == "utf-8-sig" else file.encoding)
        if tree is None:
            return None
        before_nodes += file.tree.body[first:last]
        after_nodes += tree.body
    return Parts(tuple(before_nodes), tuple(after_nodes))


def parse(source: bytes | str) -> ast.Module | None:
    """Python's reading; None if there is none. Code is never run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def error(content: bytes) -> str | None:
    """What Python's parser says against a file; None if it can be read. Code is only parsed, and so deep that it cannot be is not
    said to be wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content)
    except SyntaxError as problem:
        return f"line {problem.lineno}: {problem.msg}"
    except ValueError as problem:
        return str(problem)
    except (RecursionError, MemoryError):
        return None
    return None


def _parsed(text: bytes, encoding: str) -> ast.Module | None:
    try:
        # As text: a comment in the middle of a file names no encoding.
        return parse(text.decode(encoding))
    except UnicodeDecodeError:
        return None


def _encoding(content: bytes) -> str:
    """Of a file that can be read in parts; else empty."""
    if content.count(b"\r") != content.count(b"\r\n") or any(strange in content for strange in _STRANGE):
        return ""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:
        return ""
    return encoding if encoding in _ENCODINGS else ""


def _regions(file: PythonFile, replacements: Sequence[Replacement]) -> list[tuple[int, int, list[Replacement]]]:
    """Ranges of top-level statements, from 0, that changes reach into, with the changes; in order, with room between."""
    found: list[tuple[int, int, list[Replacement]]] = []
    for one in replacements:
        first, last = _reached(file, one)
        if found and first <= found[-1][1]:
            before, behind, own = found.pop()
            found.append((min(before, first), max(behind, last), [*own, one]))
        else:
            found.append((first, last, [one]))
    return found


def _reached(file: PythonFile, one: Replacement) -> tuple[int, int]:
    """The statements on whose lines a change lies, or between which; none of them shares a line with its neighbor."""
    first = bisect_left(file.lasts, one.start_line)
    last = max(first, bisect_right(file.firsts, one.end_line))
    while first and first < len(file.firsts) and file.firsts[first] <= file.lasts[first - 1]:
        first -= 1
    while 0 < last < len(file.firsts) and file.firsts[last] <= file.lasts[last - 1]:
        last += 1
    return first, last


def _span(file: PythonFile, first: int, last: int) -> tuple[int, int]:
    """The bytes from the end of the statement before to the beginning of the one behind."""
    start = file.starts[file.lasts[first - 1]] if first else 0
    end = file.starts[file.firsts[last] - 1] if last < len(file.firsts) else len(file.content)
    return start, end


def _ends_a_line(text: bytes) -> bool:
    return not text or (text.endswith(b"\n") and not text.endswith(_CONTINUED))


def _moved(one: Replacement, by: int) -> Replacement:
    return Replacement(one.start - by, one.end - by, one.text, 0, 0, 0, 0)
