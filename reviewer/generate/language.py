"""In which language code is wanted: as it is said, as the file has it, as the request names it, or as most files here have it."""

from __future__ import annotations

import re
from collections import Counter

from reviewer.errors import UsageError
from reviewer.generate.places import Place
from reviewer.git import Git
from reviewer.intake.languages import language_of, named, names

_WRITTEN = frozenset(
    re.findall(
        r"\w+",
        "c clojure cpp csharp cython dart dockerfile elixir elm erlang fsharp go groovy haskell java javascript julia "
        "kotlin lua make nix objectivec ocaml perl php powershell python r ruby rust scala shell sql swift terraform "
        "tsx typescript vue zig",
    )
)
"""Languages that programs are written in, among those that we know."""

_ALSO_WORDS = frozenset(
    re.findall(
        r"\w+",
        "c elm go julia less make nix r sql swift text dart",
    )
)
"""Names that mean something else in a sentence: they count behind "in" alone."""

_SPOKEN = frozenset(("bash", "c#", "c++", "f#", "golang", "js", "ts"))
_WORD = re.compile(r"(\bin\s+)?(c\+\+|[cf]#|[a-z][a-z-]*)(?![\w+#])")

_MOST_FILES = 20_000
"""Of a repository, that are counted."""


def language_for(asked: str | None, place: Place | None, request: str, git: Git | None) -> tuple[str, str]:
    """The language, and in words what tells it.

    Args:
        asked: as a person gave it, None if nobody did.
        place: the file that the code goes into.

    Raises:
        UsageError: there is no such language.
    """
    if asked is not None:
        known = named(asked)
        if not known:
            raise UsageError(
                f"there is no language {asked!r}", where="--language", todo="Choose one of: " + ", ".join(names()) + "."
            )
        return known, "--language"
    if place is not None:
        if not place.language:
            raise UsageError("nothing tells the language of this file", where="--file", todo="Say it: --language python")
        return place.language, "the file"
    spoken = _in_request(request)
    if spoken:
        return spoken, "the request"
    common = _of_most_files(git) if git is not None else ""
    return (common, "most files here") if common else ("python", "nothing says another one")


def _in_request(request: str) -> str:
    for found in _WORD.finditer(request.lower()):
        word = found[2]
        known = named(word) if word in _WRITTEN or word in _SPOKEN else ""
        if known and (found[1] or word not in _ALSO_WORDS):
            return known
    return ""


def _of_most_files(git: Git) -> str:
    paths = git.run("ls-files", "-z").split(b"\0")[:_MOST_FILES]
    counted = Counter(language for path in paths if (language := language_of(path)) in _WRITTEN)
    return min(counted, key=lambda language: (-counted[language], language), default="")
