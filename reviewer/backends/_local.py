"""Answers questions with a runtime in this process: what all of them have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reviewer.backends._constrained import Vocabulary, Writer
from reviewer.backends._reading import Reading
from reviewer.backends._runtime import Runtime, Tokens
from reviewer.backends._schema import grammar
from reviewer.backends._scoring import answers, first_branches, score
from reviewer.backends._special import PlainText
from reviewer.backends._time import Ceiling
from reviewer.backends.interface import ModelFiles, Piece, Written
from reviewer.errors import BackendError

_SEGMENT = 64
"""Tokens that a segment of a prefix has at least: reading a short one by itself costs as much as writing a token."""


class LocalModel:
    """A model of a runtime. Implements `reviewer.backends.interface.Backend`."""

    def __init__(self, runtime: Runtime, files: ModelFiles) -> None:
        special = runtime.special()
        self._runtime = runtime
        self._chat = files.chat
        self._digest = files.sha256
        self._reading = Reading(runtime)
        self._plain = PlainText(special, runtime.encode)
        self._end = special.get(files.chat.end)
        self._vocabulary: Vocabulary | None = None

    def digest(self) -> str:
        return self._digest

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(self._plain.tokens(text)) for text in texts]

    def choose(self, system: str, material: str, question: str, options: Sequence[str], ceiling: Ceiling) -> list[float]:
        try:
            offered = answers(options, self._plain.tokens, self._end)
            shared, _ = first_branches(offered)
        except ValueError as error:
            raise BackendError(str(error)) from error
        before, about, asked = self._conversation(system, material, question)

        def logits(prefix: Tokens, wanted: Sequence[int]) -> Sequence[float]:
            self._reading.read((before, about, (*asked, *shared), prefix[len(shared) :]), ceiling)
            return self._runtime.logits(wanted)

        return score(offered, logits)

    def score(self, prefix: Sequence[Piece], continuations: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        tokens = [self._piece(piece) for piece in prefix]
        last = next((piece[-1] for piece in reversed(tokens) if piece), None)
        if last is None:
            raise BackendError("there is nothing before the continuations")
        rows = {number: (last, *self._plain.tokens(text)) for number, text in enumerate(continuations)}
        asked = [number for number in rows if len(rows[number]) > 1]
        if not asked:
            return [[] for _ in rows]
        # The last token of the prefix is read with each continuation, whose first token it foretells.
        self._reading.read(_without_last(_segments(tokens)), ceiling)
        scores = dict(zip(asked, self._reading.score([rows[number] for number in asked], ceiling), strict=True))
        return [scores.get(number, []) for number in rows]

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, ceiling: Ceiling
    ) -> Written:
        admitted = grammar(schema)
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._runtime.vocabulary())
        self._reading.read(self._conversation(system, material, question), ceiling)
        writer = Writer(
            self._vocabulary, self._plain.tokens, lambda tokens: self._reading.append(tokens, ceiling), self._runtime.best
        )
        return writer.write(admitted, max_tokens)

    def embed(self, texts: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        return [self._vector(text, ceiling) for text in texts]

    def close(self) -> None:
        self._runtime.close()

    def _conversation(self, system: str, material: str, question: str) -> tuple[Tokens, Tokens, Tokens]:
        chat, frame, plain = self._chat, self._runtime.encode, self._plain.tokens
        before = (*frame(chat.before), *plain(system), *frame(chat.between))
        return before, tuple(plain(material)), (*plain(question), *frame(chat.after))

    def _piece(self, piece: Piece) -> Tokens:
        return tuple(self._runtime.encode(piece.text) if piece.special else self._plain.tokens(piece.text))

    def _vector(self, text: str, ceiling: Ceiling) -> list[float]:
        tokens = tuple(self._plain.tokens(text))
        if not tokens:
            raise BackendError("an empty text has no vector")
        mean = self._reading.mean_state(tokens, ceiling)
        length = math.hypot(*mean)
        return [value / length for value in mean]


def _segments(pieces: Sequence[Tokens]) -> list[Tokens]:
    """Pieces joined until they are long enough to be read by themselves."""
    segments: list[Tokens] = [()]
    for piece in pieces:
        if len(segments[-1]) >= _SEGMENT:
            segments.append(())
        segments[-1] = (*segments[-1], *piece)
    return segments


def _without_last(segments: Sequence[Tokens]) -> list[Tokens]:
    kept = [segment for segment in segments if segment]
    return [*kept[:-1], kept[-1][:-1]]
