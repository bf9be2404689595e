"""The program's own output streams. Nothing else writes to them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from reviewer.errors import StorageError
from reviewer.report.interface import View


def say(text: str) -> None:
    """Write to standard output; a character the terminal cannot show becomes an escape."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """Write to standard error."""
    _write(sys.stderr, text)


def save(path: Path, text: str) -> None:
    """Write a report file whole or not at all. A symbolic link is followed; a pipe or a device is written to, not replaced.

    Raises:
        StorageError: it cannot be written; an older file of that name is untouched.
    """
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageError(f"cannot write {path}: {error.strerror}", todo="Free some space or choose another file.") from error


def view(*, quiet: bool = False, stream: TextIO | None = None) -> View:
    """How the person at `stream` (standard output) wants to see things. See https://no-color.org for NO_COLOR."""
    target = stream or sys.stdout
    terminal = target.isatty()
    forced = bool(os.environ.get("FORCE_COLOR"))
    color = (terminal or forced) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    columns = os.get_terminal_size(target.fileno()).columns if terminal else 100
    return View(color=color, width=max(40, min(columns, 140)), quiet=quiet)


def _write(stream: TextIO, text: str) -> None:
    if not text:
        return
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
