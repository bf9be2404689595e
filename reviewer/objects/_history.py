"""Finding commits: always by git itself, so that a revision or a range means to us what it means to git."""

from __future__ import annotations

import re

from reviewer.errors import GitError
from reviewer.git import Git

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def resolve(git: Git, revision: str) -> str:
    """Oid of a commit.

    Raises:
        GitError: there is no such commit.
    """
    if _OID.fullmatch(revision):
        return revision
    oid = git.commit_of(revision)
    if oid is None:
        raise GitError(f"there is no commit {revision!r}", todo="Check the name with: git log --oneline")
    return oid


def commits(git: Git, span: str) -> tuple[str, ...]:
    """Oids of the commits of a range, parents before children."""
    return _listed(git, "--end-of-options", span)


def new_commits(git: Git, tip: str, remote: str) -> tuple[str, ...]:
    """Oids of the commits of `tip` that no branch of `remote` (of any remote if empty) has, parents before children."""
    # A name can hold no glob characters (git-check-ref-format), so it stands for itself.
    return _listed(git, tip, "--not", f"--remotes={remote}" if remote else "--remotes")


def _listed(git: Git, *revisions: str) -> tuple[str, ...]:
    listed = git.run("rev-list", "--topo-order", "--reverse", *revisions, "--")
    return tuple(listed.decode("ascii").split())
