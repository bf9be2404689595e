"""A runtime without weights: its tokens are bytes and a few words, its logits a hash of the cache and of how it was read.

So an answer changes if anything is read twice, left out, or cut in another way than the last time.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from reviewer.backends._runtime import Tokens
from reviewer.backends.interface import ChatFormat, ModelFiles

WORDS = ["<s>", "<u>", "<a>", "<e>", ' "', '["', "[]", " []", '"}', '": ', "reject", "approve", "ap", "日", "pple"]
SPECIAL = WORDS[:4]
FILES = ModelFiles("toy", Path("/none"), "ab" * 32, Path("/none"), ChatFormat("<s>", "<u>", "<a>", "<e>"))


class ToyRuntime:
    """Implements `reviewer.backends._runtime.Runtime`.

    Args:
        taste: prefers some token over another: (cache, text of a token) -> what is added to its logit.
        slow: seconds that each reading takes.
    """

    piece = 8
    pace = 0.0

    def __init__(
        self, taste: Callable[[bytes, bytes], float] = lambda cache, entry: 0.0, *, context: int = 400, slow: float = 0.0
    ) -> None:
        self.context = context
        self._entries = [bytes((byte,)) for byte in range(256)] + [word.encode() for word in WORDS]
        self._taste = taste
        self.slow = slow
        self._cache: list[tuple[int, ...]] = []
        self._rows: list[list[tuple[int, ...]]] = []
        self.read_tokens = 0
        self.closed = False

    def encode(self, text: str) -> list[int]:
        data, tokens = text.encode(), []
        while data:
            longest = max((entry for entry in self._entries if data.startswith(entry)), key=len)
            tokens.append(self._entries.index(longest))
            data = data[len(longest) :]
        return tokens

    def special(self) -> dict[str, int]:
        return {text: self._entries.index(text.encode()) for text in SPECIAL}

    def vocabulary(self) -> list[bytes]:
        return [b"" if entry.decode("latin-1") in SPECIAL else entry for entry in self._entries]

    def read(self, rows: Sequence[Tokens], start: int, *, every: bool = False) -> None:
        assert rows
        assert all(rows)
        assert sum(map(len, rows)) <= max(self.piece, max(map(len, rows)) * len(rows))
        time.sleep(self.slow)
        self.read_tokens += sum(map(len, rows))
        held = sum(map(len, self._cache))
        assert start <= held
        while held > start:
            last = self._cache.pop()
            held -= len(last)
            assert held >= start or every, "a reading was cut"
        self._rows = [[*self._cache, tuple(row)] for row in rows]
        if len(rows) == 1:
            self._cache = self._rows[0]

    def logits(self, wanted: Sequence[int]) -> list[float]:
        values = self._logits(self._rows[0])
        return [values[token] for token in wanted]

    def best(self, count: int) -> list[int]:
        scored = self.logits(range(len(self._entries)))
        return sorted(range(len(self._entries)), key=lambda token: (-scored[token], token))[:count]

    def log_probabilities(self, targets: Sequence[Tokens]) -> list[list[float]]:
        return [
            [self._log_probability(row, place, token) for place, token in enumerate(wanted)]
            for row, wanted in zip(self._rows, targets, strict=True)
        ]

    def state_sum(self) -> list[float]:
        return [float(len(self._rows[0][-1])), float(sum(self._rows[0][-1])), 1.0]

    def keep(self) -> list[tuple[int, ...]]:
        return list(self._cache)

    def resume(self, kept: list[tuple[int, ...]]) -> None:
        self._cache = list(kept)

    def close(self) -> None:
        self.closed = True

    def _log_probability(self, row: list[tuple[int, ...]], place: int, token: int) -> float:
        # Of a longer row only the tokens up to the place count; where it was cut, does not: rows are cut alike.
        values = self._logits([*row[:-1], row[-1][: place + 1]])
        return values[token] - math.log(sum(map(math.exp, values)))

    def _logits(self, cache: list[tuple[int, ...]]) -> list[float]:
        noise = hashlib.shake_128(repr(cache).encode()).digest(2 * len(self._entries))
        text = b"".join(self._entries[one] for piece in cache for one in piece)
        values = []
        for token, entry in enumerate(self._entries):
            values.append(int.from_bytes(noise[2 * token : 2 * token + 2], "big") / 2**16 + self._taste(text, entry))
        return values
