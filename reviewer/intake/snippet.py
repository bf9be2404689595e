"""From code that somebody hands in without a repository to a Change: a new file, all of whose lines are added."""

from __future__ import annotations

from reviewer.errors import UsageError
from reviewer.intake.languages import ending_for, language_of, named, names
from reviewer.records import Change, FileChange, Hunk, Line, LineKind, Status

_NAME = "snippet"
"""Of the file, without its ending."""


def parse(text: bytes, language: str = "") -> Change:
    """The change that adds the code. Its trees are empty: there is no repository.

    Args:
        language: its name, or an ending such as "py"; if empty, a shebang line has to tell it.

    Raises:
        UsageError: there is no code, or its language is not known.
    """
    if not text.strip():
        raise UsageError("there is no code in the text", where="--text", todo="Give code, or - and code on standard input.")
    known = _language(text, language)
    path = (_NAME + ending_for(known)).encode()
    lines = text.removesuffix(b"\n").split(b"\n")
    added = tuple(Line(LineKind.ADDED, line, 0, number) for number, line in enumerate(lines, start=1))
    hunk = Hunk(path, known, 0, 0, 1, len(lines), "", added)
    file = FileChange(path, Status.ADDED, path, 0, 0o100644, "", "", known, (hunk,))
    return Change("the given code", "", "", (file,))


def _language(text: bytes, language: str) -> str:
    known = named(language) if language else language_of(_NAME.encode(), text.partition(b"\n")[0])
    if known:
        return known
    what = f"there is no language {language!r}" if language else "nothing tells the language of the code"
    raise UsageError(what, where="--language", todo="Choose one of: " + ", ".join(names()) + ".")
