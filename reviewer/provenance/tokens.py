"""What stays of code when a formatter has been over it: words and operators, in overlapping runs that are hashed.

A formatter moves white space, breaks and joins lines, and adds or removes brackets, commas, semicolons and the kind of quotes; so
none of these counts. What is left is cut into shingles of `SHINGLE` tokens (A. Broder, "On the resemblance and containment of
documents", 1997).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

SHINGLE = 5
"""Tokens. Measured, see docs/provenance.md."""

SIZE = 6
"""Bytes of a shingle's hash: among 10,000 known ones and a million others, one in 28,000 changes has a chance hit."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_STRING_PREFIX = re.compile(r"(?<!\w)[rRbBuUfF]{1,2}(?=[\"'])")
_FORMAT = frozenset("()[]{},;\"'`\\")

_IMPORT = re.compile(
    r"\s*(?:import\b|from\s+\S+\s+import\b|#\s*include\b|using\s+[\w.]+\s*;|use\s+[\w:\\{}, ]+;|package\s+[\w.]+"
    r"|require(?:_relative|_once)?\b|(?:const|let|var)\s+[\w{}, ]+=\s*require\b|extern\s+crate\b)"
)

_COMMON = frozenset(
    re.findall(
        r"\w+",
        "__init__ __main__ __name__ abstract and args as assert async await begin bool break case catch class cls const "
        "continue def default defer del do done elif else elsif end ensure enum err esac except exit export extends false False "
        "fi final finally fn for from fun func function global go if implements in int interface is kwargs lambda let loop main "
        "match module mut namespace new next nil none None nonlocal not null object of or override package pass private "
        "protected public pub raise rescue return self static str string struct super switch then this throw throws trait true "
        "True try type typeof undefined unless until use using var virtual void when where while with yield",
    )
)
"""Words of the languages themselves, and the few names that everybody uses: a line of nothing else could be anybody's."""


def tokens(line: str) -> list[str]:
    """The words and operators of a line that formatters leave alone."""
    found = _TOKEN.findall(_STRING_PREFIX.sub("", line))
    # Python's formatters write numbers in one case; words keep theirs.
    return [token.lower() if token[0].isdigit() else token for token in found if token not in _FORMAT]


def says_something(line: str) -> bool:
    """Whether a line is more than anybody would write: no import, at least three tokens, and a name or number of its own."""
    if _IMPORT.match(line):
        return False
    found = tokens(line)
    return len(found) >= 3 and any((token[0].isalnum() or token[0] == "_") and token not in _COMMON for token in found)


def shingles(found: Sequence[str]) -> Iterator[bytes]:
    """The hash of each run of `SHINGLE` tokens, in order; none if there are fewer tokens."""
    for start in range(len(found) - SHINGLE + 1):
        text = "\0".join(found[start : start + SHINGLE])
        yield hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=SIZE).digest()
