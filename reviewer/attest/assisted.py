"""The lines of a commit message that say how much of the commit a model wrote.

    Assisted-by: <model> [<first 12 digits of its digest>] generated=<lines>/<of>

One for each model. `lines` of the `of` added lines that say something came out of `hunkgate generate`; what counts as a line and
how it is known again is in reviewer/provenance. They are for people and for git; what is signed stands below the signature,
with the files (`reviewer.attest.generated`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from reviewer.attest import message, trailer
from reviewer.attest.generated import COUNT, DIGEST, MODEL, Assisted, digest_of
from reviewer.commit_call import CommitCall
from reviewer.errors import StorageError
from reviewer.git import Git

__all__ = ["KEY", "Assisted", "collected", "digest_of", "found", "marked"]

KEY = "Assisted-by"

_LINE = re.compile(rf"{KEY}: (?P<model>{MODEL})(?: (?P<digest>{DIGEST}))? generated=(?P<lines>{COUNT})/(?P<of>{COUNT})")

_INDENT = b"    "
"""`git merge --squash` puts this before every line of the messages it collects."""

_COLLECTED = re.compile(rb"^commit (?:[0-9a-f]{40}|[0-9a-f]{64})$", re.MULTILINE)


def found(text: bytes) -> tuple[Assisted, ...]:
    """Those of a message, in its order. Lines of the messages that `git merge --squash` collects are indented, and not meant."""
    return tuple(_read(text))


def collected(text: bytes) -> tuple[Assisted, ...]:
    """Those of the messages that `git merge --squash` has collected, each with its files if they stand below its signature."""
    # Somebody else's indented text may be an example: git's stands below the line that names the commit.
    start = _COLLECTED.search(text)
    lines = text[start.end() :].split(b"\n") if start else []
    inner = b"\n".join(line.removeprefix(_INDENT) for line in lines if line.startswith(_INDENT))
    parts = {one.line: one.parts for item in trailer.found(inner) for one in trailer.shares_of(item)}
    return tuple(Assisted(one.model, one.digest, one.lines, one.of, parts.get(one.line, ())) for one in _read(inner))


def marked(
    git: Git, file: Path, call: CommitCall | None, marks: Sequence[Assisted], known: Collection[tuple[str, str]]
) -> tuple[Assisted, ...]:
    """Write these lines into a commit message, in place of those that it has of models about which we know; what it says then.

    A message that git is going to throw away is left alone: a trailer would make a real one of it.

    Args:
        marks: of the commit that is being made.
        known: models whose records are at hand. What the message says of others, of an amended commit, stays.

    Raises:
        GitError, StorageError: the message is as it was.
    """
    original = _bytes(file)
    kept = _without(original, known)
    if message.is_abandoned(git, _without(trailer.stripped(kept), None), call):
        return _with_parts(found(original), marks)
    there = {one.line for one in found(kept)}
    lines = [one.line for one in marks if one.line not in there]
    prefix = message.comment_prefix(git, kept)
    made = message.with_trailers(git, kept, lines) if lines and not lines[0].encode().startswith(prefix) else kept
    if made != original and not _same(found(made), found(original)):
        message.write(file, made)
        return _with_parts(found(made), marks)
    return _with_parts(found(original), marks)


def _with_parts(said: Sequence[Assisted], marks: Sequence[Assisted]) -> tuple[Assisted, ...]:
    """What a message says, with the files where we know them."""
    known = {one.line: one for one in marks}
    return tuple(known.get(one.line, one) for one in said)


def _same(some: Sequence[Assisted], others: Sequence[Assisted]) -> bool:
    return sorted(one.line for one in some) == sorted(one.line for one in others)


def _read(text: bytes) -> Iterator[Assisted]:
    for line in text.decode("utf-8", "surrogateescape").split("\n"):
        match = _LINE.fullmatch(line)
        if match and int(match["lines"]) <= int(match["of"]):
            yield Assisted(match["model"], match["digest"] or "", int(match["lines"]), int(match["of"]))


def _without(text: bytes, models: Collection[tuple[str, str]] | None) -> bytes:
    """The message without the lines about these models, or about any."""
    lines = text.split(b"\n")
    own = {one.line.encode() for one in found(text) if models is None or one.by in models}
    return b"\n".join(line for line in lines if line not in own) if own else text


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read the commit message: {error.strerror}", where=str(file)) from error
