"""Gives back the memory of a file that is mapped and no longer read much."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_DONTNEED = 4
"""MADV_DONTNEED of madvise(2): pages of a read-only file mapping are dropped, and read again from the file when touched."""


def forget_pages(file: Path) -> None:
    """Drop the pages of all read-only mappings of a file. Linux only; elsewhere, or if it fails, nothing happens."""
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            if name and name[0] == str(file.resolve()) and rights.startswith("r--"):
                start, end = (int(part, 16) for part in span.split("-"))
                library.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTNEED)
