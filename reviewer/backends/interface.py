"""What every inference runtime offers. One file per runtime, found by its name; it is only ever loaded in a worker process.

A backend may crash the process, hang or leak: that is the worker's problem (reviewer.engine), not the gate's. The worker
may be another Python interpreter: a backend imports the standard library, this package's pure modules, and its runtime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """The model's chat format. Special tokens count in these four pieces only, never in what stands between them."""

    before: str
    """Stands before the system text."""
    between: str
    """Stands between the system text and the user's text."""
    after: str
    """Stands after the user's text; the answer follows."""
    end: str
    """The special token that ends an answer."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What a backend loads."""

    name: str
    weights: Path
    """The GGUF file, whose digest was checked."""
    sha256: str
    """That digest, hex."""
    converted: Path
    """Folder where the backend may keep a converted form of the weights; it need not exist."""
    chat: ChatFormat


@dataclass(frozen=True, slots=True)
class Settings:
    """How it runs."""

    device: str = "CPU"
    threads: int = 0
    """0 leaves it to the runtime."""
    context: int = 4096
    """Tokens."""


class Backend(Protocol):
    """A loaded model. Everything is deterministic: no sampling, fixed seed, no dependence on earlier questions."""

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        """Number of tokens of each text; special tokens in it are plain text."""

    def choose(self, system: str, material: str, question: str, options: Sequence[str]) -> Sequence[float]:
        """Log-probabilities, normalised over the options, that the answer to the conversation is each of them.

        Args:
            system: the instructions. The same text again is cheap.
            material: what the questions are about. A further question about the same material is cheap.
            question: follows the material in the user's message.
            options: at least two, all different, none empty.

        Special tokens in all of these are plain text.

        Raises:
            BackendError: the runtime failed, or the text is longer than the context.
        """

    def close(self) -> None:
        """Give memory back."""


class BackendModule(Protocol):
    """The module's contract."""

    def prepare(self, files: ModelFiles, settings: Settings) -> None:
        """Make the converted form if the backend needs one and it is not there; slow, done once, whole or not at all.

        Raises:
            BackendError
        """

    def open_backend(self, files: ModelFiles, settings: Settings) -> Backend:
        """Load the model.

        Raises:
            BackendError: the runtime is missing or refuses the file, or `prepare` has to be run first.
        """
