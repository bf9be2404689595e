"""Which reader of objects serves a repository."""

from __future__ import annotations

from reviewer.errors import GitError
from reviewer.git import Git
from reviewer.objects.command import CommandReader
from reviewer.objects.interface import ObjectReader


def open_reader(git: Git) -> ObjectReader:
    """Libgit2 where it can open the repository, else the git command line.

    Raises:
        NotARepositoryError
    """
    git.line("rev-parse", "--git-dir")
    try:
        from reviewer.objects.libgit2 import LibGit2Reader

        return LibGit2Reader(git)
    except (GitError, ImportError):
        return CommandReader(git)
