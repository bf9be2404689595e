"""Where files of a job may lie. What is in the work tree came with the commits, links included."""

from __future__ import annotations

import os
from pathlib import Path

from reviewer.errors import StorageError
from reviewer.git import Git


def work_tree(git: Git) -> Path | None:
    """The root of the work tree without links in its name, None if there is none."""
    found = git.completed("rev-parse", "--show-toplevel", ok=(0, 128))
    return Path(os.fsdecode(found.out).removesuffix("\n")).resolve() if found.code == 0 else None


def inside(git: Git, file: Path) -> str | None:
    """The path in the repository, by its name or by where its links lead; None if it is elsewhere or there is no work tree."""
    top = work_tree(git)
    if top is None:
        return None
    named = Path(os.path.normpath(git.folder.resolve() / file))
    for path in (named, named.resolve()):
        if path.is_relative_to(top):
            return path.relative_to(top).as_posix()
    return None


def require_no_links(git: Git, folder: Path) -> None:
    """Refuse a folder in the work tree that a commit could have made lead elsewhere.

    Raises:
        StorageError: it is a link, is reached by one, or holds one.
    """
    path = inside(git, folder)
    top = work_tree(git)
    if path is None or top is None:
        return
    target = top / path
    steps = [target, *(parent for parent in target.parents if parent.is_relative_to(top) and parent != top)]
    held = list(target.iterdir()) if target.is_dir() else []
    link = next((step for step in (*steps, *held) if step.is_symlink()), None)
    if link is not None:
        what = "the folder is part of the repository and leads elsewhere by a symbolic link"
        raise StorageError(what, where=str(link), todo="Choose a folder outside of the work tree.")
