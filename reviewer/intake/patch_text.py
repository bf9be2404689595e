"""From patch text that somebody hands in to a Change.

Parsed by unidiff, which is made for text: bytes that are not UTF-8 travel as surrogates, and its traps (quoted paths are not
unescaped, any error loses the whole patch) are handled here. The staged change never comes this way.
"""

from __future__ import annotations

import io
import re

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as UnidiffHunk
from unidiff.patch import PatchedFile, PatchSet

from reviewer.errors import PatchError
from reviewer.intake.languages import language_of
from reviewer.records import Change, FileChange, Hunk, Line, LineKind, Status

_ESCAPE = re.compile(rb"\\([abfnrtv\"\\]|[0-7]{3})")
_NAMED = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b'"': 34, b"\\": 92}
_KINDS = {"+": LineKind.ADDED, "-": LineKind.REMOVED, " ": LineKind.CONTEXT}


def parse(text: bytes, *, name: str) -> Change:
    """The change that a unified diff describes. Its trees are empty: nothing but the hunks is known.

    Args:
        name: what to call it in a report.

    Raises:
        PatchError: it is no unified diff, a combined diff, or has no hunk and no file in it.
    """
    if re.search(rb"^@@@ ", text, re.MULTILINE):
        raise PatchError("this is a combined diff of a merge", where=name, todo="Make it with: git diff A B (two trees).")
    decoded = text.decode("utf-8", "surrogateescape")
    try:
        # newline="\n": no other character ends a line of a diff.
        patch = PatchSet(io.StringIO(decoded, newline="\n"))
    except UnidiffParseError as error:
        todo = "Make it with: git diff --no-color > FILE. Paths that contain ' b/' cannot be read from patch text."
        raise PatchError(f"cannot read the patch: {error}", where=name, todo=todo) from error
    files = tuple(_file(patched) for patched in patch)
    if not files:
        raise PatchError("there is no change in this text", where=name, todo="Make it with: git diff --no-color > FILE")
    return Change(f"patch {name}", "", "", files)


def unquoted(path: str) -> bytes:
    """A path as git means it: C-style quotes undone (see core.quotePath in git-config(1)), the a/ or b/ in front removed."""
    raw = path.encode("utf-8", "surrogateescape").removesuffix(b"\t")
    if len(raw) > 1 and raw.startswith(b'"') and raw.endswith(b'"'):
        raw = _ESCAPE.sub(_byte, raw[1:-1])
    return raw[2:] if raw.startswith((b"a/", b"b/")) else raw


def _byte(match: re.Match[bytes]) -> bytes:
    name = match[1]
    return bytes([_NAMED[name] if name in _NAMED else int(name, 8) & 0xFF])


def _file(patched: PatchedFile) -> FileChange:
    old, new = unquoted(patched.source_file), unquoted(patched.target_file)
    status = _status(patched)
    path = old if status is Status.DELETED else new
    language = language_of(path, _first_line(patched))
    binary = bool(patched.is_binary_file)
    hunks = () if binary else tuple(_hunk(path, language, hunk) for hunk in patched)
    return FileChange(
        path=path,
        status=status,
        old_path=old if status is Status.RENAMED else path,
        old_mode=0 if status is Status.ADDED else 0o100644,
        new_mode=0 if status is Status.DELETED else 0o100644,
        old_oid="",
        new_oid="",
        language=language,
        hunks=hunks,
        opaque="binary" if binary else "",
    )


def _status(patched: PatchedFile) -> Status:
    if patched.is_added_file:
        return Status.ADDED
    if patched.is_removed_file:
        return Status.DELETED
    return Status.RENAMED if patched.is_rename else Status.MODIFIED


def _first_line(patched: PatchedFile) -> bytes:
    for hunk in patched[:1]:
        if hunk.target_start == 1:
            return next((_content(line.value) for line in hunk if line.line_type in "+ "), b"")
    return b""


def _hunk(path: bytes, language: str, hunk: UnidiffHunk) -> Hunk:
    lines = tuple(
        Line(_KINDS[line.line_type], _content(line.value), line.source_line_no or 0, line.target_line_no or 0)
        for line in hunk
        if line.line_type in _KINDS
    )
    return Hunk(
        path, language, hunk.source_start, hunk.source_length, hunk.target_start, hunk.target_length,
        str(hunk.section_header).strip(), lines,
    )  # fmt: skip


def _content(value: str) -> bytes:
    return value.removesuffix("\n").encode("utf-8", "surrogateescape")
