"""A hunk's words as numbers of buckets: no word is stored anywhere, so the model file quotes no one's code.

Feature hashing as in Weinberger et al., "Feature hashing for large scale multitask learning" (ICML 2009), without the sign: two
words that share a bucket are one word.
"""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

from reviewer.classify.hunk_numbers import Read

BUCKETS = 1 << 13

_PART = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])")
_MOST = 400
"""Words of a hunk that count, in their order: more say nothing new of it, and a hostile hunk must not take seconds."""


def words(read: Read) -> list[int]:
    """The buckets of the words of a hunk, each once, sorted.

    A word that is only added, only removed, or both, that stands in a comment or in the path, is another word each time.
    """
    plus, minus = _parts(read.added.tokens), _parts(read.removed.tokens)
    found = {_bucket("+" + word) for word in plus if word not in minus}
    found.update(_bucket("-" + word) for word in minus if word not in plus)
    found.update(_bucket("=" + word) for word in plus if word in minus)
    found.update(_bucket("#" + word) for text in read.added.prose[:60] for word in _split(text[:200]))
    found.update(_bucket("/" + word) for word in _split(read.path[-200:]))
    found.update(_bucket("@" + token) for token in list(read.added.tokens)[:_MOST] if not token[0].isalnum())
    return sorted(found)


def _parts(tokens: dict[str, int]) -> dict[str, None]:
    found: dict[str, None] = {}
    for token in tokens:
        if len(found) >= _MOST:
            break
        if len(token) > 1 and token[0] > "9":
            found.update(dict.fromkeys(_split(token)))
    return found


@lru_cache(maxsize=20_000)
def _split(token: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in _PART.findall(token[:200]))


@lru_cache(maxsize=50_000)
def _bucket(word: str) -> int:
    return crc32(word.encode()) % BUCKETS
