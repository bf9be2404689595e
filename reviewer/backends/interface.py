"""What every inference runtime offers. One file per runtime, found by its name; it is only ever loaded in a worker process.

A backend may crash the process, hang or leak: that is the worker's problem (reviewer.engine), not the gate's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What a backend loads."""

    name: str
    weights: Path
    """The GGUF file, whose digest was checked."""
    converted: Path
    """Folder where the backend may keep a converted form of the weights."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How it runs."""

    device: str = "CPU"
    threads: int = 0
    """0 leaves it to the runtime."""
    context: int = 4096
    """Tokens."""


class Backend(Protocol):
    """The module's contract: `open_backend(files, settings) -> Backend`. Everything is deterministic: no sampling, fixed seed."""

    def count(self, text: str) -> int:
        """Number of tokens of a text; special tokens in it are plain text."""

    def choose(self, system: str, user: str, options: Sequence[str]) -> Sequence[float]:
        """Log-probabilities, normalised over the options, that the answer to the conversation is each of them.

        Args:
            system, user: plain text; the backend puts the model's chat format around it; special tokens in it stay text.
            options: at least two.

        Raises:
            BackendError: the runtime failed, or the text is longer than the context.
        """

    def close(self) -> None:
        """Give memory back."""
