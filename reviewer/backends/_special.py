"""Keeps text that looks like a special token from becoming one.

Tokenizers of the runtimes match special tokens in any text. A text is cut inside everything that looks like one, each
piece is tokenised by itself, and no piece holds a whole special token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence


class PlainText:
    """Tokenises text without special tokens.

    Args:
        special: the texts of all special tokens of the model.
        encode: the runtime's tokenizer, which does match special tokens.
    """

    def __init__(self, special: Iterable[str], encode: Callable[[str], Sequence[int]]) -> None:
        ordered = sorted({text for text in special if len(text) > 1}, key=len, reverse=True)
        # The look-ahead finds overlapping ones too.
        self._pattern = re.compile("(?=" + "|".join(map(re.escape, ordered)) + ")") if ordered else None
        self._encode = encode

    def pieces(self, text: str) -> list[str]:
        """The text in pieces that, each by itself, hold no whole special token."""
        cuts = [match.start() + 1 for match in self._pattern.finditer(text)] if self._pattern else []
        return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True) if start < end]

    def tokens(self, text: str) -> list[int]:
        """Token ids of the text. A lone surrogate, which no tokenizer takes, becomes a question mark."""
        clean = text.encode("utf-8", "replace").decode("utf-8")
        return [token for piece in self.pieces(clean) for token in self._encode(piece)]


def candidates(vocabulary: Iterable[bytes]) -> list[str]:
    """Entries of a vocabulary that may be special tokens by their form: `<...>` or `[...]` around something."""
    marks = (b"<>", b"[]")
    return [entry.decode("utf-8", "replace") for entry in vocabulary if len(entry) > 2 and entry[:1] + entry[-1:] in marks]
