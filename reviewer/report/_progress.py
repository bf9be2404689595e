"""One line on a person's terminal that says what is being done, and is gone when the report comes."""

from __future__ import annotations

import os
import sys

_CLEAR = "\r\x1b[K"
"""Carriage return, erase to the end of the line (ECMA-48, EL)."""


class StatusLine:
    """Progress for a terminal, for the time of a `with` block. In a pipe, a log or a dumb terminal it says nothing."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> StatusLine:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def step(self, text: str) -> None:
        """Show `text` in place of what was shown before."""
        self._write(f"hunkgate: {text}")

    def _write(self, text: str) -> None:
        if self._on:
            sys.stderr.write(_CLEAR + text)
            sys.stderr.flush()
