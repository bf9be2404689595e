"""What every inference runtime offers. One file per runtime, found by its name; it is only ever loaded in a worker process.

A backend may crash the process, hang or leak: that is the worker's problem (reviewer.engine), not the gate's. The worker
may be another Python interpreter: a backend imports the standard library, this package's pure modules, and its runtime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from reviewer.backends._time import Ceiling
from reviewer.records import Endpoint


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
    endpoint: Endpoint | None = None
    """The server that has the model, instead of files."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How it runs."""

    device: str = "CPU"
    threads: int = 0
    """0 leaves it to the runtime."""
    context: int = 4096
    """Tokens."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text to read."""

    text: str
    special: bool = False
    """Whether special tokens in it count as such. Only ever for text of ours, never for what comes from a repository."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote."""

    text: str
    """JSON that the schema admits if `finished`; else the beginning of such a text."""
    tokens: int
    """Tokens of the text, those that the schema left no choice about included."""
    finished: bool
    """False if `max_tokens` ended it."""


class Backend(Protocol):
    """A loaded model. Everything is deterministic: no sampling, no dependence on earlier questions.

    `ceiling` ends one call: when its time is over with OutOfTimeError, when nobody wants the answer any more with
    AbandonedError. It is looked at between pieces of at most 256 tokens read and between tokens written, and the model can be
    asked again afterwards.

    Texts are plain, special tokens in them too, unless a piece says otherwise. Every call but `close` and `count` raises
    BackendError if the runtime failed, cannot do this at all, or a text is longer than the context.
    """

    def digest(self) -> str:
        """What tells this model from every other: the sha256 (hex) of its file, or what its server says of it; may be empty.

        Raises:
            BackendError: the server cannot be asked.
        """

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        """Number of tokens of each text; about, where a server does not count.

        Raises:
            BackendError: the runtime failed.
        """

    def choose(self, system: str, material: str, question: str, options: Sequence[str], ceiling: Ceiling) -> Sequence[float]:
        """Log-probabilities, normalised over the options, that the answer to the conversation is each of them.

        Args:
            system: the instructions. The same text again is cheap.
            material: what the questions are about. A further question about the same material is cheap.
            question: follows the material in the user's message.
            options: at least two, all different, none empty.
        """

    def score(self, prefix: Sequence[Piece], continuations: Sequence[str], ceiling: Ceiling) -> Sequence[Sequence[float]]:
        """For each continuation the log-probability of each of its tokens after the prefix, which is read once.

        Args:
            prefix: at least one token.
            continuations: each by itself after the prefix; an empty one has no tokens.
        """

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, ceiling: Ceiling
    ) -> Written:
        """The likeliest answer, token by token, among those that the schema admits.

        Args:
            system, material, question: as for `choose`.
            schema: a JSON Schema of the subset that `_schema` explains.
            max_tokens: of the answer; at least 1.
        """

    def embed(self, texts: Sequence[str], ceiling: Ceiling) -> Sequence[Sequence[float]]:
        """The mean of each text's last hidden states, of Euclidean length 1. No text is empty."""

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
