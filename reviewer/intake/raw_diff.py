"""Parses `git diff-index` / `git diff-tree` output made with `git.DIFF_FLAGS`, as a stream of bytes.

Format: one raw record per path, NUL-separated (`:oldmode newmode oldoid newoid status`, path, and a second path for R and C), an
empty record, then the patches in the same order. Paths come from the raw records alone, since patch headers quote them; hunks
are consumed by the counts in their headers, since their lines may look like anything. See git-diff-tree(1), "Raw output format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO

from reviewer.errors import GitError
from reviewer.intake.languages import language_of
from reviewer.records import FileChange, Hunk, Line, LineKind, Status

MAX_PATCH_BYTES = 16 * 1024 * 1024
"""Of one file; a larger patch is not kept in memory and the file becomes opaque. 100,000 lines of code are 4 to 6 MB."""

MAX_LINE_BYTES = 1024 * 1024
"""A longer line makes the file opaque."""

_CHUNK = 65536
_SYMLINK, _SUBMODULE = 0o120000, 0o160000
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.DOTALL)
_INDEX = re.compile(rb"index ([0-9a-f]+)\.\.([0-9a-f]+)")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class _Patch:
    """One `diff --git` section while it is being read."""

    oids: tuple[bytes, bytes] | None = None
    hunks: list[tuple[tuple[int, int, int, int], str, list[Line]]] = field(default_factory=list)
    size: int = 0
    opaque: str = ""
    has_nul: bool = False


def parse(stream: IO[bytes]) -> Iterator[FileChange]:
    """Yield the file changes in git's order.

    Raises:
        GitError: the output is not what git documents.
    """
    records, rest = _raw_records(stream)
    patches = _patches(_Lines(rest, stream))
    for record in records:
        yield _with_hunks(record, [_next(patches, record) for _ in range(_patch_count(record))])


def _raw_records(stream: IO[bytes]) -> tuple[list[FileChange], bytes]:
    """All raw records, and the first bytes of the patches that were read with them."""
    records: list[FileChange] = []
    buffer = b""

    def token() -> bytes | None:
        nonlocal buffer
        while (end := buffer.find(b"\0")) < 0:
            more = stream.read(_CHUNK)
            if not more:
                return None
            buffer += more
        found, buffer = buffer[:end], buffer[end + 1 :]
        return found

    while head := token():
        words = head.removeprefix(b":").split(b" ")
        if not head.startswith(b":") or len(words) != 5:
            raise GitError(f"git printed a raw record that is none: {head[:80]!r}")
        status = Status(chr(words[4][0]))
        old_path = token() or b""
        path = (token() or b"") if status in (Status.RENAMED, Status.COPIED) else old_path
        records.append(
            FileChange(
                path=path, old_path=old_path, status=status, old_mode=int(words[0], 8), new_mode=int(words[1], 8),
                old_oid=words[2].decode(), new_oid=words[3].decode(), language="", hunks=(),
            )
        )  # fmt: skip
    return records, buffer


class _Lines:
    """Lines of the patch part without their line feed; `None` at the end. A line over `MAX_LINE_BYTES` is cut, and says so."""

    def __init__(self, rest: bytes, stream: IO[bytes]) -> None:
        self._ready = rest.split(b"\n")
        self._ready.reverse()
        self._stream = stream
        self.was_cut = False

    def next(self) -> bytes | None:
        if len(self._ready) > 1:
            self.was_cut = False
            return self._ready.pop()
        start = self._ready.pop() if self._ready else b""
        line = start + self._stream.readline(MAX_LINE_BYTES)
        self.was_cut = bool(line) and not line.endswith(b"\n")
        if self.was_cut:
            self._skip_to_line_feed()
        return line.removesuffix(b"\n") if line else None

    def _skip_to_line_feed(self) -> None:
        while (more := self._stream.readline(MAX_LINE_BYTES)) and not more.endswith(b"\n"):
            pass


def _patches(lines: _Lines) -> Iterator[_Patch]:
    """Yield one `_Patch` per `diff --git` section."""
    patch: _Patch | None = None
    while (line := lines.next()) is not None:
        if line.startswith(b"diff --git "):
            if patch is not None:
                yield patch
            patch = _Patch()
        elif patch is not None and (header := _HUNK.match(line)):
            _read_hunk(patch, header, lines)
        elif patch is not None and (index := _INDEX.match(line)):
            patch.oids = (index[1], index[2])
    if patch is not None:
        yield patch


def _read_hunk(patch: _Patch, header: re.Match[bytes], lines: _Lines) -> None:
    old, new = int(header[1]), int(header[3])
    old_left, new_left = int(header[2] or 1), int(header[4] or 1)
    place = (old, old_left, new, new_left)
    read: list[Line] = []
    while old_left > 0 or new_left > 0:
        raw = lines.next()
        if raw is None:
            raise GitError("git's diff ended in the middle of a hunk")
        mark, text = raw[:1], raw[1:]
        if mark == b"+":
            read.append(Line(LineKind.ADDED, text, 0, new))
            new, new_left = new + 1, new_left - 1
        elif mark == b"-":
            read.append(Line(LineKind.REMOVED, text, old, 0))
            old, old_left = old + 1, old_left - 1
        elif mark == b" ":
            read.append(Line(LineKind.CONTEXT, text, old, new))
            old, new, old_left, new_left = old + 1, new + 1, old_left - 1, new_left - 1
        elif mark != b"\\":
            raise GitError(f"git's diff has a line that belongs to no side: {raw[:80]!r}")
        _account(patch, raw, lines, read)
    if not patch.opaque:
        patch.hunks.append((place, header[5].decode("utf-8", "backslashreplace").strip(), read))


def _account(patch: _Patch, raw: bytes, lines: _Lines, read: list[Line]) -> None:
    """Keep memory bounded: what is too large is counted through, but not kept."""
    patch.size += len(raw)
    if lines.was_cut and len(raw) >= MAX_LINE_BYTES:
        patch.opaque = f"a line is longer than {MAX_LINE_BYTES // 1024} KiB"
    elif patch.size > MAX_PATCH_BYTES:
        patch.opaque = f"its diff is larger than {MAX_PATCH_BYTES // 1024**2} MiB"
    patch.has_nul = patch.has_nul or b"\0" in raw
    if patch.opaque:
        read.clear()
        patch.hunks.clear()


def _patch_count(record: FileChange) -> int:
    """A type change is a deletion and a creation; an unmerged path has no patch."""
    return {Status.TYPE_CHANGED: 2, Status.UNMERGED: 0}.get(record.status, 1)


def _next(patches: Iterator[_Patch], record: FileChange) -> _Patch:
    patch = next(patches, None)
    if patch is None:
        raise GitError(f"git's diff has no patch for {record.display}")
    wanted = (record.old_oid.encode(), record.new_oid.encode())
    if patch.oids is not None and record.status is not Status.TYPE_CHANGED and patch.oids != wanted:
        raise GitError(f"git's diff has another file's patch where {record.display} should be")
    return patch


def _with_hunks(record: FileChange, patches: list[_Patch]) -> FileChange:
    """The record with its language, and its hunks or the reason why there are none."""
    if not patches:
        return replace(record, opaque="unmerged")
    patch = patches[-1]
    language = language_of(record.path, _first_line(patch))
    opaque = _opaque(record, patch, language)
    hunks = () if opaque else tuple(_hunk(record.path, language, *parts) for parts in patch.hunks)
    return replace(record, language=language, hunks=hunks, opaque=opaque)


def _hunk(path: bytes, language: str, place: tuple[int, int, int, int], section: str, lines: list[Line]) -> Hunk:
    return Hunk(path, language, *place, section, tuple(lines))


def _first_line(patch: _Patch) -> bytes:
    """The file's first line, if the patch shows it."""
    for (_, _, new_start, _), _, lines in patch.hunks[:1]:
        if new_start == 1:
            return next((line.text for line in lines if line.kind is not LineKind.REMOVED), b"")
    return b""


def _opaque(record: FileChange, patch: _Patch, language: str) -> str:
    mode = record.new_mode or record.old_mode
    if mode == _SUBMODULE:
        return "submodule"
    if mode == _SYMLINK:
        return "symbolic link"
    if patch.opaque:
        return patch.opaque
    if patch.has_nul and _first_line(patch).startswith(_UTF16_MARKS):
        return "UTF-16 text"
    # A source file stays under review: a NUL put into it must not hide the rest.
    return "binary" if patch.has_nul and not language else ""
