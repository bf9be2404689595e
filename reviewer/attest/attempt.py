"""What prepare-commit-msg saw: the tree that git will commit, whatever happens to the index while an editor is open."""

from __future__ import annotations

import os
from pathlib import Path

from reviewer.attest import _files, alive
from reviewer.commit_call import find_commit
from reviewer.git import Git
from reviewer.occasion import Occasion

KEPT = 16
"""Attempts kept for each work tree: those of commits that were aborted or skipped their commit-msg."""


def record(git: Git, occasion: Occasion, tree: str) -> None:
    """Note the tree of the commit that is being made.

    Raises:
        StorageError: it cannot be written.
    """
    _files.save(_folder(git) / f"{occasion.attempt}.json", {"tree": tree}, keep=KEPT)


def recorded(git: Git, name: str) -> str | None:
    """The tree that `record` noted for this commit, None if it did not run. The note is used up.

    Args:
        name: `Occasion.attempt`.
    """
    path = _folder(git) / f"{name}.json"
    content = _files.load(path)
    _files.remove(path)
    return content.get("tree") if content else None


def name_here() -> str:
    """The name of the running attempt, as `Occasion.attempt`, in a hook that has no index."""
    call = find_commit().call
    return call.process if call else f"group-{os.getpgrp() if hasattr(os, 'getpgrp') else os.getppid()}"


def forget_abandoned(git: Git) -> None:
    """Remove the notes of commits that came to nothing.

    Raises:
        GitError
    """
    for path in alive.dead(_folder(git)):
        _files.remove(path)


def _folder(git: Git) -> Path:
    return git.path("hunkgate/attempts")
