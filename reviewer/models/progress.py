"""Where long work on model files says how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a reader of progress offers."""

    def begin(self, text: str, total: int = 0) -> None:
        """A new stage begins; `total` is its length in bytes, 0 if it is not known."""

    def advance(self, done: int) -> None:
        """So many bytes of the stage are done in all."""

    def say(self, text: str) -> None:
        """Something the reader should know, such as a source that failed."""


class Silent:
    """Progress that nobody watches."""

    def begin(self, text: str, total: int = 0) -> None:
        """Show nothing."""

    def advance(self, done: int) -> None:
        """Show nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""


SILENT = Silent()
