"""What commit-msg attested, until the commit is there: hooks/shim.sh compares it with the commit, and `confirm` completes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reviewer.attest import _files, alive
from reviewer.git import Git

KEPT = 16
"""Kept for each work tree: those of commits that git could not make after all."""

_PLAIN, _NOTE = ".json", ".note.json"
"""Endings of their names. The second ones have a line to be noted, so the shell must not use them up."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One attestation on its way."""

    tree: str
    base: str
    line: bytes
    """What has to be noted about the tree; empty if nothing has."""


def save(git: Git, name: str, waiting: Waiting) -> None:
    """Keep it for the hooks that run when the commit is there.

    Args:
        name: `Occasion.attempt`.

    Raises:
        StorageError: it cannot be written.
    """
    forget(git, name)
    # The shell knows the file by its first members, in this order.
    content = {"tree": waiting.tree, "base": waiting.base, "line": waiting.line.decode("utf-8")}
    _files.save(_folder(git) / (name + (_NOTE if waiting.line else _PLAIN)), content, keep=KEPT)


def take(git: Git, name: str) -> Waiting | None:
    """What `save` kept for this commit, None if nothing was attested. It is used up."""
    folder = _folder(git)
    found = [waiting for ending in (_PLAIN, _NOTE) if (waiting := _taken(folder / (name + ending)))]
    return found[0] if found else None


def forget(git: Git, name: str) -> None:
    """Nothing waits for this commit any more."""
    folder = _folder(git)
    for ending in (_PLAIN, _NOTE):
        _files.remove(folder / (name + ending))


def abandoned(git: Git) -> list[Waiting]:
    """What waits for a git that has ended, whether it made its commit or not. It is used up.

    Raises:
        GitError
    """
    return [waiting for path in alive.dead(_folder(git)) if (waiting := _taken(path))]


def _taken(path: Path) -> Waiting | None:
    content = _files.load(path, _files.LARGE)
    _files.remove(path)
    if content is None or not {"tree", "base", "line"} <= content.keys():
        return None
    return Waiting(content["tree"], content["base"], content["line"].encode("utf-8"))


def _folder(git: Git) -> Path:
    return git.path("hunkgate/waiting")
