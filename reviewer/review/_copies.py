"""Copies of staged files that ast-grep reads whole."""

from __future__ import annotations

from pathlib import Path

from reviewer.review.interface import PrivateFile
from reviewer.rulebook import DIALECTS

_MARK, _NEUTRAL = b"ast-grep-ignore", b"ast-grep_ignore"
"""The comment by which code could silence ast-grep, and what we scan in its place: of the same length."""


def scannable(file: PrivateFile, folder: Path, number: int) -> Path:
    """A copy whose ending tells the language, which is UTF-8, and in which nothing silences a rule.

    Args:
        folder: of our own, for a copy that has to be made.
        number: the name of such a copy.

    Raises:
        OSError: it cannot be written.
    """
    endings = DIALECTS[file.language].endings
    content = file.content.replace(_MARK, _NEUTRAL)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        content = as_utf8(content).replace(_MARK, _NEUTRAL)
    if content == file.content and file.copy.suffix in endings:
        return file.copy.absolute()
    copy = folder / f"{number}{endings[0]}"
    copy.write_bytes(content)
    return copy


def as_utf8(content: bytes) -> bytes:
    """Bytes that are not UTF-8 become underscores, one each: ast-grep passes over such files without a word."""
    text = content.decode("utf-8", "surrogateescape")
    return "".join("_" if "\udc80" <= char <= "\udcff" else char for char in text).encode()
