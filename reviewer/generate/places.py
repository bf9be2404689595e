"""Which files may be shown to a model or written into: plain ones of this repository, reached without a symbolic link."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import GitError, StorageError, UsageError
from reviewer.git import Git
from reviewer.intake.languages import language_of

LARGEST = 2 * 1024 * 1024
"""Bytes of a file that is read; the same as the reviewers' own limit by default."""


@dataclass(frozen=True, slots=True)
class Place:
    """One file, there or not yet."""

    file: Path
    path: bytes
    """Relative to the root, as git names it."""
    content: bytes | None
    """None if there is no such file yet."""

    @property
    def language(self) -> str:
        return language_of(self.path, (self.content or b"").partition(b"\n")[0])


def root() -> tuple[Path, Git | None]:
    """The folder that no file may lie outside of, and its repository: the work tree, or else this folder and None."""
    git = Git()
    try:
        return git.top().resolve(), git
    except GitError:
        return Path.cwd().resolve(), None


def place(top: Path, name: str, *, must_exist: bool) -> Place:
    """The file of a name that a person gave.

    Args:
        top: see `root`; resolved.

    Raises:
        UsageError: it lies elsewhere, behind a link, in the git folder, is no plain file, too large, or is not there.
        StorageError: it cannot be read.
    """
    file = _inside(top, name)
    try:
        content = _content(file, name)
    except FileNotFoundError:
        if must_exist:
            raise UsageError("there is no such file", where=name, todo="Name a file of this repository.") from None
        content = None
    except OSError as error:
        raise StorageError(f"cannot read the file: {error.strerror}", where=name, todo="Check its permissions.") from error
    return Place(file, os.fsencode(file.relative_to(top).as_posix()), content)


def _inside(top: Path, name: str) -> Path:
    """The absolute path, each part of which below the top is no link."""
    if not name or "\0" in name:
        raise UsageError("a file needs a name", todo="Name a file of this repository.")
    file = Path(os.path.normpath(Path.cwd().resolve() / name))
    try:
        parts = file.relative_to(top).parts
    except ValueError:
        raise UsageError("this file is outside of the repository", where=name, todo=f"Name a file below {top}.") from None
    if not parts or any(part.lower() == ".git" for part in parts):
        raise UsageError("this is no file of the work tree", where=name, todo="Name a file of this repository.")
    at = top
    for part in parts:
        at = at / part
        if at.is_symlink():
            raise UsageError("this file is, or lies behind, a symbolic link", where=name, todo="Name the file itself.")
    return file


def _content(file: Path, name: str) -> bytes:
    # A link that appears after it was looked for is not followed either, and a pipe is not waited for.
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UsageError("this is no plain file", where=name, todo="Name a file of this repository.")
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST or b"\0" in content:
        raise UsageError("this file is binary, or larger than 2 MB", where=name, todo="Name a smaller file of source code.")
    return content
