"""Writes the likeliest text that a grammar admits, token by token.

What the grammar leaves no choice about is read instead of written: a token read costs a fraction of one written. Where such a
text ends in the middle of what the model would have written as one token (`[` where `[]` is a token), that choice would be
taken from it; so the last token before a choice is chosen together with what follows it, if there is a token for both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewer.backends._automaton import Items, State, begin
from reviewer.backends.interface import Written
from reviewer.errors import BackendError

_LOOKED_AT = (64, 4096)
"""How many of the likeliest tokens are looked at before all of them are."""


class Vocabulary:
    """What each token stands for."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries = entries
        self._ordered = sorted(set(entries))

    def extends(self, beginning: bytes, state: State) -> bool:
        """Whether the state admits a token that is longer than the beginning and starts with it."""
        for place in range(bisect_left(self._ordered, beginning), len(self._ordered)):
            entry = self._ordered[place]
            if not entry.startswith(beginning):
                return False
            if len(entry) > len(beginning) and state.after(entry) is not None:
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Forced:
    """What must follow in a text."""

    state: State
    """After it."""
    text: bytes
    tokens: tuple[int, ...]
    held: bytes
    """What must follow that, and was left to the next choice."""


class Writer:
    """Writes one text.

    Args:
        vocabulary: of the model.
        encode: tokens of a text.
        read: makes the model read tokens.
        best: that many of the tokens that the model would write next, the likeliest first.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        encode: Callable[[str], Sequence[int]],
        read: Callable[[tuple[int, ...]], None],
        best: Callable[[int], Sequence[int]],
    ) -> None:
        self._vocabulary = vocabulary
        self._encode = encode
        self._read = read
        self._best = best
        self._text = bytearray()
        self._tokens = 0

    def write(self, grammar: Items, most: int) -> Written:
        """At most so many tokens of the likeliest text.

        Raises:
            BackendError: the vocabulary has no token for something that the grammar asks for.
        """
        state = begin(grammar)
        chosen: tuple[int, ...] = ()
        while True:
            forced = self._forced(state)
            if self._tokens + len(forced.tokens) + (not forced.state.done) > most:
                return self._written(finished=False)
            self._text += forced.text
            self._tokens += len(forced.tokens)
            if forced.state.done:
                return self._written(finished=True)
            if chosen or forced.tokens:
                self._read((*chosen, *forced.tokens))
            token, state = self._chosen(forced)
            self._text += self._vocabulary.entries[token]
            self._tokens += 1
            chosen = (token,)

    def _forced(self, state: State) -> _Forced:
        """What must follow, but for its end, if the next choice may hold that too."""
        text = state.forced()
        after = state.after(text)
        assert after is not None
        whole = _characters(text)
        tokens = tuple(self._encode(whole.decode())) if whole else ()
        if after.done:
            return _Forced(after, text, tokens, b"")
        last = self._vocabulary.entries[tokens[-1]] if tokens else b""
        shorter = whole[: -len(last)] if last and whole.endswith(last) else whole
        reached = state.after(shorter)
        assert reached is not None
        if shorter != whole and self._vocabulary.extends(last, reached):
            return _Forced(reached, shorter, tokens[:-1], last)
        reached = state.after(whole)
        assert reached is not None
        return _Forced(reached, whole, tokens, b"")

    def _chosen(self, forced: _Forced) -> tuple[int, State]:
        """The likeliest token that the state admits and that holds at least what was held back."""
        entries = self._vocabulary.entries
        seen = 0
        for count in (*_LOOKED_AT, len(entries)):
            for token in self._best(min(count, len(entries)))[seen:]:
                entry = entries[token]
                following = forced.state.after(entry) if len(entry) >= max(1, len(forced.held)) else None
                if following is not None:
                    return token, following
            seen = count
        raise BackendError("the model has no token for what the grammar asks for")

    def _written(self, *, finished: bool) -> Written:
        return Written(bytes(self._text).decode("utf-8", "ignore"), self._tokens, finished)


def _characters(data: bytes) -> bytes:
    """The bytes up to where they are no whole characters: a choice may lie within one."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[: error.start]
    return data
