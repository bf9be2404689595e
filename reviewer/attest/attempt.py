"""What prepare-commit-msg saw: the tree that git will commit, whatever happens to the index while an editor is open."""

from __future__ import annotations

from pathlib import Path

from reviewer.attest import _files
from reviewer.git import Git
from reviewer.occasion import Occasion

KEPT = 16
"""Attempts kept for each work tree: those of commits that were aborted or skipped their commit-msg."""


def record(git: Git, occasion: Occasion, tree: str) -> None:
    """Note the tree of the commit that is being made.

    Raises:
        StorageError: it cannot be written.
    """
    _files.save(_path(git, occasion), {"tree": tree}, keep=KEPT)


def recorded(git: Git, occasion: Occasion) -> str | None:
    """The tree that `record` noted for this commit, None if it did not run. The note is used up."""
    path = _path(git, occasion)
    content = _files.load(path)
    _files.remove(path)
    return content.get("tree") if content else None


def _path(git: Git, occasion: Occasion) -> Path:
    return git.path("hunkgate/attempts") / f"{occasion.attempt}.json"
