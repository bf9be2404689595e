"""The hunks as they are told: each cut into what fits one question, without secrets if anything of it leaves this machine."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewer.records import Hunk
from reviewer.review._model_context import Library, Source, contexts
from reviewer.review._model_ledger import Part


@dataclass(slots=True)
class Parts:
    """The parts of the hunks of one review.

    Args:
        sources: their files.
        redacting: whether a model on another machine may be told of them.
    """

    sources: Library
    redacting: bool
    _known: dict[int, list[Part]] = field(default_factory=dict)

    def of(self, hunk: Hunk) -> list[Part]:
        """The parts of a hunk; none if it adds nothing but blank lines."""
        if id(hunk) not in self._known:
            told, source = self._told(hunk)
            self._known[id(hunk)] = [Part(hunk, context) for context in contexts(told, source)]
        return self._known[id(hunk)]

    def said(self, text: str) -> str:
        """Words of a rule or a model, as another model is told them."""
        if not self.redacting:
            return text
        from reviewer.review._model_redaction import words

        return words(text)

    def _told(self, hunk: Hunk) -> tuple[Hunk, Source | None]:
        source = self.sources.of(hunk.path)
        if not self.redacting:
            return hunk, source
        from reviewer.review._model_redaction import redacted

        return redacted(hunk, source)
