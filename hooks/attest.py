"""prepare-commit-msg and commit-msg under the pre-commit framework, which runs one entry for both."""

from __future__ import annotations

import os
from pathlib import Path

from reviewer import registry
from reviewer.attest.message import is_abandoned
from reviewer.commit_call import find_commit, framework_stage
from reviewer.errors import HunkgateError
from reviewer.git import Git


def run(args: list[str]) -> int:
    """The exit code of the hook whose turn it is.

    Args:
        args: the message file; git's own if none is passed.
    """
    git = Git()
    file = Path(args[0]) if args else git.path("COMMIT_EDITMSG")
    name = framework_stage() or ("prepare-commit-msg" if _is_first(git, file) else "commit-msg")
    code: int = registry.load("reviewer.hooks", name).run([str(file)])
    return code


def _is_first(git: Git, file: Path) -> bool:
    """Whether this is prepare-commit-msg, where pre-commit itself cannot be seen. It passes the message's source on, and
    only prepare-commit-msg has one. It has none where an editor starts with an empty message: then there is nothing in the
    file yet. (commit-msg with nothing in the file is taken for it too; that commit is going to be aborted.)"""
    if os.environ.get("PRE_COMMIT_COMMIT_MSG_SOURCE"):
        return True
    try:
        return is_abandoned(git, file.read_bytes(), find_commit().call)
    except (OSError, HunkgateError):
        # commit-msg says what is wrong.
        return False
