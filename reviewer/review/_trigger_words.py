"""Which rules can match a file at all: every match of a rule holds words that `rules/words.yml` has for it.

Ast-grep compiles every pattern of every rule it is given, 0.5 ms a rule; most rules are about names that a change does not hold.
A rule that is not listed, or was edited after the list was made, is always used: a stale list costs time, never a finding.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from reviewer import rulebook

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

LIST = "words.yml"
"""Its lines: id, colon, CRC-32 of the rule file in hexadecimal, and sets of words in lower case; all between single blanks, a
bar before each set but the first. A match holds at least one word of every set."""

BAR = "|"

_PIECE, _LONGEST = 64 * 1024, 1024
"""Bytes that are searched at a time, since all that is found in them is kept in memory, and bytes of the longest word."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the list says of one rule."""

    checksum: int
    sets: tuple[frozenset[str], ...]


def _listed(folder: str) -> Iterator[tuple[str, _Listed]]:
    """The rules of one folder of `rules/`, with whose name their ids begin."""
    for line in (rulebook.folder() / LIST).read_text(encoding="utf-8").split("\n"):
        if line.startswith(f"{folder}-"):
            name, _, rest = line.partition(": ")
            made_of, _, words = rest.partition(" ")
            yield name, _Listed(int(made_of, 16), tuple(frozenset(part.split()) for part in words.split(f" {BAR} ")))


def checksum(content: bytes) -> int:
    """Of a rule file."""
    return zlib.crc32(content)


@dataclass(frozen=True, slots=True)
class Trigger:
    """The words of the rules for one language."""

    listed: Mapping[str, _Listed]
    """By id."""
    words: Sequence[str]
    automaton: BytesAhoCorasick | None
    """Finds the words, by their numbers; None if there are none."""

    @staticmethod
    @cache
    def of(language: str) -> Trigger:
        """For a language as in `Hunk.language`."""
        import ahocorasick_rs

        listed = {name: one for folder in rulebook.DIALECTS[language].folders for name, one in _listed(folder)}
        words = sorted({word for one in listed.values() for words in one.sets for word in words})
        # Building the other kinds of automaton takes longer than searching a change with this one.
        kind = ahocorasick_rs.Implementation.NoncontiguousNFA
        encoded = [word.encode() for word in words]
        return Trigger(listed, words, ahocorasick_rs.BytesAhoCorasick(encoded, implementation=kind) if encoded else None)

    def words_in(self, content: bytes) -> frozenset[str]:
        """The words that a text holds, in letters of any case."""
        if self.automaton is None:
            return frozenset()
        lowered = content.lower()
        numbers: set[int] = set()
        for start in range(0, len(lowered), _PIECE):
            piece = lowered[start : start + _PIECE + _LONGEST]
            numbers.update(number for number, _, _ in self.automaton.find_matches_as_indexes(piece, overlapping=True))
        return frozenset(self.words[number] for number in numbers)

    def can_match(self, name: str, content: bytes, known: frozenset[str]) -> bool:
        """Whether a shipped rule can match in a text.

        Args:
            name: the rule's id.
            content: of the rule's file.
            known: the words in the text.
        """
        one = self.listed.get(name)
        if one is None or one.checksum != checksum(content):
            return True
        return not any(words.isdisjoint(known) for words in one.sets)
