"""The repository's own rules, as bytes out of the tree that a change is based on: no change brings or removes its own judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from reviewer.errors import GitError, RuleError
from reviewer.git import Git
from reviewer.records import Change, printable
from reviewer.rulebook.local import FOLDER, MOST_FILES, LocalRules, decoded, entry_error, is_rule, too_many

_LISTING_BYTES = 4 * 1024 * 1024
"""Of the listing as much is read; the names of 500 rules take a hundredth of it."""

_SHOWN = 3
"""Paths that a note names."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of the tree."""

    path: str
    mode: int
    oid: str
    size: int
    """Bytes; 0 for a submodule."""


def read(git: Git, tree: str, change: Change) -> LocalRules:
    """The rules in a tree, and which of them the change edits.

    Args:
        tree: oid of the tree that the change is based on.

    Raises:
        GitError: git cannot read the tree, or the content of a rule is not in this clone.
    """
    edited = frozenset(_edited(change))
    with git.reading("ls-tree", "-r", "-l", "-z", "--full-tree", tree, "--", FOLDER) as stream:
        entries, whole = _entries(stream)
    error = too_many(len(entries) if whole else MOST_FILES + 1, sum(entry.size for entry in entries))
    if error:
        return LocalRules(refused={FOLDER: error}, edited=edited)
    refused = {entry.path: error for entry in entries if (error := entry_error(entry.path, entry.mode, entry.size))}
    contents = _contents(git, [entry for entry in entries if entry.path not in refused])
    texts = {path: decoded(path, content) for path, content in contents.items()}
    refused |= {path: text for path, text in texts.items() if isinstance(text, RuleError)}
    return LocalRules({path: text for path, text in texts.items() if isinstance(text, str)}, refused, edited)


def note(local: LocalRules) -> tuple[str, ...]:
    """What to say about a change to the rules; empty if there is none."""
    if not local.edited:
        return ()
    paths = sorted(local.edited)
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    shown = ", ".join(paths[:_SHOWN]) + more
    return (f"this change edits rules of the repository ({shown}): it is judged by the rules from before it",)


def _edited(change: Change) -> Iterator[str]:
    for file in change.files:
        for path in {file.path, file.old_path}:
            name = printable(path)
            if is_rule(name) or name == FOLDER:
                yield name


def _entries(stream: IO[bytes]) -> tuple[list[_Entry], bool]:
    """The rule files of `git ls-tree -r -l -z`, and whether these are all of them.

    Format: mode, type, oid and size (padded, "-" for a submodule) between blanks, a tab, the path, NUL.
    """
    listing = stream.read(_LISTING_BYTES)
    *rows, rest = listing.split(b"\0")
    entries = []
    for row in rows:
        facts, _, path = row.partition(b"\t")
        mode, _, oid, size = facts.decode("ascii").split()
        if is_rule(path) or printable(path) == FOLDER:
            entries.append(_Entry(printable(path), int(mode, 8), oid, _size(size, printable(path))))
    return entries, not rest and len(listing) < _LISTING_BYTES


def _size(text: str, path: str) -> int:
    if text.isdigit():
        return int(text)
    if text == "-":
        return 0
    # Git writes "BAD" for an object that is not there.
    raise _missing(path)


def _contents(git: Git, entries: Iterable[_Entry]) -> dict[str, bytes]:
    """Contents by path. Format of each answer: `<oid> blob <size>` LF, content, LF; see git-cat-file(1), "Batch output"."""
    wanted = list(entries)
    if not wanted:
        return {}
    answer = git.run("cat-file", "--batch", "--buffer", stdin="".join(f"{entry.oid}\n" for entry in wanted).encode())
    contents, at = {}, 0
    for entry in wanted:
        end = answer.index(b"\n", at)
        if not answer.startswith(f"{entry.oid} blob {entry.size}\n".encode(), at):
            raise _missing(entry.path)
        contents[entry.path] = answer[end + 1 : end + 1 + entry.size]
        at = end + entry.size + 2
    return contents


def _missing(path: str) -> GitError:
    return GitError(
        "the content of a rule of the repository is not in this clone, and the gate does not use the network",
        where=path,
        todo="Fetch it with git first, for example: git fetch --refetch",
    )
